import type { Compiled } from '../compile.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { RecentLook } from '../engine/recent-events.ts'
import { isUnchanged, programChanges, type ProgramChanges } from '../plan/program-changes.ts'
import type { Program } from '../plan/program.ts'
import { Replaying, type Replay } from './replay.ts'

/** What loading other files would change. Holds no secret. */
export interface PlanReport {
  /** `rejected`: they have errors, and everything would stay as it is. */
  readonly result: 'changed' | 'unchanged' | 'rejected'
  /** Of the program that runs; null without a broker. */
  readonly generation: number | null
  /** Of the program that runs, or of the old files. */
  readonly hash: string
  /** Of the new files; null if they have errors. */
  readonly newHash: string | null
  /** Null if they have errors. */
  readonly changes: ProgramChanges | null
  /** Null without events, and where nothing would change. */
  readonly replay: Replay | null
  /** Findings of the new files that the old ones have not. */
  readonly diagnostics: readonly Diagnostic[]
  /** How many more they have, and the old ones too. */
  readonly knownFindings: number
}

export interface PlanInput {
  readonly generation: number | null
  /** What runs, or the old files. */
  readonly before: { readonly program: Program, readonly diagnostics: readonly Diagnostic[] }
  readonly after: Compiled
  readonly look: RecentLook | undefined
  /** Awaited between slices of the replay: who has other things to do, does them then. */
  readonly pause: () => Promise<void>
}

/** Events replayed at a time: some milliseconds. */
const SLICE = 100

export async function planReport({ generation, before, after, look, pause }: PlanInput): Promise<PlanReport> {
  const { program } = after
  const known = new Set(before.diagnostics.map(wordsOf))
  const diagnostics = after.diagnostics.filter(diagnostic => !known.has(wordsOf(diagnostic)))
  const common = {
    generation, hash: before.program.hash, newHash: program?.hash ?? null, diagnostics, knownFindings: after.diagnostics.length - diagnostics.length,
  }
  if (program === undefined) return { ...common, result: 'rejected', changes: null, replay: null }
  const changes = programChanges(before.program, program)
  const result = isUnchanged(changes) ? 'unchanged' : 'changed'
  if (result === 'unchanged' || look === undefined) return { ...common, result, changes, replay: null }
  const replaying = new Replaying(before.program, program, look)
  while (replaying.take(SLICE)) await pause()
  return { ...common, result, changes, replay: replaying.result() }
}

/** Equal for one finding wherever its line stands. */
function wordsOf({ check, message }: Diagnostic): string {
  return `${check} ${message.replaceAll(/\blines? [\d, and]+/g, '')}`
}
