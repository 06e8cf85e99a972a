import { anyText, onOrOff, oneOf, oneWord, servers, wholeNumber, type ValueKind } from './values.ts'
import type { Unbuilt } from './unbuilt.ts'

/** A row of the table: `backend.redis.<pool>.<name>`. */
export interface PoolOption<T> {
  readonly value: ValueKind<T>
  /** Where no line sets it. */
  readonly default: T | undefined
  readonly summary: string
  /** What else is to be known of it, in sentences. */
  readonly doc?: string
  /** A value as it is written. */
  readonly example: string
  readonly unbuilt?: Unbuilt
}

/** Ports of Redis and of its sentinels. */
export const DEFAULT_PORTS = { single: 6379, cluster: 6379, sentinel: 26_379 } as const

/** What can be said of a pool (SPEC 1.1; "EMQ X 4.4 Redis backend", configuration; the rest is ours). */
export const POOL_OPTIONS = {
  type: {
    value: oneOf('single', 'sentinel', 'cluster'), default: undefined, summary: 'what kind of Redis it is; without it a `sentinel` makes it one', example: 'cluster',
    doc: 'A cluster is several times dearer for each message, and has neither databases nor a channel.',
  },
  server: {
    value: servers, default: undefined, summary: 'its address, or `embedded`', example: '10.0.0.5:6379',
    doc: `A port that is not written is ${DEFAULT_PORTS.single}, of a sentinel ${DEFAULT_PORTS.sentinel}. Several addresses, of sentinels or of the nodes of a cluster, are separated by commas. \`embedded\` is a Redis that hookline runs itself.`,
  },
  sentinel: { value: oneWord, default: undefined, summary: "the master's name, of a sentinel pool", example: 'mymaster' },
  pool_size: {
    value: wholeNumber(1, 1_024), default: 8, summary: 'connections at most', example: '8',
    doc: 'hookline needs one connection, beside the one that listens to channels; what one cannot do better than many is its own to decide.',
  },
  database: {
    value: wholeNumber(0, 65_535), default: 0, summary: 'the number of the database', example: '1',
    doc: 'A cluster has database 0 only.',
  },
  username: { value: anyText, default: undefined, summary: 'the user of an ACL', example: 'hookline' },
  password: {
    value: anyText, default: undefined, summary: 'for AUTH; never shown', example: '${file:/run/secrets/redis}',
    doc: 'Better not written here: `${env:NAME}` and `${file:PATH}` stand for a variable and for what is in a file.',
  },
  channel: {
    value: oneWord, default: 'mqtt_channel', summary: 'where orders from the application are heard', example: 'mqtt_channel',
    doc: 'An order is `{"type": "subscribe", "topic": .., "clientid": .., "qos": ..}`, or `"unsubscribe"`, and is carried out for that client if it is connected here. Orders are at most once. A cluster has no channel.',
  },
  ssl: { value: onOrOff, default: false, summary: 'TLS to this Redis, and to its sentinels', example: 'on' },
  cafile: { value: anyText, default: undefined, summary: 'certificates to trust, with `ssl`', example: '/etc/ssl/redis-ca.pem' },
  certfile: { value: anyText, default: undefined, summary: 'our certificate, with `ssl`', example: '/etc/ssl/hookline.pem' },
  keyfile: { value: anyText, default: undefined, summary: 'its key, with `ssl`', example: '/etc/ssl/hookline.key' },
  servername: { value: oneWord, default: undefined, summary: 'the name that its certificate must have, with `ssl`', example: 'redis.example.com' },
  verify: { value: onOrOff, default: true, summary: 'refuse a certificate that nobody vouches for, with `ssl`', example: 'off' },
  on_failure: {
    value: oneOf('hold', 'pass'), default: 'hold',
    summary: 'what becomes of messages while it is away: they wait for it, or go on unstored', example: 'pass',
    doc: 'With `hold` a publisher is not acknowledged until Redis is back or a deadline passes, and then sends again: nothing is lost. With `pass` the message goes on unstored, as in EMQ X, and is counted.',
  },
  wait_replicas: {
    value: wholeNumber(0, 100), default: 0, summary: 'replicas that must have a message before it is acknowledged', example: '1',
    doc: 'With all replicas no failover loses an acknowledged message.',
  },
} as const satisfies Record<string, PoolOption<unknown>>

export type PoolOptionName = keyof typeof POOL_OPTIONS
