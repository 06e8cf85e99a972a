import { anyText, onOrOff, oneOf, oneWord, servers, wholeNumber, type ValueKind } from './values.ts'
import type { Unbuilt } from './unbuilt.ts'

/** A row of the table: `backend.redis.<pool>.<name>`. */
export interface PoolOption<T> {
  readonly value: ValueKind<T>
  /** Where no line sets it. */
  readonly default: T | undefined
  readonly summary: string
  readonly unbuilt?: Unbuilt
}

/** Ports of Redis and of its sentinels. */
export const DEFAULT_PORTS = { single: 6379, cluster: 6379, sentinel: 26_379 } as const

/** What can be said of a pool (SPEC 1.1; "EMQ X 4.4 Redis backend", configuration; the rest is ours). */
export const POOL_OPTIONS = {
  type: { value: oneOf('single', 'sentinel', 'cluster'), default: undefined, summary: 'what kind of Redis it is; without it a `sentinel` makes it one' },
  server: { value: servers, default: undefined, summary: 'its address, or `embedded`' },
  sentinel: { value: oneWord, default: undefined, summary: "the master's name, of a sentinel pool" },
  pool_size: { value: wholeNumber(1, 1_024), default: 8, summary: 'connections at most' },
  database: { value: wholeNumber(0, 65_535), default: 0, summary: 'the number of the database' },
  username: { value: anyText, default: undefined, summary: 'the user of an ACL' },
  password: { value: anyText, default: undefined, summary: 'for AUTH; never shown' },
  channel: { value: oneWord, default: 'mqtt_channel', summary: 'where orders from the application are heard' },
  ssl: { value: onOrOff, default: false, summary: 'TLS to this Redis, and to its sentinels' },
  cafile: { value: anyText, default: undefined, summary: 'certificates to trust, with `ssl`' },
  certfile: { value: anyText, default: undefined, summary: 'our certificate, with `ssl`' },
  keyfile: { value: anyText, default: undefined, summary: 'its key, with `ssl`' },
  servername: { value: oneWord, default: undefined, summary: 'the name that its certificate must have, with `ssl`' },
  verify: { value: onOrOff, default: true, summary: 'refuse a certificate that nobody vouches for, with `ssl`' },
  on_failure: {
    value: oneOf('hold', 'pass'), default: 'hold',
    summary: 'what becomes of messages while it is away: they wait for it, or go on unstored',
  },
  wait_replicas: { value: wholeNumber(0, 100), default: 0, summary: 'replicas that must have a message before it is acknowledged' },
} as const satisfies Record<string, PoolOption<unknown>>

export type PoolOptionName = keyof typeof POOL_OPTIONS
