import type { FunctionName } from '../../actions/action.ts'
import { keys } from '../../actions/keys.ts'

/** Stands in a sample for what is not known before: a client id, a message id, a payload, a topic. No text of a rule holds it. */
export const ANY = '\0'

/** A Redis command whose like must be allowed, name first. */
export type Sample = readonly string[]

/** What the functions of rules have Redis do, for topics of this form on a node of this name. */
export type FunctionCommands = Readonly<Record<FunctionName, (topic: string, node: string) => readonly Sample[]>>

/** Their scripts tell other brokers of what they store. */
export const WAKING: ReadonlySet<FunctionName> = new Set(['on_message_publish', 'on_message_store_keep_latest'])

/**
 * On one server, in the scripts too: Redis asks for the same permissions there
 * (redis.io/docs/latest/operate/oss_and_stack/management/security/acl). Commands on one key are named
 * once for each kind of key.
 */
export const FUNCTION_COMMANDS: FunctionCommands = {
  on_client_connected: (_, node) => [
    ['HGET', keys.client(ANY), 'state'], ['HSET', keys.client(ANY), 'state', '1'], ['HSET', keys.node(node), ANY, '1'],
  ],
  on_client_disconnected: (_, node) => [
    ['HMGET', keys.client(ANY), 'state'], ['HSET', keys.client(ANY), 'state', '0'],
    ['HGET', keys.node(node), ANY], ['HDEL', keys.node(node), ANY], ['HSCAN', keys.node(node), '0'],
  ],
  on_subscribe_lookup: () => [['HGETALL', keys.proxySubscriptions(ANY)]],
  on_message_publish: (topic) => [
    ...marked(keys.batch(ANY)), ['SET', keys.clock, '1'], ['GET', keys.clock], ['TIME'],
    ['ZRANGE', keys.log(topic), '0', '0', 'REV'], ['ZSCORE', keys.log(topic), ANY], ['ZADD', keys.log(topic), '1', ANY], ['ZREM', keys.log(topic), ANY],
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

function marked(batch: string): readonly Sample[] {
  return [['GET', batch], ['SET', batch, '1'], ['EXPIRE', batch, '1']]
}

function expiry(key: string): readonly Sample[] {
  return [['EXPIRE', key, '1'], ['PTTL', key], ['PERSIST', key]]
}

function indexed(index: string, topic: string): readonly Sample[] {
  return [['ZADD', index, '0', topic], ['ZREM', index, topic], ['ZRANDMEMBER', index]]
}

function kept(key: string, index: string, topic: string): readonly Sample[] {
  return [...marked(keys.batch(ANY)), ['HGET', key, 'id'], ['DEL', key], ['EXISTS', key], ['HSET', key, 'id', ANY], ['EXPIRE', key, '1'], ...indexed(index, topic)]
}

function fetched(topic: string): readonly Sample[] {
  const log = keys.log(topic)
  return [
    ['GET', keys.clock], ['TIME'],
    ['ZCARD', log], ['ZRANGE', log, '0', '0', 'REV'], ['ZSCORE', log, ANY], ['EXISTS', log],
    ['HMGET', keys.message(ANY), 'id'], ['EXISTS', keys.message(ANY)],
    ...renewed(log, { clock: keys.clock, renewing: keys.renewing }),
    ['ZADD', keys.topics, '0', topic], ['ZREM', keys.topics, topic], ['ZRANGEBYLEX', keys.topics, '-', '+'],
  ]
}

/** What EMQ X left in a log gets scores. */
function renewed(log: string, { clock, renewing }: { readonly clock: string, readonly renewing: string }): readonly Sample[] {
  return [
    ['ZRANGEBYSCORE', log, '0', '1'], ['ZREVRANGEBYSCORE', log, '1', '0'], ['ZADD', log, '1', ANY], ['ZREM', log, ANY], ['TIME'], ['GET', clock], ['SET', clock, '1'],
    ['HGET', renewing, ANY], ['HSET', renewing, ANY, '1'], ['HDEL', renewing, ANY], ['EXPIRE', renewing, '1'],
  ]
}

const SLOT_CLOCK = keys.slotClock(ANY)
const SLOT_REPEATS = keys.slotRepeats(ANY)
const SLOT_BATCH = keys.slotBatch(ANY, ANY)
const SLOT_RENEWING = keys.slotRenewing(ANY)

/** On a cluster, in its scripts too, which declare their keys. */
export const CLUSTER_FUNCTION_COMMANDS: FunctionCommands = {
  on_client_connected: (_, node) => [
    ['HSET', keys.node(node), ANY, '1'], script(keys.client(ANY)), ['HGET', keys.client(ANY), 'online_at'], ['HSET', keys.client(ANY), 'state', '1'],
  ],
  on_client_disconnected: (_, node) => [
    script(keys.client(ANY)), ['HMGET', keys.client(ANY), 'online_at'], ['HSET', keys.client(ANY), 'state', '0'],
    script(keys.node(node)), ['HGET', keys.node(node), ANY], ['HDEL', keys.node(node), ANY], ['HSCAN', keys.node(node), '0'],
  ],
  on_subscribe_lookup: FUNCTION_COMMANDS.on_subscribe_lookup,
  on_message_publish(topic) {
    const [log, record] = [keys.log(topic), keys.message(ANY)]
    return [
      ...clusterIndexed(keys.topics, log, topic),
      script(record), ['PTTL', record], ['HSET', record, 'id', ANY], ['EXPIRE', record, '1'], ['PERSIST', record], ['DEL', record], ['EXISTS', record],
      script(log, SLOT_CLOCK, SLOT_REPEATS), ['ZRANGE', log, '0', '0', 'REV'], ['ZSCORE', log, ANY], ['ZADD', log, '1', ANY], ['ZRANDMEMBER', log, '1'], ...expiry(log),
      ['TIME'], ['GET', SLOT_CLOCK], ['SET', SLOT_CLOCK, '1'], ['INCR', SLOT_REPEATS], ['EXPIRE', SLOT_REPEATS, '1'], ...trimmed(log),
    ]
  },
  on_message_retain: (topic) => clusterKept(keys.retained(topic), keys.retainedTopics, topic),
  on_retain_delete: (topic) => clusterKept(keys.retained(topic), keys.retainedTopics, topic),
  on_message_store_keep_latest: (topic) => clusterKept(keys.latest(topic), keys.latestTopics, topic),
  on_message_fetch_for_queue: clusterFetched,
  on_message_fetch_for_pubsub: (topic) => [...clusterFetched(topic), ['GET', keys.position(ANY, topic)], ['HGET', keys.message(ANY), 'topic']],
  on_message_fetch_for_keep_latest: (topic) => [...readRecord(keys.latest(topic)), ['ZRANGEBYLEX', keys.latestTopics, '-', '+']],
  on_retain_lookup: (topic) => [
    ...readRecord(keys.retained(topic)), ['TYPE', keys.retained(topic)], ['ZRANGE', keys.retained(topic), '-1', '-1'], ['GET', keys.retained(topic)],
    ...readRecord(keys.message(ANY)), ['ZRANGEBYLEX', keys.retainedTopics, '-', '+'],
  ],
  on_message_acked_for_queue: (topic) => [['DEL', keys.message(ANY)], ['ZREM', keys.log(topic), ANY], ['EXISTS', SLOT_REPEATS]],
  on_message_acked_for_pubsub: (topic) => [script(keys.position(ANY, topic)), ['GET', keys.position(ANY, topic)], ['SET', keys.position(ANY, topic), ANY]],
  on_message_acked_for_keep_latest: (topic) => [script(keys.latest(topic)), ['HGET', keys.latest(topic), 'id'], ['DEL', keys.latest(topic)]],
}

/** Redis takes it that a script does everything with the keys that it declares. */
function script(...declared: readonly string[]): Sample {
  return ['EVALSHA', '0'.repeat(40), String(declared.length), ...declared]
}

function readRecord(key: string): readonly Sample[] {
  return [script(key), ['HMGET', key, 'id']]
}

function trimmed(log: string): readonly Sample[] {
  return [['GET', SLOT_REPEATS], script(log, SLOT_REPEATS), ['ZREM', log, ANY]]
}

/** Entered before what it lists is stored, and swept. */
function clusterIndexed(index: string, listed: string, topic: string): readonly Sample[] {
  const seen = keys.indexSeen(index)
  return [
    ['ZADD', seen, '1', topic], ['ZADD', index, '0', topic], ['ZRANGEBYSCORE', seen, '0', '1'], ['EXISTS', listed],
    script(index, seen), ['ZSCORE', seen, topic], ['ZREM', index, topic], ['ZREM', seen, topic],
  ]
}

function clusterKept(key: string, index: string, topic: string): readonly Sample[] {
  return [
    ...clusterIndexed(index, key, topic), script(SLOT_BATCH, key), ...marked(SLOT_BATCH),
    ['HGET', key, 'id'], ['DEL', key], ['TYPE', key], ['HLEN', key], ['HSET', key, 'id', ANY], ['EXPIRE', key, '1'], ['PERSIST', key],
  ]
}

function clusterFetched(topic: string): readonly Sample[] {
  const [log, record] = [keys.log(topic), keys.message(ANY)]
  return [
    ['ZREVRANGE', log, '0', '0'], ['ZSCORE', log, ANY], ['EXISTS', record], ...readRecord(record), ...trimmed(log),
    script(log, SLOT_CLOCK, SLOT_RENEWING), ...renewed(log, { clock: SLOT_CLOCK, renewing: SLOT_RENEWING }),
    ['ZRANGEBYLEX', keys.topics, '-', '+'],
  ]
}
