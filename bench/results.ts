import { readFileSync } from 'node:fs'
import type { MetricName, Values } from './metrics.ts'
import { median } from './statistics.ts'

/** What a run of the benchmark has measured: all that a report needs. */
export interface Results {
  /** ISO 8601. */
  readonly when: string
  readonly command: string
  readonly machine: Readonly<Record<string, string>>
  readonly repetitions: number
  readonly rows: readonly Row[]
  /** Runs that came to nothing. */
  readonly failures: readonly Failure[]
}

export interface Failure {
  readonly scenario: string
  readonly subject: string
  readonly repetition: number
  readonly why: string
}

/** One phase of one run. */
export interface Row {
  readonly scenario: string
  readonly phase: string
  readonly subject: string
  /** From 0. */
  readonly repetition: number
  readonly values: Values
  /** What other processes took of a core meanwhile: 0.5 is half of one. */
  readonly others: number
}

/** Of a core; a run beside which others took more is disturbed. */
export const OTHERS_LIMIT = 0.1

export function disturbed(row: { readonly others: number }): boolean {
  return row.others > OTHERS_LIMIT
}

export function readResults(file: string): Results {
  return JSON.parse(readFileSync(file, 'utf8')) as Results // written by this program
}

/** Names of a place in the results; a table is all subjects of one phase. */
export interface Cell {
  readonly scenario: string
  readonly phase: string
  readonly subject: string
}

/** The median over the repetitions; undefined if it was not measured. */
export function figure({ rows }: Results, cell: Cell, metric: MetricName): number | undefined {
  const values = rows.filter(row => isOf(row, cell)).flatMap(({ values }) => values[metric] ?? [])
  return values.length === 0 ? undefined : median(values)
}

/** How many times the other: the median of the ratios of each repetition, whose runs were neighbours in time. */
export function ratio({ rows }: Results, cell: Cell, other: Cell, metric: MetricName): number | undefined {
  const ratios = rows.filter(row => isOf(row, cell)).flatMap((row) => {
    const against = rows.find(it => isOf(it, other) && it.repetition === row.repetition)?.values[metric]
    const value = row.values[metric]
    return value === undefined || against === undefined || against === 0 ? [] : [value / against]
  })
  return ratios.length === 0 ? undefined : median(ratios)
}

function isOf(row: Row, cell: Cell): boolean {
  return row.scenario === cell.scenario && row.phase === cell.phase && row.subject === cell.subject
}
