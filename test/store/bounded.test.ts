import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Effect } from '../../src/actions/effect.ts'
import { message, poolSpec, readyPool, store, submit, type PoolKit } from './pool-kit.ts'
import { startRedis, until, type RedisServer } from './redis-server.ts'

let redis: RedisServer
let kit: PoolKit

beforeAll(async () => { redis = await startRedis('--appendfsync', 'no') })
afterAll(async () => { await redis.stop() })
beforeEach(async () => {
  await redis.client.flushall()
  kit = await readyPool(poolSpec(redis.port))
  return () => kit.pool.close()
})

/** How much there is of what must not grow. */
async function sizes(): Promise<{ logs: number, entries: number, indexed: number, retained: number, latest: number }> {
  const keys = await redis.client.keys('mqtt:msg:*')
  const logs = keys.filter((key) => key.startsWith('mqtt:msg:t/'))
  const counts = await Promise.all(logs.map((key) => redis.client.zcard(key)))
  const [indexed = 0, retained = 0, latest = 0] = await Promise.all(['mqtt:topics', 'mqtt:retained', 'mqtt:latests'].map((key) => redis.client.zcard(key)))
  return { logs: logs.length, entries: counts.reduce((sum, count) => sum + count, 0), indexed, retained, latest }
}

/**
 * An hour of 20 messages a second that are kept for a minute, told in seconds of real time. The test
 * lets them expire itself, because Redis could not be told of a minute that takes a tenth of a second.
 */
it('an hour of messages that expire leaves logs, indexes and positions as small as a minute of them', async () => {
  const MINUTE = 60, HOUR = 3_600, PER_SECOND = 20
  /** Ids by the second of their storing. */
  const stored: { id: string, topic: string }[][] = []
  let most = { entries: 0, indexed: 0, retained: 0, latest: 0 }
  for (let second = 0; second < HOUR; second++) {
    const effects: Effect[] = []
    const now: { id: string, topic: string }[] = []
    for (let i = 0; i < PER_SECOND; i++) {
      // ten topics that are always written, and ten that are never written again
      const topic = i % 2 === 0 ? `t/steady/${i}` : `t/once/${second}/${i}`
      const record = message(topic, { retain: true })
      now.push({ id: record.id, topic })
      effects.push(store(record, HOUR), { kind: 'retain', record, expirySeconds: HOUR }, { kind: 'latest', record, expirySeconds: HOUR })
    }
    stored.push(now)
    await submit(kit.pool, effects)
    const reader = now[0]
    if (reader !== undefined) await submit(kit.pool, [{ kind: 'ack-pubsub', clientid: 'c', topic: reader.topic, msgid: reader.id }])
    const expired = stored[second - MINUTE] ?? []
    if (expired.length > 0) await expire(expired)
    if (second % 300 === 299) {
      const { entries, indexed, retained, latest } = await sizes()
      most = {
        entries: Math.max(most.entries, entries), indexed: Math.max(most.indexed, indexed),
        retained: Math.max(most.retained, retained), latest: Math.max(most.latest, latest),
      }
    }
  }
  const minute = MINUTE * PER_SECOND
  expect(most.entries).toBeLessThan(2 * minute)
  expect(most.indexed).toBeLessThan(2 * minute)
  expect(most.retained).toBeLessThan(2 * minute)
  expect(most.latest).toBeLessThan(2 * minute)
  expect((await redis.client.keys('mqtt:acked:*'))).toHaveLength(1)
  expect((await redis.client.keys('mqtt:batch:*')).length).toBe(1)
})

/** What Redis does by itself when the time of these is up. */
async function expire(messages: readonly { id: string, topic: string }[]): Promise<void> {
  const pipeline = redis.client.pipeline()
  for (const { id, topic } of messages) {
    pipeline.del(`mqtt:msg:${id}`)
    if (topic.startsWith('t/once/')) pipeline.del(`mqtt:msg:${topic}`, `mqtt:retain:${topic}`, `mqtt:latest:${topic}`)
  }
  await pipeline.exec()
}

it('keys that a rule gives an expiry are gone after it, whoever reads or writes them', async () => {
  const records = Array.from({ length: 50 }, (_, i) => message(`t/${i}`, { retain: true }))
  await submit(kit.pool, records.flatMap((record): Effect[] => [
    store(record, 1), { kind: 'retain', record, expirySeconds: 1 }, { kind: 'latest', record, expirySeconds: 1 },
  ]))
  expect(await sizes()).toEqual({ logs: 50, entries: 50, indexed: 50, retained: 50, latest: 50 })
  await until(async () => (await sizes()).logs === 0, 'expired', 5_000)
  // other traffic lets the indexes forget
  for (let i = 0; i < 60; i++) {
    const record = message('other', { retain: true })
    await submit(kit.pool, [store(record), { kind: 'retain', record, expirySeconds: undefined }, { kind: 'latest', record, expirySeconds: undefined }])
  }
  const { indexed, retained, latest } = await sizes()
  expect(Math.max(indexed, retained, latest)).toBeLessThan(10)
})

it('a message of a rule without expiry, and its topic, stay', async () => {
  const [kept, short] = [message('t/a'), message('t/a')]
  await submit(kit.pool, [store(kept)])
  await submit(kit.pool, [store(short, 1)])
  await until(async () => await redis.client.exists(`mqtt:msg:${short.id}`) === 0, 'expired', 5_000)
  for (let i = 0; i < 20; i++) await submit(kit.pool, [store(message('t/b'), 1)])
  expect(await redis.client.exists(`mqtt:msg:${kept.id}`, 'mqtt:msg:t/a')).toBe(2)
  expect(await redis.client.ttl('mqtt:msg:t/a')).toBe(-1)
})
