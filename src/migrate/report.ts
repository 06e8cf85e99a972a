import { clean } from '../diagnostic/render/report.ts'

/**
 * What became of a line, in the order of a summary. What is not supported has no effect here and
 * stands behind a `#`.
 */
export const OUTCOMES = ['same', 'changed', 'not supported', 'to decide'] as const

export type Outcome = typeof OUTCOMES[number]

/** One thing that is said of a line; a line may have several. */
export interface Entry {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly outcome: Outcome
  /** Its key, never its value: that may be a secret. */
  readonly key: string
  /** Why, as a clause; absent where nothing needs to be said. */
  readonly why?: string
}

/** Nobody has to look at it any more. */
export function isDone(entries: readonly Entry[]): boolean {
  return entries.every(({ outcome }) => outcome === 'same' || outcome === 'changed')
}

/** A line for each entry, and how many lines had which outcome; of several for one line the last in {@link OUTCOMES} counts. */
export function reportText(entries: readonly Entry[]): string {
  const lines = entries.map(({ file, line, outcome, key, why }) =>
    `${[`${file}:${line}`, outcome, ...key === '' ? [] : [key], ...why === undefined ? [] : [why]].map(clean).join(': ')}\n`)
  return `${lines.join('')}${summary(entries)}\n`
}

function summary(entries: readonly Entry[]): string {
  const worst = new Map<string, Outcome>()
  for (const { file, line, outcome } of entries) {
    const place = `${file}:${line}`
    const before = worst.get(place)
    if (before === undefined || OUTCOMES.indexOf(before) < OUTCOMES.indexOf(outcome)) worst.set(place, outcome)
  }
  const counts = OUTCOMES.flatMap((outcome) => {
    const count = [...worst.values()].filter(other => other === outcome).length
    return count === 0 ? [] : [`${count} ${outcome}`]
  })
  return `${worst.size} line${worst.size === 1 ? '' : 's'}${counts.length === 0 ? '' : `: ${counts.join(', ')}`}`
}
