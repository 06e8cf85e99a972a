import { describe, expect, test } from 'vitest'
import { MemoryRedis } from '../../src/simulate/memory-redis.ts'
import { QUEUE_AND_PUBSUB, Rig, type Rule } from './rig.ts'

const RETAINED: readonly Rule[] = [
  ...QUEUE_AND_PUBSUB,
  ['message.publish', '#', 'on_message_retain'],
  ['message.publish', '#', 'on_retain_delete'],
  ['session.subscribed', '#', 'on_retain_lookup'],
]

const LATEST: readonly Rule[] = [
  ['message.publish', '#', 'on_message_store_keep_latest'],
  ['session.subscribed', '#', 'on_message_fetch_for_keep_latest'],
  ['message.acked', '#', 'on_message_acked_for_keep_latest'],
]

async function ackAll(rig: Rig, client: ReturnType<Rig['connect']>): Promise<void> {
  await rig.settle()
  while (client.open.length > 0) {
    client.ackAll()
    await rig.settle()
  }
}

describe('a wildcard subscription', () => {
  test('gets what is stored under all topics that it matches, each topic in its order, and no other', async () => {
    const rig = new Rig()
    for (const [topic, payload] of [['queue/a', 'a1'], ['queue/b/c', 'bc1'], ['queue/a', 'a2'], ['queue', 'q1'], ['queuex', 'no'], ['pubsub/a', 'no']] as const) {
      await rig.publish(topic, payload)
    }
    const client = rig.connect('c')
    client.subscribe('queue/#')
    await ackAll(rig, client)
    expect(client.got.toSorted()).toEqual(['a1', 'a2', 'bc1', 'q1'])
    expect(client.got.indexOf('a1')).toBeLessThan(client.got.indexOf('a2'))
    expect([...rig.pool.redis.records.values()].map(({ payload }) => payload.toString())).toEqual(['no', 'no'])
  })

  test('goes on live where the store ends: nothing missing, nothing twice', async () => {
    const rig = new Rig()
    await rig.publish('pubsub/a', '1')
    const client = rig.connect('c')
    client.subscribe('pubsub/+')
    await rig.publish('pubsub/a', '2')
    await rig.publish('pubsub/new', '3')
    await ackAll(rig, client)
    await rig.publish('pubsub/a', '4')
    expect(client.got.toSorted()).toEqual(['1', '2', '3', '4'])
  })

  test('reads nothing back for a topic that was empty before its first message', async () => {
    const rig = new Rig()
    const client = rig.connect('c')
    client.subscribe('queue/#')
    await rig.settle()
    let reads = 0
    const page = rig.pool.page.bind(rig.pool)
    rig.pool.page = (request) => { reads++; page(request) }
    for (let i = 0; i < 10; i++) await rig.publish(`queue/${i}`, String(i))
    expect(client.got).toHaveLength(10)
    expect(reads).toBe(0)
  })

  test('of many topics gets everything and never holds more lanes than a page of topics', async () => {
    const rig = new Rig()
    const topics = 1500
    for (let i = 0; i < topics; i++) await rig.publish(`queue/${i}`, String(i))
    const client = rig.connect('c')
    client.subscribe('#', 0)
    client.subscribe('queue/#')
    let most = 0
    await rig.settle()
    while (client.open.length > 0) {
      most = Math.max(most, client.session.lanes.size)
      client.ackAll()
      await rig.settle()
    }
    expect(new Set(client.got).size).toBe(topics)
    expect(client.got).toHaveLength(topics)
    expect(most).toBeLessThanOrEqual(200)
    expect(rig.pool.redis.records.size).toBe(0)
  })

  test('of a persistent session that comes back gets what was stored meanwhile, from the store alone', async () => {
    const rig = new Rig({ settings: { maxMqueueLen: 1 } })
    const before = rig.connect('c')
    before.subscribe('queue/#')
    await rig.settle()
    before.leave()
    for (let i = 0; i < 5; i++) await rig.publish(`queue/${i % 2}`, String(i))
    const after = rig.connect('c')
    await ackAll(rig, after)
    expect(after.got.toSorted()).toEqual(['0', '1', '2', '3', '4'])
    expect(rig.counters.mqueueDropped).toBe(0)
  })

  test('that overlaps an exact one brings one copy, at the highest QoS granted', async () => {
    const rig = new Rig()
    await rig.publish('queue/a', '1', 2)
    const client = rig.connect('c')
    client.subscribe('queue/a', 1)
    client.subscribe('queue/#', 2)
    await rig.publish('queue/a', '2', 2)
    await rig.settle()
    expect(client.packets.map(({ qos, payload }) => `${payload.toString()} ${qos}`)).toEqual(['1 2', '2 2'])
  })

  test('that is given up leaves the exact one beside it as it was', async () => {
    const rig = new Rig()
    const client = rig.connect('c')
    client.subscribe('queue/a')
    client.subscribe('queue/#')
    await rig.settle()
    rig.delivery.unsubscribe(client.session, 'queue/#')
    await rig.publish('queue/a', '1')
    await rig.publish('queue/b', '2')
    expect(client.got).toEqual(['1'])
  })

  test('finds on the slow tick what another broker stored in a topic that nobody here had heard of', async () => {
    const redis = new MemoryRedis()
    const here = new Rig({ redis })
    const there = new Rig({ redis, boot: '00000000002' })
    const client = here.connect('c')
    client.subscribe('pubsub/#')
    await here.settle()
    await there.publish('pubsub/a', '1')
    await here.settle()
    expect(client.got).toEqual([])
    here.delivery.slowTick()
    await here.settle()
    expect(client.got).toEqual(['1'])
    here.delivery.slowTick()
    await here.settle()
    expect(client.got).toEqual(['1'])
  })
})

describe('retained messages for a wildcard subscription', () => {
  test('come once, with the flag; what is also stored comes in its stored place', async () => {
    const rig = new Rig({ rules: RETAINED })
    await rig.publish('queue/a', 'a1')
    await rig.publish('queue/a', 'a2', 1, true)
    await rig.publish('queue/a', 'a3')
    await rig.publish('queue/b', 'b1', 0, true)
    await rig.publish('other', 'no', 1, true)
    const client = rig.connect('c')
    client.subscribe('queue/#')
    await ackAll(rig, client)
    expect(client.got.filter((line) => line.startsWith('a'))).toEqual(['a1', 'a2 RETAIN', 'a3'])
    expect(client.got.filter((line) => line.startsWith('b'))).toEqual(['b1 RETAIN'])
    expect(client.got).toHaveLength(4)
  })

  test('come once if they went out live before their topic was found', async () => {
    const rig = new Rig({ rules: RETAINED })
    const client = rig.connect('c')
    client.subscribe('x/#')
    // its store and the look into the index share a round
    await rig.publish('x/a', 'a', 0, true)
    await ackAll(rig, client)
    expect(client.got).toEqual(['a'])
  })

  test('of more topics than the memory queue holds all arrive, at QoS 0 too', async () => {
    const rig = new Rig({ rules: RETAINED, settings: { maxMqueueLen: 50 } })
    for (let i = 0; i < 450; i++) await rig.publish(`x/${i}`, String(i), 0, true)
    for (const qos of [0, 1] as const) {
      const client = rig.connect(`c${qos}`)
      client.subscribe('x/#', qos)
      await ackAll(rig, client)
      expect(new Set(client.got).size).toBe(450)
    }
    expect(rig.counters.mqueueDropped).toBe(0)
  })

  test('that no rule keeps in Redis come from memory, more of them than the queue holds', async () => {
    const rig = new Rig({ rules: [], settings: { maxMqueueLen: 50 } })
    for (let i = 0; i < 200; i++) await rig.publish(`x/${i}`, String(i), 1, true)
    const client = rig.connect('c')
    client.subscribe('#')
    await ackAll(rig, client)
    expect(new Set(client.got).size).toBe(200)
    expect(rig.counters.mqueueDropped).toBe(0)
  })
})

describe('keep latest for a wildcard subscription', () => {
  test('brings the last message of each topic, and goes on live', async () => {
    const rig = new Rig({ rules: LATEST })
    for (const payload of ['a1', 'a2']) await rig.publish('x/a', payload)
    await rig.publish('x/b', 'b1')
    const client = rig.connect('c')
    client.subscribe('x/+')
    await ackAll(rig, client)
    await rig.publish('x/c', 'c1')
    await ackAll(rig, client)
    expect(client.got.toSorted()).toEqual(['a2', 'b1', 'c1'])
    expect(rig.pool.redis.latestCount).toBe(0)
  })
})

describe('a reload under a wildcard subscription', () => {
  const noFetch = QUEUE_AND_PUBSUB.filter(([, , name]) => name !== 'on_message_fetch_for_queue')
  const noStore = QUEUE_AND_PUBSUB.filter(([hook]) => hook !== 'message.publish')

  test('that brings the fetch rule: what was stored before is not owed, what comes after is', async () => {
    const rig = new Rig({ rules: noFetch })
    await rig.publish('queue/a', 'before')
    const client = rig.connect('c')
    client.subscribe('queue/#')
    await rig.settle()
    rig.swap(QUEUE_AND_PUBSUB)
    await rig.publish('queue/a', 'after')
    await ackAll(rig, client)
    expect(client.got).toEqual(['after'])
  })

  test('that brings the storing rule does not send again what went out live', async () => {
    const rig = new Rig({ rules: noStore })
    const client = rig.connect('c')
    client.subscribe('queue/#')
    await rig.publish('queue/a', '1')
    await ackAll(rig, client)
    rig.swap(QUEUE_AND_PUBSUB)
    await rig.publish('queue/a', '2')
    await ackAll(rig, client)
    expect(client.got).toEqual(['1', '2'])
  })

  test('that takes the fetch rule: what is stored is served to its end, also to a session that is away', async () => {
    const rig = new Rig({ settings: { maxInflight: 1 } })
    const client = rig.connect('c')
    client.subscribe('queue/#')
    for (const payload of ['1', '2', '3']) await rig.publish('queue/a', payload)
    rig.swap(noFetch)
    await rig.publish('queue/a', '4')
    client.leave()
    await rig.publish('queue/b', '5')
    const again = rig.connect('c')
    await ackAll(rig, again)
    expect(new Set(again.payloads)).toEqual(new Set(['1', '2', '3', '4', '5']))
  })
})
