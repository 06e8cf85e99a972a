import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { RedisOptions } from 'ioredis'
import type { Log } from '../engine/log-port.ts'
import type { Address, PoolSpec } from '../plan/program.ts'
import { connectorOf } from './connector.ts'
import { openSentinels } from './sentinels.ts'
import { readTls } from './tls-files.ts'

/** The way to a pool's Redis, for all of its connections; who opens it ends it. */
export interface Way {
  line(): Line
  /** After the connections. */
  end(): void
}

/** The way of one connection. */
export interface Line {
  readonly options: RedisOptions
  /** Where it leads, for messages; absent where the rules say it. */
  readonly place: string | undefined
  /** May be set: what to do when the Redis is somewhere else now. Called again and again until it leads there. */
  onStray: () => void
}

export interface WayOptions {
  readonly spec: PoolSpec
  /** In place of the server's address: the Unix socket of the embedded store. */
  readonly socketPath?: string | undefined
  /** Relative files of TLS are below it. */
  readonly folder?: string | undefined
  readonly log?: Log
}

/** Milliseconds between two questions to the sentinels whether the master is still the same. */
const WATCH_MS = 500
const CONNECT_TIMEOUT_MS = 1_000
/** Back within 2 s of Redis being back. */
const MAX_RECONNECT_DELAY_MS = 500
const FIRST_RECONNECT_DELAY_MS = 50

/** Of every connection, to a Redis or to a sentinel. */
const COMMON: RedisOptions = {
  disableClientInfo: true,
  protocol: 2,
  // Nothing is queued or sent again behind our back: with its defaults ioredis applies a command
  // twice when the reply is lost, or long after we gave it up.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  connectTimeout: CONNECT_TIMEOUT_MS,
  // a dropped connection is not worth a farewell
  disconnectTimeout: 1,
  retryStrategy: (times) => Math.min(times * FIRST_RECONNECT_DELAY_MS, MAX_RECONNECT_DELAY_MS),
  // what it asks, the connection asks with more, and sooner again
  enableReadyCheck: false,
}

export function openWay(options: WayOptions): Way {
  const { spec, socketPath } = options
  if (socketPath !== undefined) return fixed({ ...COMMON, path: socketPath })
  if (spec.server === 'embedded') throw new Error(`no socket for the embedded store of ${spec.name}`)
  if (spec.type === 'sentinel') return byTheSentinels(options, spec.server)
  const [address] = spec.server
  if (address === undefined) throw new Error(`no address for ${spec.name}`)
  return fixed(addressOptions(options, address))
}

function fixed(options: RedisOptions): Way {
  return { line: () => ({ options, place: undefined, onStray() {} }), end() {} }
}

function addressOptions(options: WayOptions, address: Address): RedisOptions {
  if (options.spec.tls === undefined) return { ...COMMON, ...address }
  return dialled(options, () => Promise.resolve(address))
}

/** A connection whose address is asked for anew each time, and whose certificates are read anew: they are renewed. */
function dialled({ spec: { tls }, folder = '.' }: WayOptions, locate: () => Promise<Address>): RedisOptions {
  const open = async (): Promise<Socket> => {
    const address = await locate()
    return tls === undefined ? connectTcp({ ...address }) : connectTls({ ...address, ...await readTls(tls, folder) })
  }
  // of `tls` only its presence counts: it has to wait for the handshake
  return { ...COMMON, ...(tls === undefined ? {} : { tls: {} }), Connector: connectorOf(open) }
}

function byTheSentinels(options: WayOptions, addresses: readonly Address[]): Way {
  const { spec, log } = options
  const sentinels = openSentinels({
    name: spec.sentinel ?? '', sentinels: addresses, connectTo: (address) => ({ ...addressOptions(options, address), connectionName: `hookline-${spec.name}` }),
  })
  const lines: { line: Line, address: Address | undefined }[] = []
  let known: Address | undefined

  async function locate(): Promise<Address> {
    const master = await sentinels.master()
    if (known !== undefined && !isSame(known, master)) log?.info({ pool: spec.name, master: textOf(master) }, 'the sentinels name another master')
    known = master
    return master
  }

  /** A master that was replaced while it was frozen, or cut off, does not say so itself. */
  async function watch(): Promise<void> {
    // whoever cannot connect has the sentinels' trouble to tell
    const master = await locate().catch(() => undefined)
    if (master === undefined) return
    for (const { line, address } of lines) if (address !== undefined && !isSame(address, master)) line.onStray()
  }
  const watching = setInterval(() => { void watch() }, WATCH_MS).unref()

  return {
    line() {
      const entry: { line: Line, address: Address | undefined } = {
        address: undefined,
        line: {
          options: dialled(options, async () => {
            entry.address = undefined
            return entry.address = await locate()
          }),
          get place() { return entry.address === undefined ? undefined : `the master at ${textOf(entry.address)}` },
          onStray() {},
        },
      }
      lines.push(entry)
      return entry.line
    },
    end() {
      clearInterval(watching)
      sentinels.end()
    },
  }
}

function isSame(a: Address, b: Address): boolean {
  return a.host === b.host && a.port === b.port
}

function textOf({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
