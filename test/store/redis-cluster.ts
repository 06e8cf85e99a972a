import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cluster, Redis } from 'ioredis'
import type { Address } from '../../src/plan/program.ts'
import { until } from './redis-server.ts'

/** A Redis Cluster of a test's own: real ones, from the ordinary `redis-server`. */
export interface RedisCluster {
  readonly nodes: readonly ClusterNode[]
  readonly addresses: readonly Address[]
  /** For looking and preparing: goes where the keys are. */
  readonly client: Cluster
  /** The nodes that serve slots now, in the order of their slots. */
  masters(): Promise<readonly ClusterNode[]>
  masterOf(slot: number): Promise<ClusterNode>
  replicaOf(master: ClusterNode): Promise<ClusterNode>
  /** Waits until all agree on who serves what and who is whose replica, and each master has its replica. */
  whole(): Promise<void>
  /**
   * Waits until no other node takes this one, killed or frozen, for a master any more: it will not get back what it served.
   * A Redis that was elected, has become a replica again and sees its master fail, all within twice the node timeout,
   * counts the votes of then and takes itself for elected, at an epoch that is over; the others do not, and nobody is
   * elected until the old master is back (github.com/redis/redis/issues/8752). So not twice in a row on one shard.
   */
  replaced(master: ClusterNode): Promise<void>
  /** Lets its replica take over in order, and waits until it has. What comes to nothing by old votes is asked for again. */
  failOver(master: ClusterNode): Promise<void>
  /** Empties all masters. */
  flush(): Promise<void>
  /** All keys, in byte order. */
  keys(): Promise<readonly string[]>
  /** Moves a slot with all that is in it to another master, a few keys at a time; `between` runs after each few, and before the first. */
  migrate(slot: number, to: ClusterNode, between?: () => Promise<void>): Promise<void>
  stop(): Promise<void>
}

export interface ClusterNode {
  readonly port: number
  readonly id: string
  readonly client: Redis
  kill(): Promise<void>
  freeze(): void
  thaw(): void
  /** On the same port and data. */
  start(): Promise<void>
  stop(): Promise<void>
}

const SLOTS = 16_384
/** Milliseconds: what a cluster may take to come to an agreement on a machine that is busy. */
const AGREEMENT_MS = 30_000
const NODE_TIMEOUT_MS = 1_000
/** Milliseconds: a little longer than Redis tries by itself. */
const ORDERED_FAILOVER_MS = 6_000
const KEYS_AT_ONCE = 20

/** Three masters, with a replica each unless said otherwise. `spares`: further masters, the last nodes, that serve nothing yet. `args` are those of every node. */
export async function startCluster(options: { readonly masters?: number, readonly replicas?: 0 | 1, readonly spares?: number, readonly args?: readonly string[] } = {}): Promise<RedisCluster> {
  const { masters = 3, replicas = 1, spares = 0, args = [] } = options
  const served = masters * (1 + replicas)
  const nodes: ClusterNode[] = []
  const ends: (() => Promise<void>)[] = []
  try {
    for (let i = 0; i < served + spares; i++) {
      const node = await startNode(args)
      ends.push(() => node.stop())
      nodes.push(node)
    }
    await meet(nodes.slice(0, masters), nodes.slice(masters, served), nodes.slice(served))
    const [first] = nodes
    const client = new Cluster([{ host: '127.0.0.1', port: first?.port ?? 0 }], {
      scaleReads: 'master', slotsRefreshTimeout: 2_000, clusterRetryStrategy: () => 50, redisOptions: { maxRetriesPerRequest: null },
    })
    client.on('error', () => {})
    ends.push(() => { client.disconnect(); return Promise.resolve() })
    const cluster = clusterOf(nodes, client, replicas, async () => { await Promise.all(ends.map((end) => end())) })
    await cluster.whole()
    return cluster
  } catch (error) {
    await Promise.all(ends.map((end) => end()))
    throw error
  }
}

function clusterOf(nodes: readonly ClusterNode[], client: Cluster, replicas: number, stop: () => Promise<void>): RedisCluster {
  const cluster: RedisCluster = {
    nodes, client, stop,
    addresses: nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
    async masters() {
      const view = await newestView(nodes)
      return view.map(({ master }) => master)
    },
    async masterOf(slot) {
      const range = (await newestView(nodes)).find(({ first, last }) => first <= slot && slot <= last)
      if (range === undefined) throw new Error(`nobody serves slot ${slot}`)
      return range.master
    },
    async replicaOf(master) {
      let found: ClusterNode | undefined
      await until(async () => {
        for (const node of nodes) {
          const info = await infoOf(node)
          if (info.includes('role:slave') && info.includes(`master_port:${master.port}\r`) && info.includes('master_link_status:up')) found = node
        }
        return found !== undefined
      }, 'the master has a replica', AGREEMENT_MS)
      if (found === undefined) throw new Error('no replica')
      return found
    },
    async whole() {
      await until(async () => {
        const views = (await Promise.all(nodes.map(viewOf))).map((view) => view && JSON.stringify([view.ranges, view.replicas]))
        return views.every((view) => view !== undefined && view === views[0])
      }, 'all nodes agree', AGREEMENT_MS)
      await until(async () => {
        const infos = await Promise.all((await cluster.masters()).map(infoOf))
        return infos.every((info) => (info.match(/^slave\d+:.*state=online.*$/gm) ?? []).length === replicas)
      }, 'each master has its replica', AGREEMENT_MS)
    },
    async replaced(master) {
      await until(() => isReplaced(master, nodes), 'the master is replaced', AGREEMENT_MS)
    },
    async failOver(master) {
      const replica = await cluster.replicaOf(master)
      let askAt = 0
      await until(async () => {
        if (Date.now() >= askAt) {
          askAt = Date.now() + ORDERED_FAILOVER_MS
          await answer(replica.client.call('CLUSTER', 'FAILOVER'))
        }
        return isReplaced(master, nodes)
      }, 'the replica takes over', AGREEMENT_MS)
    },
    async flush() {
      for (const master of await cluster.masters()) await master.client.flushall()
    },
    async keys() {
      const all = await Promise.all((await cluster.masters()).map(({ client: node }) => node.keys('*')))
      return all.flat().toSorted()
    },
    async migrate(slot, to, between = () => Promise.resolve()) {
      const from = await cluster.masterOf(slot)
      await to.client.call('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', from.id)
      await from.client.call('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', to.id)
      for (;;) {
        await between()
        const keys = await from.client.cluster('GETKEYSINSLOT', slot, KEYS_AT_ONCE)
        if (keys.length === 0) break
        await from.client.call('MIGRATE', '127.0.0.1', String(to.port), '', '0', '5000', 'KEYS', ...keys)
      }
      // the new owner first, so that nobody is sent in a circle
      for (const node of [to, from, ...await cluster.masters()]) await node.client.call('CLUSTER', 'SETSLOT', String(slot), 'NODE', to.id)
    },
  }
  return cluster
}

async function startNode(args: readonly string[]): Promise<ClusterNode> {
  const folder = await mkdtemp(join(tmpdir(), 'hookline-cluster-'))
  const port = await freePortPair()
  let child: ChildProcess | undefined

  async function start(): Promise<void> {
    child = spawn('redis-server', [
      '--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always',
      '--cluster-enabled', 'yes', '--cluster-node-timeout', String(NODE_TIMEOUT_MS), '--cluster-replica-validity-factor', '0',
      '--repl-diskless-sync', 'yes', '--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1', ...args,
    ], { stdio: 'ignore' })
    await until(async () => await answer(client.ping()) === 'PONG', 'a node answers')
  }

  async function end(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 50, maxRetriesPerRequest: null, commandTimeout: 2_000, enableReadyCheck: false })
  // it comes and goes with its server
  client.on('error', () => {})
  await start()
  return {
    port, client, start,
    id: String(await client.call('CLUSTER', 'MYID')),
    kill: end,
    freeze() { child?.kill('SIGSTOP') },
    thaw() { child?.kill('SIGCONT') },
    async stop() {
      client.disconnect()
      await end()
      await rm(folder, { recursive: true, force: true, maxRetries: 20 })
    },
  }
}

/** Divides the slots among the masters, and makes all nodes know each other. */
async function meet(masters: readonly ClusterNode[], replicas: readonly ClusterNode[], spares: readonly ClusterNode[]): Promise<void> {
  const [first] = masters
  const all = [...masters, ...replicas, ...spares]
  for (const [i, { client }] of masters.entries()) {
    const [from, to] = [Math.floor(i * SLOTS / masters.length), Math.floor((i + 1) * SLOTS / masters.length)]
    await client.cluster('ADDSLOTS', ...Array.from({ length: to - from }, (_, slot) => from + slot))
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1))
  }
  for (const { port } of all.slice(1)) await first?.client.call('CLUSTER', 'MEET', '127.0.0.1', String(port))
  await until(async () => {
    const known = await Promise.all(all.map(async ({ client }) => String(await client.call('CLUSTER', 'INFO'))))
    return known.every((info) => info.includes(`cluster_known_nodes:${all.length}\r`))
  }, 'the nodes know each other', AGREEMENT_MS)
  for (const [i, { client }] of replicas.entries()) {
    await until(async () => await answer(client.call('CLUSTER', 'REPLICATE', masters[i % masters.length]?.id ?? '')) === 'OK', 'a replica finds its master', AGREEMENT_MS)
  }
}

interface View {
  readonly epoch: number
  readonly ranges: readonly { readonly first: number, readonly last: number, readonly id: string }[]
  /** The ids of each replica and its master, in byte order. */
  readonly replicas: readonly string[]
}

async function viewOf({ client }: ClusterNode): Promise<View | undefined> {
  if (client.status !== 'ready') return undefined
  const [info, slots, nodes] = await Promise.all(['INFO', 'SLOTS', 'NODES'].map((what) => answer(client.call('CLUSTER', what))))
  if (!String(info).includes('cluster_state:ok') || !Array.isArray(slots)) return undefined
  const ranges = (slots as unknown[][]).map(([first, last, master]) => ({ first: Number(first), last: Number(last), id: String((master as unknown[])[2]) }))
  // id, address, flags, id of its master or `-`, ..
  const replicas = [...String(nodes).matchAll(/^(\w+) \S+ \S+ (\w+) /gm)].map(([, id, master]) => `${id} ${master}`).toSorted()
  return { epoch: Number(/cluster_current_epoch:(\d+)/.exec(String(info))?.[1]), ranges: ranges.toSorted((a, b) => a.first - b.first), replicas }
}

/** By the word of all others: it does not know itself, and its replica says too early that it is a master. */
async function isReplaced(master: ClusterNode, nodes: readonly ClusterNode[]): Promise<boolean> {
  const views = await Promise.all(nodes.filter((node) => node !== master).map(viewOf))
  return views.every((view) => view?.ranges.every(({ id }) => id !== master.id) === true)
}

async function newestView(nodes: readonly ClusterNode[]): Promise<{ readonly first: number, readonly last: number, readonly master: ClusterNode }[]> {
  let found: { first: number, last: number, master: ClusterNode }[] = []
  await until(async () => {
    const views = (await Promise.all(nodes.map(viewOf))).filter((view) => view !== undefined)
    const newest = views.reduce<View | undefined>((best, view) => best !== undefined && best.epoch >= view.epoch ? best : view, undefined)
    found = newest?.ranges.flatMap(({ first, last, id }) => nodes.filter((node) => node.id === id).map((master) => ({ first, last, master }))) ?? []
    return found.length > 0
  }, 'the cluster is up', AGREEMENT_MS)
  return found
}

async function infoOf({ client }: ClusterNode): Promise<string> {
  return client.status === 'ready' ? String(await answer(client.info('replication'))) : ''
}

/** One that is away, or refuses, says nothing. */
async function answer(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work
  } catch {
    return undefined
  }
}

/** The nodes talk to each other 10,000 ports above the one for clients. */
async function freePortPair(): Promise<number> {
  for (;;) {
    // below those that the system gives away
    const port = 11_000 + Math.floor(Math.random() * 11_000)
    if (await isFree(port) && await isFree(port + 10_000)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => { resolve(false) })
    server.listen(port, '127.0.0.1', () => { server.close(() => { resolve(true) }) })
  })
}
