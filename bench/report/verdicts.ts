import { figure, ratio, type Results } from '../results.ts'
import { SCENARIOS } from '../scenarios/index.ts'
import { TARGETS, type Target } from '../targets.ts'
import { shown, type Table } from './table.ts'

/** How a target came out. */
export interface Verdict {
  readonly target: Target
  /** Undefined: it was not measured. */
  readonly figure: number | undefined
  readonly met: boolean | undefined
  readonly aimMet: boolean | undefined
}

/** Of the targets whose scenario was measured. */
export function verdictsOf(results: Results): readonly Verdict[] {
  const measured = new Set([...results.rows, ...results.failures].map(({ scenario }) => scenario))
  return TARGETS.filter(({ of }) => measured.has(of.scenario)).map((target) => {
    const value = valueOf(results, target)
    return { target, figure: value, met: meets(value, target.bar, target), aimMet: meets(value, target.aim, target) }
  })
}

export function verdictTable(verdicts: readonly Verdict[]): Table {
  const unmet = verdicts.filter(({ met }) => met === false).length
  const unmeasured = verdicts.filter(({ met }) => met === undefined).length
  return {
    title: `targets: ${verdicts.length - unmet - unmeasured} met, ${unmet} not met${unmeasured === 0 ? '' : `, ${unmeasured} not measured`}`,
    head: ['', 'figure', 'bar', 'aim', ''],
    rows: verdicts.map(({ target, figure: value, met, aimMet }) => [
      target.against === undefined ? target.what : `${target.what}, against ${target.against.subject === target.of.subject ? target.against.phase : target.against.subject}`,
      value === undefined ? '–' : inUnit(value, target),
      `${target.is === 'at most' ? '≤' : '≥'} ${inUnit(target.bar, target)}`,
      target.aim === undefined ? '' : inUnit(target.aim, target),
      met === undefined ? 'not measured' : met ? aimMet === true ? 'met, and the aim' : 'met' : 'not met',
    ]),
  }
}

function valueOf(results: Results, { of, against, over, metric }: Target): number | undefined {
  if (against !== undefined) return ratio(results, of, against, metric)
  const value = figure(results, of, metric)
  if (over === undefined) return value
  const other = figure(results, over, metric)
  return value === undefined || other === undefined ? undefined : value - other
}

function meets(value: number | undefined, limit: number | undefined, { is }: Target): boolean | undefined {
  if (value === undefined || limit === undefined) return undefined
  return is === 'at most' ? value <= limit : value >= limit
}

function inUnit(value: number, { unit }: Target): string {
  if (unit === '×') return `${shown(value, 2)} ×`
  return unit === '/s' ? `${shown(value, 0)}/s` : `${shown(value, value < 10 ? 2 : 0)} ${unit}`
}

/** Targets that speak of something that nobody measures. */
export function targetsAstray(): readonly string[] {
  return TARGETS.flatMap(({ of, against, over }) => [of, ...against === undefined ? [] : [against], ...over === undefined ? [] : [over]])
    .filter(({ scenario, subject }) => !SCENARIOS.some(it => it.name === scenario && it.subjects.some(({ name }) => name === subject)))
    .map(({ scenario, subject }) => `${scenario}: ${subject}`)
}
