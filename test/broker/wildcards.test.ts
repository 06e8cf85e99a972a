import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rule, rules, STORED } from '../support/rules.ts'
import { useWorld } from '../support/world.ts'

/** The walk-through again, with subscribers that name no topic. */
describe('the walk-through with wildcard subscriptions', () => {
  const world = useWorld({
    rules: rules(
      ...STORED,
      rule('message.publish.2', 'on_message_retain', '#'),
      rule('message.publish.3', 'on_retain_delete', '#'),
      rule('session.subscribed.3', 'on_retain_lookup'),
    ),
  })

  test('queue messages published while nobody listens arrive once and are then gone from Redis, index and all', async () => {
    const pub = await world.connect('pub')
    for (const topic of ['queue/a', 'queue/b', 'queue/b/c']) {
      for (const payload of ['one', 'two']) await pub.publish(topic, payload, { qos: 1 })
    }
    const sub = await world.connect('sub')
    await sub.subscribe('queue/#', 1)
    await sub.waitForCount(6)
    for (const topic of ['queue/a', 'queue/b', 'queue/b/c']) expect(sub.payloads(topic)).toEqual(['one', 'two'])
    await eventually('nothing left', async () => (await world.redis.client.keys('mqtt:msg:*')).length === 0)
    expect(await world.redis.client.zcard('mqtt:topics')).toBe(0)
    await pub.publish('queue/a', 'three', { qos: 1 })
    await sub.waitForCount(7)
  })

  test('pubsub messages arrive once at each of two subscribers, also after they reconnect', async () => {
    const pub = await world.connect('pub')
    for (const [topic, payload] of [['pubsub/a', 'one'], ['pubsub/b', 'two']] as const) await pub.publish(topic, payload, { qos: 1 })
    for (const name of ['first', 'second']) {
      const sub = await world.connect(name)
      await sub.subscribe('pubsub/+', 1)
      await sub.waitForCount(2)
      await eventually('both positions', async () => (await world.redis.client.keys(`mqtt:acked:${name}:*`)).length === 2)
      await sub.disconnect()
    }
    await pub.publish('pubsub/c', 'three', { qos: 1 })
    for (const name of ['first', 'second']) {
      const again = await world.connect(name)
      await again.subscribe('pubsub/+', 1)
      await again.waitForCount(1)
      await pub.publish('pubsub/end', name, { qos: 1 })
      await again.waitUntil((messages) => messages.some(({ payload }) => payload === name))
      expect(again.payloads('pubsub/a')).toEqual([])
      expect(again.payloads('pubsub/c')).toEqual(['three'])
    }
  })

  test('retained messages reach a later subscriber once each, with the flag; a stored one in its stored place', async () => {
    const pub = await world.connect('pub')
    await pub.publish('state/a', 'a', { qos: 1, retain: true })
    await pub.publish('state/b', 'b', { qos: 0, retain: true })
    await pub.publish('queue/s', 'before', { qos: 1 })
    await pub.publish('queue/s', 'kept', { qos: 1, retain: true })
    const sub = await world.connect('late')
    await sub.subscribe('state/#', 1)
    await sub.subscribe('queue/+', 1)
    await sub.waitForCount(4)
    expect(sub.messages.filter(({ topic }) => topic.startsWith('state/')).map(({ payload, retain }) => `${payload} ${retain}`).toSorted())
      .toEqual(['a true', 'b true'])
    expect(sub.messages.filter(({ topic }) => topic === 'queue/s').map(({ payload, retain }) => `${payload} ${retain}`))
      .toEqual(['before false', 'kept true'])
  })

  test('members of a shared subscription divide the work of a queue', async () => {
    const pub = await world.connect('pub')
    const members = [await world.connect('worker 1'), await world.connect('worker 2')]
    for (const member of members) await member.subscribe('$share/workers/queue/work', 1)
    const sent = Array.from({ length: 40 }, (_, i) => String(i))
    for (const payload of sent) await pub.publish('queue/work', payload, { qos: 1 })
    await eventually('all of it is done', () => members.flatMap((member) => member.payloads()).length >= sent.length)
    expect(members.flatMap((member) => member.payloads()).toSorted((a, b) => Number(a) - Number(b))).toEqual(sent)
    for (const member of members) expect(member.payloads().length).toBeGreaterThan(0)
  })
})

describe('a hundred thousand stored topics', () => {
  const TOPICS = 100_000
  const world = useWorld({
    rules: rules(
      rule('message.publish.1', 'on_message_publish', '#'),
      rule('session.subscribed.1', 'on_message_fetch_for_queue', '#'),
      rule('message.acked.1', 'on_message_acked_for_queue', '#'),
    ),
  })

  test('all reach a subscriber of #, and the broker does not grow with them', async () => {
    // as hookline stores them, but faster
    for (let from = 0; from < TOPICS; from += 5_000) {
      const pipeline = world.redis.client.pipeline()
      for (let i = from; i < from + 5_000; i++) {
        const [topic, id] = [`t/${i % 100}/${i}`, `id${String(i).padStart(18, '0')}`]
        pipeline.hset(`mqtt:msg:${id}`, { id, from: 'p', qos: 1, topic, payload: 'x'.repeat(100), ts: 1_700_000_000, retain: 'false' })
        pipeline.zadd(`mqtt:msg:${topic}`, 1_700_000_000_000_000 + i, id).zadd('mqtt:topics', 0, topic)
      }
      await pipeline.exec()
    }
    await world.redis.client.set('mqtt:clock', 1_700_000_000_000_000 + TOPICS)

    const before = residentMiB(world.broker.pid)
    let peak = before
    const watch = setInterval(() => { peak = Math.max(peak, residentMiB(world.broker.pid)) }, 50)
    const began = Date.now()
    const sub = await world.connect('all')
    await sub.subscribe('#', 1)
    await sub.waitForCount(TOPICS, 90_000)
    clearInterval(watch)
    const tookMs = Date.now() - began
    console.log(`100,000 topics to a subscriber of #: ${tookMs} ms, broker ${before} MiB before, ${peak} MiB at most`)
    expect(new Set(sub.messages.map(({ topic }) => topic)).size).toBe(TOPICS)
    expect(sub.messages).toHaveLength(TOPICS)
    // what was read and is not collected yet; a lane each would be 100 MiB more (their bound is held in test/delivery)
    expect(peak - before).toBeLessThan(180)
  }, 150_000)
})

/** Memory of a process that is in RAM. */
function residentMiB(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Math.round(Number(kib) / 1024)
}
