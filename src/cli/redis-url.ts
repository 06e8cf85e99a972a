import { InvalidArgumentError } from 'commander'
import type { PoolSpec } from '../plan/program.ts'

/** A Redis that is named on the command line. */
export interface RedisUrl {
  readonly host: string
  readonly port: number
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: number
  readonly isEncrypted: boolean
  /** Without the password. */
  readonly shown: string
}

/** `redis://[user:password@]host[:port][/database]`, `rediss://` for TLS. For commander. */
export function redisUrl(text: string): RedisUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const database = /^\/(\d{1,4})?$|^$/.exec(url?.pathname ?? '-')
  if (url === undefined || database === null || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '') {
    throw new InvalidArgumentError('redis://host, with a port, a database and so on, is needed.')
  }
  const port = url.port === '' ? 6379 : Number(url.port)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return {
    host, port, database: Number(database[1] ?? 0), isEncrypted: url.protocol === 'rediss:', shown: `${url.hostname}:${port}`,
    username: url.username === '' ? undefined : decodeURIComponent(url.username),
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
  }
}

/** The pools of some rules, all at that Redis: what lies in several Redis or databases has several databases there too, from that of the URL on. */
export function poolsAt({ host, port, username, password, database, isEncrypted }: RedisUrl, pools: readonly PoolSpec[]): ReadonlyMap<string, PoolSpec> {
  return new Map(pools.map((pool, i) => [pool.name, {
    name: pool.name, type: 'single', server: [{ host, port }], sentinel: undefined, poolSize: 1, database: database + i,
    username, password, channel: pool.channel, onFailure: pool.onFailure, waitReplicas: 0, at: pool.at,
    tls: isEncrypted ? { cafile: undefined, certfile: undefined, keyfile: undefined, servername: undefined, verify: true } : undefined,
  }]))
}
