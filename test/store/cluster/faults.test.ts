import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { MessageRecord } from '../../../src/actions/message-record.ts'
import type { Outcome } from '../../../src/actions/effect.ts'
import { slotOf } from '../../../src/store/cluster/slot.ts'
import { command, goodPage, message, readyPool, store, submit, type PoolKit } from '../pool-kit.ts'
import { startCluster, type ClusterNode, type RedisCluster } from '../redis-cluster.ts'
import { until } from '../redis-server.ts'
import { clusterSpec } from './cluster-kit.ts'

let cluster: RedisCluster
let kit: PoolKit

beforeAll(async () => { cluster = await startCluster() }, 60_000)
afterAll(async () => { await cluster.stop() })
beforeEach(async () => {
  await cluster.whole()
  await cluster.flush()
})
afterEach(async () => { await kit.pool.close() })

async function open(waitReplicas: number): Promise<void> {
  kit = await readyPool(clusterSpec(cluster, { waitReplicas }))
}

/** A topic for each master, so that every fault meets some of them. */
const TOPICS = ['a', 'b', 'c', 'd', 'e', 'f']

interface Traffic {
  /** What was confirmed, by topic in the order of its storing. */
  readonly confirmed: Map<string, string[]>
  /** Resolves when so many more were confirmed. */
  more(count: number): Promise<void>
  stop(): Promise<void>
}

/** Stores on all topics, one after the other on each, until stopped. */
function publish(): Traffic {
  const confirmed = new Map<string, string[]>()
  let going = true
  let count = 0
  const loops = TOPICS.map(async (topic) => {
    const ids: string[] = []
    confirmed.set(topic, ids)
    while (going) {
      const record = message(topic)
      const [outcome] = await submit(kit.pool, [store(record)])
      if (outcome?.ok !== true) throw new Error(`not stored: ${JSON.stringify(outcome)}`)
      ids.push(record.id)
      count++
      await new Promise((resolve) => { setTimeout(resolve, 2) })
    }
  })
  return {
    confirmed,
    async more(wanted) {
      const end = count + wanted
      await until(() => count >= end, `${wanted} more messages`, 30_000)
    },
    async stop() {
      going = false
      await Promise.all(loops)
    },
  }
}

/** All of a topic as a cold reader gets it. */
async function readAll(topic: string): Promise<string[]> {
  const ids: string[] = []
  for (let after: number | undefined; ;) {
    const { entries, last, more } = await goodPage(kit.pool, topic, { after })
    ids.push(...entries.map(({ record }) => record.id))
    if (!more) return ids
    after = last
  }
}

/** Every confirmed message is there, once, in its order. */
async function expectAll({ confirmed }: Traffic): Promise<void> {
  for (const [topic, ids] of confirmed) expect(await readAll(topic), topic).toEqual(ids)
}

async function downAndUp(node: ClusterNode): Promise<void> {
  await node.start()
  await cluster.whole()
}

describe('a slot that moves while messages are stored and read', () => {
  it('is followed: each message is there once, in its order, each command ran once, and nothing was away', async () => {
    await open(0)
    const slot = slotOf('mqtt:msg:a')
    const from = await cluster.masterOf(slot)
    const to = (await cluster.masters()).find((node) => node !== from)
    if (to === undefined) throw new Error('no other master')
    // so that there is much to move
    await Promise.all(Array.from({ length: 100 }, (_, i) => submit(kit.pool, [command('set', `{mqtt:msg:a}${i}`, '0')])))
    await Promise.all([from, to].map((node) => node.client.config('RESETSTAT')))
    const traffic = publish()
    const counting = count()
    const reading = readOver('a')
    await traffic.more(50)
    await cluster.migrate(slot, to, () => new Promise((resolve) => { setTimeout(resolve, 30) }))
    await traffic.more(50)
    await cluster.migrate(slot, from, () => new Promise((resolve) => { setTimeout(resolve, 30) }))
    await traffic.more(50)
    await traffic.stop()
    await reading.stop()
    const counted = await counting.stop()
    await expectAll(traffic)
    expect(Number(await cluster.client.get('{mqtt:msg:a}count'))).toBe(counted)
    expect(kit.told).toEqual([])
    const errors = (await Promise.all([from, to].map((node) => node.client.info('errorstats')))).join()
    for (const code of ['MOVED', 'ASK', 'TRYAGAIN']) expect(errors).toContain(`errorstat_${code}:`)
  }, 60_000)
})

/** Counts in a key of the log's slot, and returns how often. */
function count(): { stop(): Promise<number> } {
  let [going, counted] = [true, 0]
  const loop = (async () => {
    while (going) {
      await submit(kit.pool, [command('incr', '{mqtt:msg:a}count'), command('incr', `{mqtt:msg:a}${counted % 100}`), command('incr', `{mqtt:msg:a}fresh ${counted}`)])
      counted++
    }
    return counted
  })()
  return { stop() { going = false; return loop } }
}

/** A reader that goes on from page to page; it must see what is stored, in its order, without gaps. */
function readOver(topic: string): { stop(): Promise<void> } {
  let going = true
  const seen: string[] = []
  const loop = (async () => {
    for (let after = 0; going;) {
      const { entries, last } = await goodPage(kit.pool, topic, { after, limit: 5 })
      seen.push(...entries.map(({ record }) => record.id))
      after = last
    }
    expect(seen).toEqual((await readAll(topic)).slice(0, seen.length))
    expect(seen.length).toBeGreaterThan(0)
  })()
  return { stop() { going = false; return loop } }
}

describe('with `wait_replicas` = 1, what was confirmed is there', () => {
  beforeEach(async () => {
    // a node that has not heard of the failover before names the old master, and this one would be taken for done
    await cluster.whole()
    await open(1)
  })

  it('after a master was killed and its replica has taken over', async () => {
    const master = await cluster.masterOf(slotOf('mqtt:msg:a'))
    const traffic = publish()
    await traffic.more(50)
    await master.kill()
    await cluster.replaced(master)
    await downAndUp(master)
    await traffic.more(50)
    await traffic.stop()
    await expectAll(traffic)
    expect(kit.told[0]).toBe('away')
    expect(kit.told).toContain('back other')
  }, 60_000)

  it('after a failover in order', async () => {
    const master = await cluster.masterOf(slotOf('mqtt:msg:a'))
    const traffic = publish()
    await traffic.more(50)
    await cluster.failOver(master)
    await until(() => kit.told.includes('back other'), 'the pool knows', 30_000)
    await traffic.more(50)
    await traffic.stop()
    await expectAll(traffic)
  }, 60_000)

  it('after a master was frozen, replaced, and has come back without knowing it', async () => {
    // of another shard than the tests before: see `replaced`
    const master = await cluster.masterOf(slotOf('mqtt:msg:b'))
    const traffic = publish()
    await traffic.more(50)
    master.freeze()
    await cluster.replaced(master)
    master.thaw()
    await traffic.more(50)
    await traffic.stop()
    // the old one is believed until it hears that it is replaced
    await expectAll(traffic)
    await until(() => kit.told.includes('back other'), 'the pool knows', 10_000)
  }, 60_000)

  it('after a master was killed that waited for its replica, which takes over without what it had written', async () => {
    const master = await cluster.masterOf(slotOf('mqtt:msg:c'))
    // its replica may not come back to it
    await master.client.config('SET', 'requirepass', 'for nobody')
    await master.client.call('CLIENT', 'KILL', 'TYPE', 'replica')
    const waiting = message('c')
    const outcome = submit(kit.pool, [store(waiting)])
    await until(() => kit.told.includes('away') && !kit.pool.ready, 'too few have it')
    await master.kill()
    await cluster.replaced(master)
    await downAndUp(master)
    expect((await outcome)[0]?.ok).toBe(true)
    expect(await readAll('c')).toEqual([waiting.id])
  }, 60_000)

  it('and by a wildcard, after the master of the topic index was killed, which had what its replica had not', async () => {
    const master = await cluster.masterOf(slotOf('mqtt:topics'))
    // log and record lie elsewhere, where nothing is wrong
    expect(await cluster.masterOf(slotOf('mqtt:msg:b'))).not.toBe(master)
    let record = message('b')
    while (await cluster.masterOf(slotOf(`mqtt:msg:${record.id}`)) === master) record = message('b')
    await master.client.config('SET', 'requirepass', 'for nobody')
    await master.client.call('CLIENT', 'KILL', 'TYPE', 'replica')
    const outcome = submit(kit.pool, [store(record)])
    await until(() => kit.told.includes('away') && !kit.pool.ready, 'too few know the topic')
    await master.kill()
    await cluster.replaced(master)
    await downAndUp(master)
    expect((await outcome)[0]?.ok).toBe(true)
    expect(await cluster.client.zrange('mqtt:topics', '0', '-1')).toEqual(['b'])
  }, 60_000)
})

describe('while a shard has nobody', () => {
  it('all waits, also commands, and goes on when it is back', async () => {
    await open(0)
    const master = await cluster.masterOf(slotOf('mqtt:msg:a'))
    const replica = await cluster.replicaOf(master)
    await submit(kit.pool, [store(message('a'))])
    await replica.kill()
    await master.kill()
    await until(() => !kit.pool.ready, 'away')
    const [held, impatient] = [message('a'), message('b')]
    const outcomes: Promise<readonly Outcome[]>[] = [
      submit(kit.pool, [store(held), command('incr', 'n')]), submit(kit.pool, [store(impatient)], { hold: false }),
    ]
    expect(await outcomes[1]).toEqual([{ ok: false, failure: 'passing', message: expect.any(String) }])
    await master.start()
    await replica.start()
    expect((await outcomes[0])?.map(({ ok }) => ok)).toEqual([true, true])
    await until(() => kit.pool.ready, 'back')
    expect((await goodPage(kit.pool, 'a')).entries.map(({ record }: { record: MessageRecord }) => record.id)).toContain(held.id)
    expect(kit.told.slice(0, 2)).toEqual(['away', 'back other'])
  }, 60_000)
})
