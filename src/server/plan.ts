import { setImmediate as nextTurn } from 'node:timers/promises'
import { compile, type Source } from '../compile.ts'
import type { RecentLook } from '../engine/recent-events.ts'
import type { Generation } from '../engine/reload.ts'
import { planReport, type PlanReport } from '../simulate/plan-report.ts'
import { readSources } from './sources.ts'

export type Planned =
  | { readonly readable: true, readonly report: PlanReport, readonly sources: readonly Source[] }
  | { readonly readable: false, readonly file: string, readonly reason: string }

/**
 * What loading these files would change in a running broker. It is made where the broker is: variables
 * and secret files are those that a reload would read, and neither they nor the events travel.
 * Messages go on meanwhile.
 */
export async function planFiles(files: readonly string[], current: Generation, look: RecentLook): Promise<Planned> {
  const snapshot = await readSources(files)
  if (!snapshot.readable) return snapshot
  const { sources } = snapshot
  const before = { program: current.program, diagnostics: compile(current.sources).diagnostics }
  const report = await planReport({ generation: current.number, before, after: compile(sources), look, pause: () => nextTurn() })
  return { readable: true, report, sources }
}
