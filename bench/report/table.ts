import { METRICS, type MetricName } from '../metrics.ts'
import { type Cell, disturbed, figure, ratio, type Results } from '../results.ts'
import { SCENARIOS } from '../scenarios/index.ts'

/** A table with its heading; cells are text already. */
export interface Table {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** One table for each phase that was measured. */
export function tablesOf(results: Results): readonly Table[] {
  return SCENARIOS.flatMap(({ name, title }) => {
    const rows = results.rows.filter(({ scenario }) => scenario === name)
    return [...new Set(rows.map(({ phase }) => phase))].map((phase) => {
      const ofPhase = rows.filter(row => row.phase === phase)
      const subjects = [...new Set(ofPhase.map(({ subject }) => subject))]
      const metrics = metricNames().filter(metric => ofPhase.some(({ values }) => values[metric] !== undefined && !(metric === 'lost' && values.lost === 0)))
      const first: Cell = { scenario: name, phase, subject: subjects[0] ?? '' }
      return {
        title: `${name}, ${phase}: ${title}`,
        head: ['', ...metrics.map(metric => METRICS[metric].head), `CPU: ${first.subject} / this`],
        rows: subjects.map((subject) => {
          const cell = { scenario: name, phase, subject }
          const mark = ofPhase.some(row => row.subject === subject && disturbed(row)) ? ' (disturbed)' : ''
          return [
            `${subject}${mark}`,
            ...metrics.map(metric => shown(figure(results, cell, metric), METRICS[metric].digits)),
            shown(ratio(results, first, cell, 'brokerUs'), 2),
          ]
        }),
      }
    })
  })
}

export function shown(value: number | undefined, digits: number): string {
  return value === undefined ? '–' : value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** As text, columns one below the other: names to the left, figures to the right. */
export function alignedText({ title, head, rows }: Table): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map(row => row[column]?.length ?? 0)))
  const lines = all.map(row => row.map((text, column) => column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)).join('  ').trimEnd())
  return `${title}\n${lines.map(line => `  ${line}`).join('\n')}\n`
}

export function markdown({ title, head, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return `**${title}**\n\n${[line(head), line(head.map((_, column) => column === 0 ? '---' : '---:')), ...rows.map(line)].join('\n')}\n`
}

function metricNames(): readonly MetricName[] {
  return Object.keys(METRICS) as MetricName[] // its own keys
}
