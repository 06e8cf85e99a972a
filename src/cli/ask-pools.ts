import { dirname, resolve } from 'node:path'
import type { Told } from '../check/told.ts'
import type { Source } from '../diagnostic/source.ts'
import { usedPools } from '../engine/used-pools.ts'
import type { Program } from '../plan/program.ts'
import { lookAtPool } from '../store/doctor/look.ts'
import { toldBy } from '../store/doctor/told.ts'
import { needsOf } from '../store/permissions/needs.ts'

/**
 * Asks the Redis of each pool that the rules use, read-only; what could not be asked is said on
 * standard error. One that does not answer is part of what is told.
 */
export async function askPools(program: Program, sources: readonly Source[]): Promise<Told> {
  const folder = dirname(sources[0]?.name ?? '.')
  const dataDir = resolve(folder, program.settings.dataDir ?? 'data')
  const told = await Promise.all(usedPools(program).map(async (spec) => {
    if (spec.server === 'embedded') {
      note(`${spec.name} is the embedded store of a broker and was not asked`)
      return []
    }
    const needs = needsOf({ program, spec })
    const look = await lookAtPool({ spec, needs, folder, dataDir, asksConfig: false })
    if (look.ok) for (const clause of look.facts.unseen) note(`${spec.name}: not seen: ${clause}`)
    return [[spec.name, toldBy(look, needs)] as const]
  }))
  return new Map(told.flat())
}

function note(sentence: string): void {
  process.stderr.write(`hookline: ${sentence}\n`)
}
