import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Address } from '../../src/plan/program.ts'
import { freePort, startRedis, until, type RedisServer } from './redis-server.ts'

/** One master, two replicas, and three sentinels that watch them: real ones, from the ordinary `redis-server`. */
export interface SentinelGroup {
  readonly name: string
  /** In the order of their start: the first begins as the master. */
  readonly servers: readonly RedisServer[]
  readonly sentinels: readonly Sentinel[]
  readonly addresses: readonly Address[]
  /** The one that most sentinels name. */
  master(): Promise<RedisServer>
  /** Waits until another one than this is named by most sentinels, and is a master. */
  failedOver(from: RedisServer): Promise<RedisServer>
  /** Waits until the master has two replicas that are up to date. */
  whole(): Promise<void>
  /** Has the sentinels replace the master in order. What comes to nothing is asked for again. */
  failover(): Promise<void>
  stop(): Promise<void>
}

export interface Sentinel {
  readonly port: number
  /** 0: it does not speak TLS. */
  readonly tlsPort: number
  readonly client: Redis
  kill(): Promise<void>
  freeze(): void
  thaw(): void
  stop(): Promise<void>
}

const NAME = 'mymaster'
const SERVERS = 3
const SENTINELS = 3
/** Milliseconds: what a failover may take on a machine that is busy. */
const FAILOVER_MS = 30_000
/** Milliseconds: one that was ordered and could not be carried out is given up after the failover timeout, and not tried again. */
const ORDERED_FAILOVER_MS = 12_000

/** `args` are those of every server. */
export async function startSentinelGroup(...args: string[]): Promise<SentinelGroup> {
  const ends: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => { await Promise.all(ends.map((end) => end())) }
  try {
    const servers: RedisServer[] = []
    for (let i = 0; i < SERVERS; i++) {
      const [first] = servers
      const server = await startRedis(
        ...(first === undefined ? [] : ['--replicaof', `127.0.0.1 ${first.port}`]),
        '--repl-diskless-sync', 'yes', '--repl-diskless-sync-delay', '0', ...args,
      )
      ends.push(() => server.stop())
      servers.push(server)
    }
    const [first] = servers
    if (first === undefined) throw new Error('no server')
    const sentinels = await Promise.all(Array.from({ length: SENTINELS }, () => startSentinel(first.port, { quorum: 2 })))
    ends.push(...sentinels.map((sentinel) => () => sentinel.stop()))
    const group = groupOf(servers, sentinels, stop)
    await until(async () => (await Promise.all(sentinels.map(knowsAll))).every(Boolean), 'the sentinels know each other and the replicas', FAILOVER_MS)
    await group.whole()
    return group
  } catch (error) {
    await stop()
    throw error
  }
}

function groupOf(servers: readonly RedisServer[], sentinels: readonly Sentinel[], stop: () => Promise<void>): SentinelGroup {
  async function named(): Promise<RedisServer | undefined> {
    const ports = await Promise.all(sentinels.map(masterPort))
    return servers.find(({ port }) => ports.filter((other) => other === port).length * 2 > sentinels.length)
  }

  async function waitFor(wanted: (server: RedisServer) => boolean, deadlineMs = FAILOVER_MS): Promise<RedisServer> {
    let found: RedisServer | undefined
    await until(async () => {
      const server = await named()
      if (server === undefined || !wanted(server) || await infoOf(server, 'role') !== 'master') return false
      found = server
      return true
    }, 'the sentinels name a master', deadlineMs)
    if (found === undefined) throw new Error('no master')
    return found
  }

  const group: SentinelGroup = {
    name: NAME, servers, sentinels, stop,
    addresses: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
    master: () => waitFor(() => true),
    failedOver: (from) => waitFor((server) => server !== from),
    async whole() {
      await until(async () => {
        const master = await named()
        if (master === undefined) return false
        const lines = String(await answer(master.client.info('replication'))).match(/^slave\d+:.*state=online.*$/gm) ?? []
        return lines.length === SERVERS - 1
      }, 'the master has its replicas', FAILOVER_MS)
    },
    async failover() {
      const before = await group.master()
      const began = performance.now()
      for (let isOther = false; !isOther;) {
        // one that has just seen another failover refuses for a while
        await until(async () => await answer(sentinels[0]?.client.call('SENTINEL', 'FAILOVER', NAME)) === 'OK', 'a failover begins', FAILOVER_MS)
        isOther = await waitFor((server) => server !== before, ORDERED_FAILOVER_MS).then(() => true, () => false)
        if (!isOther && performance.now() - began > FAILOVER_MS) throw new Error('no failover that was ordered came to its end')
      }
    },
  }
  return group
}

/** `tls`: files with which it speaks TLS on a second port, and with its master. */
export async function startSentinel(
  masterPort: number, { tls, quorum = 1 }: { readonly tls?: { readonly cert: string, readonly key: string, readonly ca: string }, readonly quorum?: number } = {},
): Promise<Sentinel> {
  const folder = await mkdtemp(join(tmpdir(), 'hookline-sentinel-'))
  const port = await freePort()
  const tlsPort = tls === undefined ? 0 : await freePort()
  const file = join(folder, 'sentinel.conf')
  await writeFile(file, [
    `port ${port}`, 'bind 127.0.0.1', `dir ${folder}`,
    `sentinel monitor ${NAME} 127.0.0.1 ${masterPort} ${quorum}`,
    `sentinel down-after-milliseconds ${NAME} 1000`,
    `sentinel failover-timeout ${NAME} 5000`,
    `sentinel parallel-syncs ${NAME} 2`,
    ...(tls === undefined ? [] : [
      `tls-port ${tlsPort}`, `tls-cert-file ${tls.cert}`, `tls-key-file ${tls.key}`, `tls-ca-cert-file ${tls.ca}`, 'tls-auth-clients no', 'tls-replication yes',
    ]),
  ].join('\n'))
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' })
  const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 50, maxRetriesPerRequest: null, commandTimeout: 1_000, enableReadyCheck: false })
  client.on('error', () => {})
  await until(async () => await answer(client.ping()) === 'PONG', 'the sentinel answers')
  // by default they tell each other every two seconds, and leave an old master alone for eight (Redis 7)
  await answer(client.call('SENTINEL', 'DEBUG', 'PUBLISH-PERIOD', '250', 'INFO-PERIOD', '500'))
  return {
    port, tlsPort, client,
    kill: () => end(child),
    freeze() { child.kill('SIGSTOP') },
    thaw() { child.kill('SIGCONT') },
    async stop() {
      client.disconnect()
      await end(child)
      await rm(folder, { recursive: true, force: true, maxRetries: 20 })
    },
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

async function knowsAll({ client }: Sentinel): Promise<boolean> {
  const words = await answer(client.call('SENTINEL', 'MASTER', NAME))
  if (!Array.isArray(words)) return false
  const value = (field: string): string => String(words[words.indexOf(field) + 1])
  return value('num-slaves') === String(SERVERS - 1) && value('num-other-sentinels') === String(SENTINELS - 1)
}

async function masterPort({ client }: Sentinel): Promise<number> {
  if (client.status !== 'ready') return 0
  const address = await answer(client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME))
  return Array.isArray(address) ? Number(address[1]) : 0
}

async function infoOf({ client }: RedisServer, field: string): Promise<string> {
  if (client.status !== 'ready') return ''
  const info = await Promise.race([answer(client.info('replication')), new Promise((resolve) => { setTimeout(resolve, 1_000) })])
  return new RegExp(`^${field}:(.*?)\r?$`, 'm').exec(String(info))?.[1] ?? ''
}

/** One that is away, or refuses, says nothing. */
async function answer(work: Promise<unknown> | undefined): Promise<unknown> {
  try {
    return await work
  } catch {
    return undefined
  }
}
