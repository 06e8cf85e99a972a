import type { KeyType } from '../language/command-keys.ts'
import { keys } from './keys.ts'

/** A Redis key, or hookline's own channel, for docs and explain. */
export interface KeyRow {
  /** With `${..}` for what differs. */
  readonly pattern: string
  readonly type: KeyType | 'channel'
  /** What it holds, in a clause. */
  readonly holds: string
  /** How long it is there, in a clause. */
  readonly stays: string
  /** Whose it is: EMQ X's layout, ours, or ours where the pool is a cluster. */
  readonly layout: 'EMQ X' | 'hookline' | 'cluster'
}

const RECORD = 'one message: `id`, `from`, `qos`, `topic`, `payload`, `ts`, `retain`'
const EXPIRY = 'until its expiry'
const WHILE_HELD = 'each topic until it holds nothing any more'

/** What each key of `keys.ts` is (SPEC 3). The names of what differs are those of placeholders where there is one. */
const ROWS: Readonly<Record<keyof typeof keys, KeyRow>> = {
  message: { pattern: keys.message('${msgid}'), type: 'hash', holds: RECORD, stays: `${EXPIRY}, or of a queue its acknowledgement`, layout: 'EMQ X' },
  log: { pattern: keys.log('${topic}'), type: 'sorted set', holds: 'the ids of the stored messages of a topic, by score: microseconds that only grow', stays: 'until it is empty', layout: 'EMQ X' },
  position: { pattern: keys.position('${clientid}', '${topic}'), type: 'string', holds: 'the id up to which this client has acknowledged everything of the topic', stays: 'until a command removes it', layout: 'EMQ X' },
  retained: { pattern: keys.retained('${topic}'), type: 'hash', holds: `the retained message; ${RECORD}`, stays: `${EXPIRY}, or an empty retained message`, layout: 'EMQ X' },
  client: { pattern: keys.client('${clientid}'), type: 'hash', holds: '`state` 1 (online) or 0, `online_at`, `offline_at`, in seconds since 1970', stays: 'until a command removes it', layout: 'EMQ X' },
  node: { pattern: keys.node('${node}'), type: 'hash', holds: 'the clients that are connected to a broker, each with the time since when', stays: 'until it is empty', layout: 'EMQ X' },
  proxySubscriptions: { pattern: keys.proxySubscriptions('${clientid}'), type: 'hash', holds: 'the topics to which the client is subscribed when it connects, each with its QoS; your application writes it', stays: 'until your application removes it', layout: 'EMQ X' },
  latest: { pattern: keys.latest('${topic}'), type: 'hash', holds: `the last message of a topic; ${RECORD}`, stays: `${EXPIRY}, or its acknowledgement`, layout: 'hookline' },
  clock: { pattern: keys.clock, type: 'string', holds: 'the last score that was given in the pool', stays: 'for ever', layout: 'hookline' },
  batch: { pattern: keys.batch('${boot}'), type: 'string', holds: 'the number of what a broker process has stored last, so that nothing is stored twice', stays: 'until an hour after the last', layout: 'hookline' },
  topics: { pattern: keys.topics, type: 'sorted set', holds: 'the topics with stored messages, so that wildcards find them', stays: WHILE_HELD, layout: 'hookline' },
  retainedTopics: { pattern: keys.retainedTopics, type: 'sorted set', holds: 'the topics with a retained message', stays: WHILE_HELD, layout: 'hookline' },
  latestTopics: { pattern: keys.latestTopics, type: 'sorted set', holds: 'the topics with a latest message', stays: WHILE_HELD, layout: 'hookline' },
  renewing: { pattern: keys.renewing, type: 'hash', holds: 'the logs of EMQ X whose entries are being given scores, each with the score that they stay below', stays: 'until it is done', layout: 'hookline' },
  adopting: { pattern: keys.adopting, type: 'hash', holds: 'how far a run of `hookline adopt` is', stays: 'until it is done', layout: 'hookline' },
  wake: { pattern: keys.wake(0), type: 'channel', holds: 'what brokers on one Redis tell each other of stored messages; `mqtt:wake:<n>` for a database other than 0', stays: 'not at all: nothing is kept', layout: 'hookline' },
  slotClock: { pattern: keys.slotClock('${tag}'), type: 'string', holds: 'the last score that was given in the slot', stays: 'for ever', layout: 'cluster' },
  slotRepeats: { pattern: keys.slotRepeats('${tag}'), type: 'string', holds: 'how often messages of the slot were stored again', stays: 'until an hour after the last', layout: 'cluster' },
  slotBatch: { pattern: keys.slotBatch('${tag}', '${boot}'), type: 'string', holds: 'as `mqtt:batch:${boot}`, for the retained and latest messages of the slot', stays: 'until an hour after the last', layout: 'cluster' },
  slotRenewing: { pattern: keys.slotRenewing('${tag}'), type: 'hash', holds: 'as `mqtt:renewing`, for the logs of the slot', stays: 'until it is done', layout: 'cluster' },
  indexSeen: { pattern: keys.indexSeen('${index}'), type: 'sorted set', holds: 'when each topic of an index was last written to it', stays: WHILE_HELD, layout: 'cluster' },
}

/** Every key, those of EMQ X's layout first. */
export const KEY_TABLE: readonly KeyRow[] = Object.values(ROWS)

/** The type of what hookline keeps at a key, by its pattern. */
export const KEY_TYPES: ReadonlyMap<string, KeyType> = new Map(KEY_TABLE.flatMap(({ pattern, type }) => type === 'channel' ? [] : [[pattern, type] as const]))
