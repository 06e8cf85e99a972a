import type { ReloadReport } from '../engine/reload.ts'
import type { Changes } from '../plan/diff.ts'

/** The report of a reload for people, without its findings. */
export function reportText(report: ReloadReport): string {
  return [`reload ${report.result}${END[report.result](report)}`, ...consequences(report).map(row => `  ${row}`)].map(row => `${row}\n`).join('')
}

const END: Readonly<Record<ReloadReport['result'], (report: ReloadReport) => string>> = {
  applied: ({ generation, tookMs }) => `: generation ${generation} runs, after ${tookMs} ms`,
  unchanged: ({ generation }) => `: generation ${generation} is what the files say`,
  rejected: ({ reason, generation }) => `: ${reason ?? 'no reason is known'}; generation ${generation} runs on`,
}

/** What it has changed, and what it has not: a row each. */
export function consequences({ rules, pools, restart }: Pick<ReloadReport, 'rules' | 'pools' | 'restart'>): readonly string[] {
  return [...changesRow('rules', rules), ...changesRow('pools', pools), ...restart.length === 0 ? [] : [`after a restart: ${restart.join(', ')}`]]
}

function changesRow(what: string, { added, removed, changed }: Changes): readonly string[] {
  const parts = [['added', added], ['removed', removed], ['changed', changed]] as const
  const said = parts.flatMap(([verb, names]) => names.length === 0 ? [] : [`${verb} ${names.join(', ')}`])
  return said.length === 0 ? [] : [`${what}: ${said.join('; ')}`]
}
