import { newSeed } from './random.ts'
import { runTrial, type TrialResult } from './trial.ts'
import type { Scenario } from './scenarios.ts'

/** Faults of each kind; `npm run test:faults` asks for 200. Absent: the short form, part of all tests. */
const ASKED = process.env['FAULTS'] === undefined ? undefined : Number(process.env['FAULTS'])

/** Milliseconds of one fault with what it takes to be over, and of a trial beside its faults, on a busy machine. */
const FAULT_MS = 6_000
const TRIAL_MS = 120_000

export const isLong = ASKED !== undefined

/** How often a fault is done: so often in the short form. */
export function times(short: number): number {
  return ASKED ?? short
}

export interface Run {
  trial(faults: number, seed: number): Promise<TrialResult>
  /** In all. */
  readonly faults: number
  /** In one trial, at most: each begins with an empty Redis and clients that have seen nothing. */
  readonly atOnce: number
}

/** Trials of a scenario on one Redis behind a proxy. */
export function trialOf(scenario: (faults: number) => Scenario): Run['trial'] {
  return (faults, seed) => runTrial({ seed, ...scenario(faults) })
}

/** Milliseconds. */
export function deadline({ faults, atOnce }: Run): number {
  return faults * FAULT_MS + Math.ceil(faults / atOnce) * TRIAL_MS
}

/** Trials of one scenario, one after another, until so many faults are done. Each result is printed. */
export async function runTrials(name: string, { trial, faults, atOnce }: Run): Promise<TrialResult[]> {
  const results: TrialResult[] = []
  for (let left = faults; left > 0; left -= atOnce) {
    const result = await trial(Math.min(left, atOnce), newSeed(name))
    results.push(result)
    process.stdout.write(`${name}: ${summaryOf(result)}\n`)
  }
  return results
}

/** What went wrong, by the names of the lists; of a sound trial each is empty. */
export function wrongs({ lost, waiting, repeated, outOfOrder, neverStored, storedAgain, broughtBack, unpaired }: TrialResult) {
  return { lost, waiting, repeated, outOfOrder, neverStored, storedAgain, broughtBack, ...unpaired }
}

export const NOTHING_WRONG = {
  lost: [], waiting: [], repeated: [], outOfOrder: [], neverStored: [], storedAgain: [], broughtBack: [],
  recordsWithoutEntry: [], entriesWithoutRecord: [], logsWithoutTopic: [],
}

/** One line for people, and for the table of docs/reliability.md. */
export function summaryOf(result: TrialResult): string {
  const { acknowledged, redelivered, again, storedTwice, faults, recoveryMs } = result
  const counts = Object.entries(wrongs(result)).flatMap(([what, list]) => list.length === 0 ? [] : [`${list.length} ${what}`])
  return [
    [...faults].map(([fault, count]) => `${count} × ${fault}`).join(', '),
    `${acknowledged} acknowledged, ${result.lost.length} lost`,
    ...counts,
    `stored twice: ${Object.entries(storedTwice).map(([cause, count]) => `${count} (${cause})`).join(', ')}`,
    `sent again: ${redelivered} with DUP, ${again} without`,
    ...recoveryMs.length === 0 ? [] : [`back after ${median(recoveryMs)} ms, at most ${Math.max(...recoveryMs)}`],
  ].join('; ')
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
}
