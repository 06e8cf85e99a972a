import type { RulePart } from '../../check/told.ts'
import { actionOf } from '../../actions/index.ts'
import { keys } from '../../actions/keys.ts'
import { RECORD_FIELDS } from '../../actions/message-record.ts'
import { HOOK_NAMES } from '../../language/hooks.ts'
import type { FieldTemplate, PoolSpec, Program, Step } from '../../plan/program.ts'
import { ANY, CLUSTER_FUNCTION_COMMANDS, FUNCTION_COMMANDS, WAKING, type Sample } from './function-commands.ts'

/** What the rules of a pool ask of its Redis. What {@link ANY} stands for is made up by whoever tries it. */
export interface Needs {
  readonly storesExpiring: boolean
  /** Without which a rule, or every rule, does not work; each once. */
  readonly commands: readonly Need[]
  /** What a pool asks on every connection and goes without: then it is more careful than it had to be. */
  readonly cautions: readonly Sample[]
  /** Without which less is heard. */
  readonly channels: readonly ChannelNeed[]
}

export interface Need {
  readonly sample: Sample
  /** Whose it is; empty: the pool needs it whatever its rules are. */
  readonly users: readonly RulePart[]
}

export interface ChannelNeed {
  readonly channel: string
  readonly sample: Sample
}

/** `topics`: those of the rules, or any, for what shall not change with every rule. */
export function needsOf({ program, spec, topics = 'of-the-rules' }: { readonly program: Program, readonly spec: PoolSpec, readonly topics?: 'of-the-rules' | 'any' }): Needs {
  const steps = stepsOf(program, spec)
  const node = topics === 'any' ? ANY : program.settings.nodeName
  return {
    storesExpiring: steps.some(({ action, expirySeconds }) => expirySeconds !== undefined && action.kind === 'function' && actionOf(action.name).expires),
    commands: eachOnce([
      ...everyConnection(spec).map((sample) => ({ sample, users: [] })),
      ...steps.flatMap((step) => needsOfStep(step, { spec, node, topic: topics === 'any' ? ANY : topicOf(step) })),
    ]),
    cautions: [['INFO'], ['CLIENT', 'ID'], ['CLIENT', 'KILL', 'ID', '1'], ['CLIENT', 'SETNAME', ANY], ['TIME']],
    channels: channelsOf(spec, steps),
  }
}

/** The rules of a pool. */
export function stepsOf(program: Program, { name }: PoolSpec): readonly Step[] {
  return HOOK_NAMES.flatMap((hook) => program.steps[hook].filter(({ pool }) => pool === name))
}

/** What is asked for by several is one need. */
function eachOnce(needs: readonly Need[]): readonly Need[] {
  const all = new Map<string, Need>()
  for (const need of needs) {
    const key = JSON.stringify(need.sample)
    const before = all.get(key)
    if (before === undefined) all.set(key, need)
    // what the pool needs in any case is nobody's
    else if (before.users.length > 0) all.set(key, { ...before, users: [...before.users, ...need.users] })
  }
  return [...all.values()]
}

/** What a pool asks before its first rule. */
function everyConnection({ type, database, waitReplicas }: PoolSpec): readonly Sample[] {
  return [
    ['PING'], ['SCRIPT', 'LOAD', 'return 1'], ['EVALSHA', '0'.repeat(40), '0'],
    ...waitReplicas === 0 ? [] : [['WAIT', '0', '1']],
    ...type === 'cluster' ? EVERY_NODE : database === 0 ? [] : [['SELECT', String(database)]],
  ]
}

/** Who serves what, what is on its way, and the sweep of every index. */
const EVERY_NODE: readonly Sample[] = [
  ['CLUSTER', 'INFO'], ['CLUSTER', 'SLOTS'], ['ASKING'],
  ...[keys.topics, keys.retainedTopics, keys.latestTopics].map((index) => ['ZRANGEBYSCORE', keys.indexSeen(index), '0', '1']),
]

/** A cluster has no channels (SPEC 5.3). */
function channelsOf({ type, database, channel }: PoolSpec, steps: readonly Step[]): readonly ChannelNeed[] {
  if (type === 'cluster') return []
  const wake = keys.wake(database)
  const wakes = steps.some(({ action }) => action.kind === 'function' && WAKING.has(action.name))
  return [
    { channel: wake, sample: ['SUBSCRIBE', wake] }, { channel, sample: ['SUBSCRIBE', channel] },
    ...wakes ? [{ channel: wake, sample: ['PUBLISH', wake, ANY] }, { channel: wake, sample: ['PUBSUB', 'NUMSUB', wake] }] : [],
  ]
}

/** One of the topics that the rule takes. */
function topicOf({ filter = '#' }: Step): string {
  return filter.replaceAll(/[+#]/g, ANY)
}

function needsOfStep(step: Step, { spec, topic, node }: { readonly spec: PoolSpec, readonly topic: string, readonly node: string }): readonly Need[] {
  const { action, hook, number } = step
  if (action.kind === 'function') {
    const commands = spec.type === 'cluster' ? CLUSTER_FUNCTION_COMMANDS : FUNCTION_COMMANDS
    return commands[action.name](topic, node).map((sample) => ({ sample, users: [{ hook, number }] }))
  }
  return action.commands.map(({ name, fields }, command) => ({
    sample: [name.toUpperCase(), ...fields.flatMap((field) => filled(field, topic, node))], users: [{ hook, number, command }],
  }))
}

function filled(field: FieldTemplate, topic: string, node: string): readonly string[] {
  const [only] = field
  if (typeof only === 'object' && only.placeholder === 'message') return RECORD_FIELDS.flatMap((name) => [name, ANY])
  return [field.map((part) => typeof part === 'string' ? part : part.placeholder === 'topic' ? topic : part.placeholder === 'node' ? node : ANY).join('')]
}
