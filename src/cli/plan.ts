import { isAbsolute, resolve } from 'node:path'
import { Command, Option } from 'commander'
import pc from 'picocolors'
import { compile, type Compiled, type Source } from '../compile.ts'
import type { Span } from '../diagnostic/diagnostic.ts'
import { renderPretty } from '../diagnostic/render/pretty.ts'
import { diagnosticFields } from '../server/reload-log.ts'
import type { PlanAnswer, PlanQuestion } from '../server/routes.ts'
import { readSources } from '../server/sources.ts'
import { LEAST_EVENTS, LEAST_SECONDS } from '../simulate/memory-estimate.ts'
import { planReport } from '../simulate/plan-report.ts'
import { askBroker } from './ask-broker.ts'
import { brokerOption, findBroker, type FoundBroker } from './find-broker.ts'
import { planText } from './plan-text.ts'
import { readEvents } from './read-events.ts'
import { shortPath } from './short-path.ts'

/** Thousands of events are replayed while messages go on. Milliseconds. */
const PLAN_MS = 60_000

interface Options {
  readonly broker: string | undefined
  readonly live: boolean | undefined
  readonly events: string | undefined
  readonly exitCode: boolean | undefined
  readonly json: boolean | undefined
}

export function planCommand(): Command {
  return new Command('plan')
    .argument('<file|folder...>', 'the rules file to load; or two, OLD and NEW, which needs no broker')
    .addOption(new Option('--live', 'compare all that is named, read as one, with the running broker'))
    .addOption(brokerOption())
    .addOption(new Option('--events <file>', 'of OLD and NEW: the events to replay, as hookline status --events writes them'))
    .addOption(new Option('--exit-code', 'exit with 1 if anything would change'))
    .addOption(new Option('--json', 'all of it as JSON'))
    .addHelpText('after', `
Nothing is changed by it. The broker reads the file itself, with its own variables and secrets, and runs its last
events (events.keep of them) through both sets of rules in memory. What waits for Redis to decide, such as how far a
client's position may move, counts as done.

Memory in Redis after a day is rate x size x time kept: how often the hook's events come, what one of them adds on
average, and the expiry, a day at most. With an expiry it stays so from then on. What is written over and over counts
once, and what was deleted again not at all. It takes ${LEAST_SECONDS} s and ${LEAST_EVENTS} events that add something to say so.

Exit codes: 0 it was said, 1 with --exit-code: something would change, 2 it could not be done: the file has
errors or cannot be read, or no broker could be asked.`)
    .action(run)
}

async function run(files: readonly string[], options: Options): Promise<void> {
  const [first = '', second] = files
  if (options.live !== true && files.length > 2) return fail('name a file to load, or two to compare; with --live several are read as one')
  const isOffline = second !== undefined && options.live !== true
  if (options.events !== undefined && !isOffline) return fail('--events goes with two files: a running broker has its own')
  const answer = isOffline ? await compare(first, second, options.events) : await planOfBroker(files, options.broker)
  if (answer === undefined) return
  // whoever reads it may have seen enough (`hookline plan new.conf | head`)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => { if (error.code !== 'EPIPE') throw error })
  process.stdout.write(options.json === true ? planJson(answer) : shownPlan(answer, (isOffline ? [second] : files).map(shortPath).join(', ')))
  if (answer.report.result === 'rejected') process.exitCode = 2
  else if (answer.report.result === 'changed' && options.exitCode === true) process.exitCode = 1
}

async function planOfBroker(files: readonly string[], wanted: string | undefined): Promise<PlanAnswer | undefined> {
  const found = await findBroker(wanted)
  return found === undefined ? undefined : await askForPlan(found, { files: files.map(file => resolve(file)) })
}

/** A broker's plan; where it makes none says why, sets exit code 2, and answers undefined. */
export async function askForPlan(found: FoundBroker, question: PlanQuestion): Promise<PlanAnswer | undefined> {
  const answer = await askBroker(found.socket, { method: 'POST', path: '/plan', body: question, timeoutMs: PLAN_MS })
  if (!answer.ok) return fail(answer.why === 'refused' ? answer.sentence : `the broker with pid ${found.status.pid} was asked in vain: ${answer.sentence}`)
  return seenFromHere(answer.body as PlanAnswer) // our own broker said so
}

/** The broker was told of files by absolute paths, and names them so. */
function seenFromHere({ report, sources }: PlanAnswer): PlanAnswer {
  const short = (name: string): string => isAbsolute(name) ? shortPath(name) : name
  const within = <T extends { readonly span: Span }>(it: T): T => ({ ...it, span: { ...it.span, file: short(it.span.file) } })
  const diagnostics = report.diagnostics.map(it => it.related === undefined ? within(it) : { ...within(it), related: it.related.map(within) })
  return { report: { ...report, diagnostics }, sources: sources.map(source => ({ ...source, name: short(source.name) })) }
}

/** For people, findings first. `to`: what would be loaded. */
export function shownPlan({ report, sources }: PlanAnswer, to: string): string {
  const findings = renderPretty(report.diagnostics, sources, { colour: pc.isColorSupported && process.stdout.isTTY === true })
  return `${findings}${findings === '' ? '' : '\n'}${planText(report, { to, now: Date.now() })}`
}

function planJson({ report }: PlanAnswer): string {
  return `${JSON.stringify({ ...report, diagnostics: report.diagnostics.map(diagnosticFields) }, null, 2)}\n`
}

async function compare(oldFile: string, newFile: string, eventsFile: string | undefined): Promise<PlanAnswer | undefined> {
  const look = eventsFile === undefined ? undefined : await readEvents(eventsFile)
  if (typeof look === 'string') return fail(look)
  const [before, after] = [await compiledFile(oldFile), await compiledFile(newFile)]
  if (before === undefined || after === undefined) return undefined
  const { program, diagnostics } = before
  if (program === undefined) {
    process.stderr.write(renderPretty(diagnostics, before.sources, { colour: pc.isColorSupported && process.stderr.isTTY === true }))
    return fail(`${oldFile} has errors: there is nothing to compare with`)
  }
  const report = await planReport({ generation: null, before: { program, diagnostics }, after, look, pause: async () => {} })
  return { report, sources: after.sources }
}

async function compiledFile(file: string): Promise<Compiled & { readonly sources: readonly Source[] } | undefined> {
  const snapshot = await readSources([file])
  return snapshot.readable ? { ...compile(snapshot.sources), sources: snapshot.sources } : fail(`cannot read ${snapshot.file}: ${snapshot.reason}`)
}

function fail(sentence: string): undefined {
  process.stderr.write(`hookline: ${sentence}\n`)
  process.exitCode = 2
}
