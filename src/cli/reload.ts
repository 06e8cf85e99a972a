import { isAbsolute } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Command, Option } from 'commander'
import pc from 'picocolors'
import { renderPretty } from '../diagnostic/render/pretty.ts'
import type { Shown } from '../engine/reload.ts'
import { diagnosticFields } from '../server/reload-log.ts'
import type { ReloadAnswer, ReloadQuestion } from '../server/routes.ts'
import { askBroker } from './ask-broker.ts'
import { brokerOption, findBroker, type FoundBroker } from './find-broker.ts'
import { askForPlan, shownPlan } from './plan.ts'
import { reportText } from './report-text.ts'
import { shortPath } from './short-path.ts'

/** New pools have 5 s, and one reload may run before. Milliseconds. */
const RELOAD_MS = 60_000

export function reloadCommand(): Command {
  return new Command('reload')
    .addOption(brokerOption())
    .addOption(new Option('--plan', 'show first what that would change, as hookline plan does, and ask'))
    .addOption(new Option('--yes', 'with --plan: do not ask'))
    .addOption(new Option('--json', 'the report as JSON').conflicts('plan'))
    .addHelpText('after', `
A running broker takes changes over by itself; this waits for the report, and takes over a file that
was emptied on purpose. With --plan it takes over what it has shown, or nothing.

Exit codes: 0 applied or unchanged, 1 rejected, or not wanted: everything runs as before, 2 no broker, or with
--plan nobody, could be asked.`)
    .action(run)
}

interface Options {
  readonly broker?: string
  readonly json?: boolean
  readonly plan?: boolean
  readonly yes?: boolean
}

async function run({ broker, json = false, plan = false, yes = false }: Options): Promise<void> {
  const found = await findBroker(broker)
  if (found === undefined) return
  const shown = plan ? await wanted(found, { yes }) : undefined
  if (plan && shown === undefined) return
  const body: ReloadQuestion = shown === undefined ? {} : { shown }
  const answer = await askBroker(found.socket, { method: 'POST', path: '/reload', body, timeoutMs: RELOAD_MS })
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
  process.stdout.write(`${findings}${elsewhere}${reportText(report)}`)
}

/** What was shown, if it is to be loaded. Else there is nothing more to do, and the exit code says why. */
async function wanted(found: FoundBroker, { yes }: { readonly yes: boolean }): Promise<Shown | undefined> {
  const answer = await askForPlan(found, {})
  if (answer === undefined) return undefined
  const { report: { result, hash, newHash } } = answer
  process.stdout.write(shownPlan(answer, found.status.files.map(shortPath).join(', ')))
  if (result === 'rejected') process.exitCode = 1
  if (result !== 'changed' || newHash === null) return undefined
  const shown: Shown = { running: hash, files: newHash }
  if (yes) return shown
  if (process.stdin.isTTY !== true || process.stdout.isTTY !== true) {
    process.stderr.write('hookline: nothing was reloaded, for there is no terminal to ask on: hookline reload --plan --yes\n')
    process.exitCode = 2
    return undefined
  }
  if (await isAgreed()) return shown
  process.stdout.write('nothing was reloaded\n')
  process.exitCode = 1
  return undefined
}

async function isAgreed(): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  // who ends the input, or types Ctrl-C, does not agree
  const ended = new Promise<string>((resolve) => { terminal.once('close', () => { resolve('') }) })
  const answer = await Promise.race([terminal.question('\nreload this? [y/N] ').catch(() => ''), ended])
  terminal.close()
  return /^y(?:es)?$/i.test(answer.trim())
}
