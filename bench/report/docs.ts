import { readFileSync, writeFileSync } from 'node:fs'
import { Refusal } from '../refusal.ts'
import { disturbed, type Results } from '../results.ts'
import { chartOf } from './chart.ts'
import { markdown, tablesOf } from './table.ts'
import { verdictsOf, verdictTable } from './verdicts.ts'

const BEGIN = '<!-- written by npm run bench -- --write-docs: from here -->'
const END = '<!-- to here -->'

/** Puts the results between the marks of docs/performance.md, and the chart beside it. */
export function writeDocs(results: Results, folder: string): void {
  const page = `${folder}/performance.md`
  const text = readFileSync(page, 'utf8')
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (begin === -1 || end < begin) throw new Refusal(`${page} has no place for the figures: a line ${BEGIN} and below it ${END}`)
  const svg = chartOf(results)
  if (svg !== undefined) writeFileSync(`${folder}/performance.svg`, `${svg}\n`)
  writeFileSync(page, `${text.slice(0, begin)}${BEGIN}\n\n${figures(results, svg !== undefined)}\n${text.slice(end)}`)
}

function figures(results: Results, hasChart: boolean): string {
  const busy = results.rows.filter(disturbed).length
  return [
    `\`${results.command}\`, ${results.when.slice(0, 10)}, ${results.repetitions} repetitions; medians.`,
    ...busy === 0 ? [] : [`**Other processes disturbed ${busy} of ${results.rows.length} measurements: read these figures as ratios at best.**`],
    Object.entries(results.machine).map(([what, value]) => `- ${what}: ${value}`).join('\n'),
    ...hasChart ? ['![CPU of the broker for a message, beside its peers](performance.svg)'] : [],
    markdown(verdictTable(verdictsOf(results))),
    ...tablesOf(results).map(markdown),
    ...results.failures.length === 0 ? [] : [`Came to nothing: ${[...new Set(results.failures.map(({ scenario, subject }) => `${scenario} with ${subject}`))].join(', ')}.\n`],
  ].join('\n\n')
}
