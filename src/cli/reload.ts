import { isAbsolute } from 'node:path'
import { Command, Option } from 'commander'
import pc from 'picocolors'
import { renderPretty } from '../diagnostic/render/pretty.ts'
import type { ReloadReport } from '../engine/reload.ts'
import type { Changes } from '../plan/diff.ts'
import { diagnosticFields } from '../server/reload-log.ts'
import type { ReloadAnswer } from '../server/routes.ts'
import { askBroker } from './ask-broker.ts'
import { brokerOption, findBroker } from './find-broker.ts'

/** New pools have 5 s, and one reload may run before. Milliseconds. */
const RELOAD_MS = 60_000

export function reloadCommand(): Command {
  return new Command('reload')
    .description('let a running broker take over what its rules files say now, and wait for what came of it')
    .addOption(brokerOption())
    .addOption(new Option('--json', 'the report as JSON'))
    .addHelpText('after', `
A running broker takes changes over by itself; this waits for the report, and takes over a file that
was emptied on purpose.

Exit codes: 0 applied or unchanged, 1 rejected: everything runs as before, 2 no broker could be asked.`)
    .action(run)
}

async function run({ broker, json = false }: { readonly broker?: string, readonly json?: boolean }): Promise<void> {
  const found = await findBroker(broker)
  if (found === undefined) return
  const answer = await askBroker(found.socket, { method: 'POST', path: '/reload', timeoutMs: RELOAD_MS })
  if (!answer.ok) {
    process.stderr.write(`hookline: the broker with pid ${found.status.pid} has not reloaded: ${answer.sentence}\n`)
    process.exitCode = 2
    return
  }
  const { report, sources } = answer.body as ReloadAnswer // our own broker said so
  process.exitCode = report.result === 'rejected' ? 1 : 0
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...report, diagnostics: report.diagnostics.map(diagnosticFields) }, null, 2)}\n`)
    return
  }
  const findings = renderPretty(report.diagnostics, sources, { colour: pc.isColorSupported && process.stdout.isTTY })
  const elsewhere = found.status.folder !== process.cwd() && sources.some(({ name }) => !isAbsolute(name))
    ? `files are named as seen from ${found.status.folder}\n` : ''
  process.stdout.write(`${findings}${elsewhere}${reloadText(report)}`)
}

/** The report for people, without its findings. */
export function reloadText(report: ReloadReport): string {
  const rows = [
    `reload ${report.result}${END[report.result](report)}`,
    changesRow('rules', report.rules),
    changesRow('pools', report.pools),
    report.restart.length === 0 ? undefined : `  after a restart: ${report.restart.join(', ')}`,
  ]
  return rows.flatMap(row => row === undefined ? [] : [`${row}\n`]).join('')
}

const END: Readonly<Record<ReloadReport['result'], (report: ReloadReport) => string>> = {
  applied: ({ generation, tookMs }) => `: generation ${generation} runs, after ${tookMs} ms`,
  unchanged: ({ generation }) => `: generation ${generation} is what the files say`,
  rejected: ({ reason, generation }) => `: ${reason ?? 'no reason is known'}; generation ${generation} runs on`,
}

function changesRow(what: string, { added, removed, changed }: Changes): string | undefined {
  const parts = [['added', added], ['removed', removed], ['changed', changed]] as const
  const said = parts.flatMap(([verb, names]) => names.length === 0 ? [] : [`${verb} ${names.join(', ')}`])
  return said.length === 0 ? undefined : `  ${what}: ${said.join('; ')}`
}
