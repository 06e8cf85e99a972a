import { Command, InvalidArgumentError, Option } from 'commander'
import type { HookEvent } from '../actions/action.ts'
import { nameHint } from '../diagnostic/did-you-mean.ts'
import { hookNamed } from '../language/hook-name.ts'
import { HOOKS, HOOK_NAMES, type HookName } from '../language/hooks.ts'
import { subscriptionProblem, withoutShare } from '../language/topic-filter.ts'
import { commandText } from '../simulate/command-lines.ts'
import { ruleName } from '../simulate/rule-test/run-case.ts'
import { sampleEvent } from '../simulate/sample-event.ts'
import { traceEvent, type StepTrace } from '../simulate/trace.ts'
import { brokerOption } from './find-broker.ts'
import { readProgram } from './read-program.ts'
import { fileOption, rulesFiles } from './rules-files.ts'

interface Options {
  readonly hook: HookName
  readonly topic?: string
  readonly qos: 0 | 1 | 2
  readonly clientid: string
  readonly retain?: boolean
  readonly payload: string
  readonly file?: readonly string[]
  readonly broker?: string
  readonly json?: boolean
}

export function whyNotCommand(): Command {
  return new Command('why-not')
    .addOption(new Option('--hook <hook>', 'such as message.publish').argParser(knownHook).makeOptionMandatory())
    .addOption(new Option('--topic <topic>', 'of the message; of a subscription its filter, $share/<group>/ too'))
    .addOption(new Option('--qos <qos>', 'of the message or subscription').argParser(knownQos).default(1))
    .addOption(new Option('--clientid <id>', 'of the client').default('client'))
    .addOption(new Option('--retain', 'the message has the retain flag'))
    .addOption(new Option('--payload <text>', 'what the message says').default('', 'nothing'))
    .addOption(fileOption())
    .addOption(brokerOption())
    .addOption(new Option('--json', 'all of it as JSON'))
    .addHelpText('after', `
It judges by the rules, and asks no Redis. What a rule asks of Redis is shown as it would be typed;
<msgid> and <score> are made when it happens.

Exit codes: 0 a rule matches and has something to do, 1 none does or the rules have errors, 2 it could
not be done.`)
    .action(run)
}

function knownHook(text: string): HookName {
  const hook = hookNamed(text)
  if (hook === undefined) throw new InvalidArgumentError(`there is no such hook; ${nameHint(text, HOOK_NAMES) ?? ''}.`)
  return hook
}

function knownQos(text: string): 0 | 1 | 2 {
  const qos = ([0, 1, 2] as const).find((it) => String(it) === text)
  if (qos === undefined) throw new InvalidArgumentError('0, 1 or 2 is needed.')
  return qos
}

async function run(options: Options): Promise<void> {
  const { hook, topic, qos, clientid, retain = false, payload, file, broker, json = false } = options
  const problem = topicProblem(hook, topic)
  if (problem !== undefined) {
    process.stderr.write(`hookline: ${problem}\n`)
    process.exitCode = 2
    return
  }
  const files = await rulesFiles({ file, broker })
  const read = files === undefined ? undefined : await readProgram(files)
  if (read === undefined) return
  const { program } = read
  const seen = topic === undefined ? undefined : hook.startsWith('session.') ? withoutShare(topic) : topic
  const event = sampleEvent(hook, { clientid, topic: seen, qos, retain, payload: Buffer.from(payload), node: program.settings.nodeName, ts: Math.floor(Date.now() / 1000) })
  const traces = traceEvent(program, event)
  process.stdout.write(json ? `${JSON.stringify({ hook, topic, rules: traces.map(traceJson) }, null, 2)}\n` : whyNotText(event, topic, traces))
  process.exitCode = traces.some(({ result }) => result === 'works' || result === 'brings') ? 0 : 1
}

function topicProblem(hook: HookName, topic: string | undefined): string | undefined {
  if (!HOOKS[hook].hasTopic) return topic === undefined ? undefined : `${hook} has no topic: leave out --topic`
  if (topic === undefined) return `${hook} has a topic: say which one with --topic`
  return subscriptionProblem(topic) === undefined ? undefined : `${topic} is no topic or filter`
}

function traceJson(trace: StepTrace): object {
  const { step, result } = trace
  const about = { rule: ruleName(step), at: step.at, filter: step.filter, pool: step.pool, result }
  switch (result) {
    case 'no-match': return { ...about, level: trace.mismatch.level, why: trace.mismatch.clause }
    case 'idle': return { ...about, why: trace.why }
    case 'brings': return { ...about, brings: trace.brings }
    case 'works': return { ...about, commands: trace.commands.map(commandText), keys: trace.keys }
    default: return trace satisfies never
  }
}

function whyNotText({ hook, topic: seen }: HookEvent, topic: string | undefined, traces: readonly StepTrace[]): string {
  const shared = topic === undefined || topic === seen ? '' : `rules see ${seen ?? ''}, without the group of the shared subscription\n`
  if (traces.length === 0) return `${shared}there is no rule for ${hook}\n`
  return `${shared}${traces.map((trace) => `${headOf(trace)}\n${linesOf(trace).map((line) => `  ${line}\n`).join('')}`).join('\n')}`
}

function headOf({ step }: StepTrace): string {
  const what = step.action.kind === 'function' ? step.action.name : 'commands'
  return `${ruleName(step)}  ${step.at.file}:${step.at.line}  ${what}${step.filter === undefined ? '' : ` for ${step.filter}`}`
}

function linesOf(trace: StepTrace): readonly string[] {
  switch (trace.result) {
    case 'no-match': return [`does not match: ${trace.mismatch.level === 0 ? '' : `level ${trace.mismatch.level}: `}${trace.mismatch.clause}`]
    case 'idle': return [`matches, and has nothing to do: ${trace.why}`]
    case 'brings': return [`matches, and brings the client ${BROUGHT[trace.brings]}`]
    case 'works': return [`matches, and asks of pool ${trace.step.pool}`, ...trace.commands.map((command) => `  ${commandText(command)}`)]
    default: return trace satisfies never
  }
}

const BROUGHT: Readonly<Record<Extract<StepTrace, { result: 'brings' }>['brings'], string>> = {
  subscriptions: 'the subscriptions that are listed for it',
  queue: 'the stored messages that nobody has acknowledged',
  pubsub: 'the stored messages after its position',
  latest: 'the latest message',
  retained: 'the retained message',
}
