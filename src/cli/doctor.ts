import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { usedPools } from '../engine/used-pools.ts'
import type { PoolSpec, Program } from '../plan/program.ts'
import { findingsOf } from '../store/doctor/findings.ts'
import { lookAtPool } from '../store/doctor/look.ts'
import { needsOf } from '../store/permissions/needs.ts'
import { promisesOf } from '../store/doctor/promises.ts'
import { doctorText, type Diagnosis } from './doctor-text.ts'
import { brokerOption } from './find-broker.ts'
import { poolNamed } from './pool-named.ts'
import { readProgram } from './read-program.ts'
import { rulesFiles } from './rules-files.ts'

interface Options {
  readonly file: readonly string[] | undefined
  readonly broker: string | undefined
  readonly json: boolean | undefined
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .argument('[pool...]', 'their names in the rules; without one all that rules use')
    .addOption(new Option('-f, --file <file...>', 'the rules files, or folders of them; without it those of the running broker'))
    .addOption(brokerOption())
    .addOption(new Option('--json', 'all of it as JSON'))
    .addHelpText('after', `
Only asks: nothing is changed in any Redis. It needs INFO, and CONFIG GET for what INFO does not say.

A danger: an acknowledged message can be lost, or none can be stored, and one Redis could do better; or
it cannot be seen whether. A note: it could be better, or be worse one day.

Exit codes: 0 no danger, 1 a danger or the rules have errors, 2 a pool could not be looked at.`)
    .action(run)
}

async function run(names: readonly string[], { file, broker, json = false }: Options): Promise<void> {
  const files = await rulesFiles({ file, broker })
  const read = files === undefined ? undefined : await readProgram(files)
  if (read === undefined) return
  const { program, folder } = read
  const specs = poolsNamed(program, names)
  if (specs === undefined) return
  const dataDir = resolve(folder, program.settings.dataDir ?? 'data')
  const diagnoses = await Promise.all(specs.map((spec) => diagnose(program, spec, { folder, dataDir })))
  // whoever reads it may have seen enough (`hookline doctor | head`)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => { if (error.code !== 'EPIPE') throw error })
  process.stdout.write(json ? `${JSON.stringify({ pools: diagnoses }, null, 2)}\n` : doctorText(diagnoses))
  process.exitCode = exitCode(diagnoses)
}

/** Those that are meant; undefined of a name that is none. */
function poolsNamed(program: Program, names: readonly string[]): readonly PoolSpec[] | undefined {
  if (names.length === 0) return usedPools(program)
  if (names.some((name) => poolNamed(program, name) === undefined)) return undefined
  return [...program.pools.values()].filter(({ name }) => names.includes(name))
}

async function diagnose(program: Program, spec: PoolSpec, folders: { readonly folder: string, readonly dataDir: string }): Promise<Diagnosis> {
  const { name, at, tls } = spec
  const of = { name, at, tls: tls !== undefined }
  const look = await lookAtPool({ spec, needs: needsOf({ program, spec }), asksConfig: true, ...folders })
  if (!look.ok) return { ...of, looked: false, reason: look.clause }
  return { ...of, looked: true, facts: look.facts, promises: promisesOf(look.facts), findings: findingsOf(look.facts) }
}

function exitCode(diagnoses: readonly Diagnosis[]): 0 | 1 | 2 {
  if (diagnoses.some(({ looked }) => !looked)) return 2
  return diagnoses.some((diagnosis) => diagnosis.looked && diagnosis.findings.some(({ severity }) => severity === 'danger')) ? 1 : 0
}
