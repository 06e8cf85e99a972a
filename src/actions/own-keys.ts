import type { KeyType } from '../language/command-keys.ts'
import type { FunctionName } from './action.ts'
import { keys } from './keys.ts'

/** A key that hookline keeps beside those of the functions. */
export interface OwnKey {
  /** Angle brackets stand for what differs. */
  readonly pattern: string
  readonly matches: (key: string) => boolean
  readonly type: KeyType
  /** Seconds after it was last written; absent: as long as it holds something. */
  readonly expirySeconds: number | undefined
  /** What it is, as a clause. */
  readonly summary: string
  /** Whose work makes it; nobody's: a command of hookline's. */
  readonly functions: readonly FunctionName[]
  /** The command that keeps it, where no function does. */
  readonly command?: string
}

const STORING: readonly FunctionName[] = ['on_message_publish', 'on_message_retain', 'on_retain_delete', 'on_message_store_keep_latest']
const FETCHING: readonly FunctionName[] = ['on_message_fetch_for_queue', 'on_message_fetch_for_pubsub', 'on_retain_lookup']
const HOUR = 3_600

/** README, "Keys". Those with a tag in braces are of clusters, one for each slot. */
export const OWN_KEYS: readonly OwnKey[] = [
  { ...named(keys.clock), type: 'string', expirySeconds: undefined, summary: 'the last score given in a log; scores are microseconds and only grow', functions: ['on_message_publish'] },
  { ...beginning('mqtt:clock:', '<tag>'), type: 'string', expirySeconds: undefined, summary: 'the last score given in a log, in one slot of a cluster', functions: ['on_message_publish'] },
  { ...beginning('mqtt:batch:', '<boot>'), type: 'string', expirySeconds: HOUR, summary: 'what a broker process has stored last, so that nothing is stored twice', functions: STORING },
  { ...beginning('mqtt:repeats:', '<tag>'), type: 'string', expirySeconds: HOUR, summary: 'how often a message was stored again, in one slot of a cluster', functions: ['on_message_publish'] },
  { ...named(keys.topics), type: 'sorted set', expirySeconds: undefined, summary: 'the topics that have stored messages, for wildcard subscriptions', functions: ['on_message_publish'] },
  { ...named(keys.retainedTopics), type: 'sorted set', expirySeconds: undefined, summary: 'the topics that have a retained message, for wildcard subscriptions', functions: ['on_message_retain', 'on_retain_delete'] },
  { ...named(keys.latestTopics), type: 'sorted set', expirySeconds: undefined, summary: 'the topics that have a latest message, for wildcard subscriptions', functions: ['on_message_store_keep_latest', 'on_message_acked_for_keep_latest'] },
  { ...named(keys.renewing), type: 'hash', expirySeconds: 24 * HOUR, summary: 'how far taking over a log that EMQ X left is', functions: FETCHING },
  { ...beginning('mqtt:renewing:', '<tag>'), type: 'hash', expirySeconds: 24 * HOUR, summary: 'how far taking over a log that EMQ X left is, in one slot of a cluster', functions: FETCHING },
  { ...named(keys.adopting), type: 'hash', expirySeconds: 7 * 24 * HOUR, summary: 'how far a run of `hookline adopt` is', functions: [], command: 'hookline adopt' },
  ...[keys.topics, keys.retainedTopics, keys.latestTopics].map((index): OwnKey => ({
    ...named(keys.indexSeen(index)), type: 'sorted set', expirySeconds: undefined, summary: `when each topic of ${index} was last stored, on a cluster`, functions: STORING,
  })),
]

/** The row of a key that is hookline's own. */
export function ownKey(key: string): OwnKey | undefined {
  return OWN_KEYS.find(({ matches }) => matches(key))
}

function named(name: string): Pick<OwnKey, 'pattern' | 'matches'> {
  return { pattern: name, matches: (key) => key === name }
}

function beginning(prefix: string, rest: string): Pick<OwnKey, 'pattern' | 'matches'> {
  return { pattern: `${prefix}${rest}`, matches: (key) => key.startsWith(prefix) && key.length > prefix.length }
}
