import type { FunctionName } from '../../actions/action.ts'
import { actionOf } from '../../actions/index.ts'
import { keys } from '../../actions/keys.ts'
import { RECORD_FIELDS } from '../../actions/message-record.ts'
import { HOOK_NAMES } from '../../language/hooks.ts'
import type { FieldTemplate, PoolSpec, Program, Step } from '../../plan/program.ts'

/** What the rules of a pool ask of its Redis. */
export interface Needs {
  readonly storesExpiring: boolean
  /** Commands whose like must be allowed, name first, to be tried dry: what stands for a client's values is made up. */
  readonly commands: readonly Sample[]
  /** The same of the channels, without which less is heard. */
  readonly channelCommands: readonly Sample[]
}

type Sample = readonly string[]

/** Stands for a client id, a message id, a payload. */
const ANY = 'x'

export function needsOf(program: Program, spec: PoolSpec): Needs {
  const steps = HOOK_NAMES.flatMap((hook) => program.steps[hook].filter(({ pool }) => pool === spec.name))
  const commands = [...everyConnection(spec), ...steps.flatMap((step) => samplesOf(step, program.settings.nodeName))]
  return {
    storesExpiring: steps.some(({ action, expirySeconds }) => expirySeconds !== undefined && action.kind === 'function' && actionOf(action.name).expires),
    commands: [...new Map(commands.map((sample) => [sample.join(' '), sample])).values()],
    channelCommands: [['SUBSCRIBE', keys.wake(spec.database)], ['PUBLISH', keys.wake(spec.database), ANY], ['SUBSCRIBE', spec.channel]],
  }
}

/** What a pool asks before its first rule. */
function everyConnection({ waitReplicas }: PoolSpec): readonly Sample[] {
  return [['PING'], ['SCRIPT', 'LOAD', 'return 1'], ['EVALSHA', '0'.repeat(40), '0'], ...waitReplicas === 0 ? [] : [['WAIT', '0', '1']]]
}

function samplesOf({ action, filter = '#' }: Step, node: string): readonly Sample[] {
  // one topic of those that it takes
  const topic = filter.replaceAll(/[+#]/g, ANY)
  if (action.kind === 'function') return FUNCTIONS[action.name](topic, node)
  return action.commands.map(({ name, fields }) => [name.toUpperCase(), ...fields.flatMap((field) => filled(field, topic, node))])
}

function filled(field: FieldTemplate, topic: string, node: string): readonly string[] {
  const [only] = field
  if (typeof only === 'object' && only.placeholder === 'message') return RECORD_FIELDS.flatMap((name) => [name, ANY])
  return [field.map((part) => typeof part === 'string' ? part : part.placeholder === 'topic' ? topic : part.placeholder === 'node' ? node : ANY).join('')]
}

/**
 * What each function has Redis do, in its scripts too: Redis asks for the same permissions there
 * (redis.io/docs/latest/operate/oss_and_stack/management/security/acl). Commands on one key are named
 * once for each kind of key.
 */
const FUNCTIONS: Readonly<Record<FunctionName, (topic: string, node: string) => readonly Sample[]>> = {
  on_client_connected: (_, node) => presence(node),
  on_client_disconnected: (_, node) => presence(node),
  on_subscribe_lookup: () => [['HGETALL', keys.proxySubscriptions(ANY)]],
  on_message_publish: (topic) => [
    ...marked(), ['SET', keys.clock, '1'], ['GET', keys.clock], ['TIME'],
    ['ZRANGE', keys.log(topic), '-1', '-1'], ['ZSCORE', keys.log(topic), ANY], ['ZADD', keys.log(topic), '1', ANY], ['ZREM', keys.log(topic), ANY],
    ['ZRANDMEMBER', keys.log(topic), '1'], ['EXISTS', keys.log(topic)], ...expiry(keys.log(topic)),
    ['HSET', keys.message(ANY), 'id', ANY], ['EXISTS', keys.message(ANY)], ...expiry(keys.message(ANY)),
    ...indexed(keys.topics, topic),
  ],
  on_message_retain: (topic) => kept(keys.retained(topic), keys.retainedTopics, topic),
  on_retain_delete: (topic) => kept(keys.retained(topic), keys.retainedTopics, topic),
  on_message_store_keep_latest: (topic) => kept(keys.latest(topic), keys.latestTopics, topic),
  on_message_fetch_for_queue: fetched,
  on_message_fetch_for_pubsub: (topic) => [...fetched(topic), ['GET', keys.position(ANY, topic)], ['HGET', keys.message(ANY), 'topic']],
  on_message_fetch_for_keep_latest: (topic) => [
    ['HMGET', keys.latest(topic), 'id'], ['EXISTS', keys.latest(topic)], ['ZREM', keys.latestTopics, topic], ['ZRANGEBYLEX', keys.latestTopics, '-', '+'],
  ],
  // what its script does for a reader of the log, the fetch function of that reader needs
  on_retain_lookup: (topic) => [
    ['GET', keys.clock], ['TYPE', keys.retained(topic)], ['HMGET', keys.retained(topic), 'id'], ['GET', keys.retained(topic)], ['ZRANGE', keys.retained(topic), '-1', '-1'],
    ['EXISTS', keys.retained(topic)], ['ZREM', keys.retainedTopics, topic], ['ZRANGEBYLEX', keys.retainedTopics, '-', '+'], ['HMGET', keys.message(ANY), 'id'],
  ],
  on_message_acked_for_queue: (topic) => [
    ['ZREM', keys.log(topic), ANY], ['DEL', keys.message(ANY)], ['EXISTS', keys.log(topic)], ['ZREM', keys.topics, topic],
  ],
  on_message_acked_for_pubsub: (topic) => [
    ['GET', keys.position(ANY, topic)], ['SET', keys.position(ANY, topic), ANY], ['ZSCORE', keys.log(topic), ANY], ['ZCARD', keys.log(topic)], ['HGET', keys.message(ANY), 'topic'],
  ],
  on_message_acked_for_keep_latest: (topic) => [['HGET', keys.latest(topic), 'id'], ['DEL', keys.latest(topic)], ['ZREM', keys.latestTopics, topic]],
}

function presence(node: string): readonly Sample[] {
  return [
    ['HGET', keys.client(ANY), 'state'], ['HMGET', keys.client(ANY), 'state'], ['HSET', keys.client(ANY), 'state', '1'],
    ['HGET', keys.node(node), ANY], ['HSET', keys.node(node), ANY, '1'], ['HDEL', keys.node(node), ANY], ['HSCAN', keys.node(node), '0'],
  ]
}

function marked(): readonly Sample[] {
  return [['GET', keys.batch(ANY)], ['SET', keys.batch(ANY), '1'], ['EXPIRE', keys.batch(ANY), '1']]
}

function expiry(key: string): readonly Sample[] {
  return [['EXPIRE', key, '1'], ['PTTL', key], ['PERSIST', key]]
}

function indexed(index: string, topic: string): readonly Sample[] {
  return [['ZADD', index, '0', topic], ['ZREM', index, topic], ['ZRANDMEMBER', index]]
}

function kept(key: string, index: string, topic: string): readonly Sample[] {
  return [...marked(), ['HGET', key, 'id'], ['DEL', key], ['EXISTS', key], ['HSET', key, 'id', ANY], ['EXPIRE', key, '1'], ...indexed(index, topic), ['ZSCORE', index, topic]]
}

function fetched(topic: string): readonly Sample[] {
  const log = keys.log(topic)
  return [
    ['GET', keys.clock], ['SET', keys.clock, '1'], ['TIME'],
    ['ZCARD', log], ['ZRANGEBYSCORE', log, '0', '1'], ['ZREVRANGEBYSCORE', log, '1', '0'], ['ZRANGE', log, '-1', '-1'], ['ZSCORE', log, ANY], ['ZADD', log, '1', ANY], ['ZREM', log, ANY], ['EXISTS', log],
    ['HMGET', keys.message(ANY), 'id'], ['EXISTS', keys.message(ANY)],
    ['HGET', keys.renewing, topic], ['HSET', keys.renewing, topic, '1'], ['HDEL', keys.renewing, topic], ['EXPIRE', keys.renewing, '1'],
    ['ZREM', keys.topics, topic], ['ZRANGEBYLEX', keys.topics, '-', '+'],
  ]
}
