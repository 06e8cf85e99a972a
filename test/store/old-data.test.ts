import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { OpenPool } from '../../src/store/open-pool.ts'
import { inOrder, leave, longId, oldMessage, shortId, type OldMessage, type Version } from './emqx-data.ts'
import { goodPage, message, placeOf, poolSpec, readyPool, retained, store, submit } from './pool-kit.ts'
import { startRedis, until, type RedisServer } from './redis-server.ts'

let redis: RedisServer
let pool: OpenPool

beforeAll(async () => { redis = await startRedis() })
afterAll(async () => { await redis.stop() })
beforeEach(async () => {
  await redis.client.flushall()
  pool = (await readyPool(poolSpec(redis.port))).pool
})
afterEach(async () => { await pool.close() })

/** Ids of a log as a cold reader gets them, page by page. */
async function readAll(topic: string, kind: 'queue' | 'pubsub' = 'queue', limit = 7): Promise<string[]> {
  const ids: string[] = []
  let after: number | undefined
  for (;;) {
    const { entries, last, more } = await goodPage(pool, topic, { kind, clientid: 'c', after, limit })
    ids.push(...entries.map(({ record }) => record.id))
    if (!more) return ids
    after = last
  }
}

async function scores(topic: string): Promise<number[]> {
  const rows = await redis.client.zrange(`mqtt:msg:${topic}`, '0', '-1', 'WITHSCORES')
  return rows.flatMap((row, i) => i % 2 === 1 ? [Number(row)] : [])
}

const ids = (messages: readonly OldMessage[]): string[] => messages.map(({ id }) => id)
const shuffledSeconds = Array.from({ length: 60 }, (_, i) => 1_700_000_000 + (i * 37) % 20)
const written = (version: Version, topic: string): OldMessage[] => shuffledSeconds.map((seconds, i) => oldMessage(version, topic, seconds, i))

describe.each<Version>(['2.x', '3.0', '4.x'])('what EMQ X %s left in a log', (version) => {
  it('comes in the order of its time, then id, with all its fields', async () => {
    const messages = written(version, 'a')
    await leave(redis.client, version, messages)
    expect(await readAll('a')).toEqual(ids(inOrder(messages)))
    const [first] = inOrder(messages)
    const { entries: [entry] } = await goodPage(pool, 'a')
    expect(entry?.record).toEqual({
      id: first?.id, from: 'old publisher', qos: 1, topic: 'a', payload: Buffer.from(first?.payload ?? ''), ts: 1_700_000_000, retain: false,
    })
    expect(entry?.score).toBe(1_700_000_000_000_000)
  })

  it('comes before what is stored now, whose place says what was before it', async () => {
    const messages = written(version, 'a')
    await leave(redis.client, version, messages)
    const [early, late] = [message('a'), message('a')]
    expect(placeOf((await submit(pool, [store(early)]))[0]).prev).toBe(1)
    expect(await readAll('a')).toEqual([...ids(inOrder(messages)), early.id])
    const [outcome] = await submit(pool, [store(late)])
    expect(placeOf(outcome).prev).toBe((await scores('a')).at(-2))
  })

  it('is acknowledged: a queue forgets it, a position goes on after it', async () => {
    const messages = written(version, 'a')
    await leave(redis.client, version, messages)
    const order = await readAll('a')
    await submit(pool, [{ kind: 'ack-pubsub', clientid: 'c', topic: 'a', msgid: order[9] ?? '' }])
    await submit(pool, [{ kind: 'ack-queue', topic: 'a', msgid: order[20] ?? '' }])
    expect(await readAll('a', 'pubsub')).toEqual([...order.slice(10, 20), ...order.slice(21)])
    // back in time, though later as text perhaps
    await submit(pool, [{ kind: 'ack-pubsub', clientid: 'c', topic: 'a', msgid: order[3] ?? '' }])
    expect(await redis.client.get('mqtt:acked:c:a')).toBe(order[9])
  })
})

describe('old entries', () => {
  it('get scores once, which are unique and below the clock', async () => {
    await leave(redis.client, '4.x', written('4.x', 'a'))
    const { clock } = await goodPage(pool, 'a')
    const first = await scores('a')
    expect(new Set(first).size).toBe(60)
    expect(Math.min(...first)).toBeGreaterThan(1)
    expect(Math.max(...first)).toBeLessThan(clock)
    await goodPage(pool, 'a')
    expect(await scores('a')).toEqual(first)
    expect(await redis.client.exists('mqtt:renewing')).toBe(0)
  })

  it('of one millisecond, more than it has microseconds, are unique all the same', async () => {
    const messages = Array.from({ length: 3_000 }, (_, i) => ({ ...oldMessage('4.x', 'a', 1_700_000_000, i), payload: 'x' }))
    const later = oldMessage('4.x', 'a', 1_700_000_001, 3_000)
    await leave(redis.client, '4.x', [later, ...messages])
    expect(await readAll('a', 'queue', 500)).toEqual(ids(inOrder([later, ...messages])))
    expect(new Set(await scores('a')).size).toBe(3_001)
  })

  it('whose time is ahead of the clock, or of what is stored already, stay below both, in their order', async () => {
    const mine = message('a')
    await submit(pool, [store(mine)])
    const now = Math.floor(Date.now() / 1_000)
    const messages = [-3_600, -11, -9, -1, 0, 1, 2, 5, 60, 900].map((ahead, i) => oldMessage('4.x', 'a', now + ahead, i))
    await leave(redis.client, '4.x', messages.toReversed())
    expect(await readAll('a')).toEqual([...ids(messages), mine.id])
    const after = message('a')
    await submit(pool, [store(after)])
    expect(await readAll('a')).toEqual([...ids(messages), mine.id, after.id])
  })

  it('without their time come first, with other fields missing as well as may be', async () => {
    const messages = written('3.0', 'a').slice(0, 5)
    await leave(redis.client, '3.0', messages)
    const bare = [longId(101), longId(102)].toSorted()
    for (const id of bare) {
      await redis.client.hset(`mqtt:msg:${id}`, { id, payload: 'p' })
      await redis.client.zadd('mqtt:msg:a', 1, id)
    }
    expect(await readAll('a')).toEqual([...bare, ...ids(inOrder(messages))])
    const { entries: [entry] } = await goodPage(pool, 'a')
    expect(entry).toEqual({ score: 2, record: { id: bare[0], from: '', qos: 1, topic: 'a', payload: Buffer.from('p'), ts: 0, retain: false } })
  })

  it.each(['', 'undefined', '-5', 'inf', 'nan', '1e300', '99999999999999'])('with the time %j harm nobody', async (ts) => {
    const messages = written('3.0', 'a').slice(0, 5)
    await leave(redis.client, '3.0', [...messages, { ...oldMessage('3.0', 'a', 0, 200), ts }])
    const mine = message('a')
    await submit(pool, [store(mine)])
    const found = await readAll('a')
    expect(found.filter((id) => id !== longId(200))).toEqual([...ids(inOrder(messages)), mine.id])
    expect(found).toHaveLength(7)
    const { entries } = await goodPage(pool, 'a')
    expect(entries.every(({ record }) => Number.isSafeInteger(record.ts))).toBe(true)
  })

  it('whose records have expired leave the log', async () => {
    const messages = written('4.x', 'a')
    await leave(redis.client, '4.x', messages)
    await redis.client.del(messages.slice(0, 30).map(({ id }) => `mqtt:msg:${id}`))
    expect(await readAll('a')).toEqual(ids(inOrder(messages.slice(30))))
    expect(await redis.client.zcard('mqtt:msg:a')).toBe(30)
  })

  it('of many logs asked for at once are all read', async () => {
    const topics = Array.from({ length: 40 }, (_, i) => `t/${i}`)
    for (const topic of topics) await leave(redis.client, '2.x', written('2.x', topic).map((each) => ({ ...each, id: `${each.id} ${topic}` })))
    const pages = await Promise.all(topics.map((topic) => goodPage(pool, topic)))
    expect(pages.map(({ entries }) => entries.length)).toEqual(topics.map(() => 60))
  })

  it('in great number are renewed in short steps, while others are served, and a crash goes on where it was', async () => {
    const messages = Array.from({ length: 20_000 }, (_, i) => oldMessage('4.x', 'big', 1_700_000_000 + (i * 7_919) % 5_000, i))
    for (let i = 0; i < messages.length; i += 2_000) await leave(redis.client, '4.x', messages.slice(i, i + 2_000))
    const leaver = await readyPool(poolSpec(redis.port))
    leaver.pool.page({ kind: 'queue', clientid: 'c', topic: 'big', after: undefined, limit: 10, done() {} })
    await until(async () => await redis.client.zcount('mqtt:msg:big', 2, '+inf') > 2_000, 'begun')
    await redis.client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await leaver.pool.close()
    expect(await redis.client.zcount('mqtt:msg:big', 0, 1)).toBeGreaterThan(0)
    await until(() => pool.ready, 'the pool is back')

    const mine = message('big')
    await submit(pool, [store(mine)])
    let served = 0
    const reading = goodPage(pool, 'big', { limit: 10 }).then(() => { served = -served })
    while (served >= 0 && await redis.client.zcount('mqtt:msg:big', 0, 1) > 0) {
      await goodPage(pool, 'another')
      served++
    }
    await reading
    expect(served).toBeLessThan(-5)
    expect(await redis.client.zrange('mqtt:msg:big', '0', '-1')).toEqual([...ids(inOrder(messages)), mine.id])
  })
})

describe('a position of EMQ X', () => {
  it('that is still stored is where a reader goes on, one that is gone means all that is stored', async () => {
    const messages = written('2.x', 'a')
    await leave(redis.client, '2.x', messages)
    const order = ids(inOrder(messages))
    await redis.client.set('mqtt:acked:c:a', order[40] ?? '')
    expect(await readAll('a', 'pubsub')).toEqual(order.slice(41))
    for (const gone of [shortId(1_700_000_019_500_000, 1), longId(1_000)]) {
      await redis.client.set('mqtt:acked:c:a', gone)
      expect(await readAll('a', 'pubsub')).toEqual(order)
      await submit(pool, [{ kind: 'ack-pubsub', clientid: 'c', topic: 'a', msgid: order[5] ?? '' }])
      expect(await redis.client.get('mqtt:acked:c:a')).toBe(order[5])
    }
  })
})

describe('a retained message of EMQ X', () => {
  const old = { ...oldMessage('4.x', 'a', 1_700_000_000, 7), payload: 'kept' }
  const record = { id: old.id, from: 'old publisher', qos: 1, topic: 'a', payload: Buffer.from('kept'), ts: 1_700_000_000 }

  it('is found as a hash', async () => {
    await redis.client.hset('mqtt:retain:a', 'id', old.id, 'from', 'old publisher', 'qos', '1', 'retain', 'true', 'payload', 'kept', 'ts', old.ts)
    expect(await retained(pool, 'a')).toEqual({ record: { ...record, retain: true }, inLogAt: undefined })
  })

  it('is found as a sorted set or a text that name a stored message, and with it in the log', async () => {
    await leave(redis.client, '4.x', [old])
    for (const leaveIt of [() => redis.client.zadd('mqtt:retain:a', 1, old.id), () => redis.client.set('mqtt:retain:a', old.id)]) {
      await leaveIt()
      expect(await retained(pool, 'a')).toMatchObject({ record })
      const found = await retained(pool, 'a', { kind: 'queue', clientid: 'c', after: undefined })
      expect(found).toMatchObject({ record, inLogAt: 1_700_000_000_000_000 })
      await redis.client.del('mqtt:retain:a')
    }
  })

  it('is found as a text that is the payload', async () => {
    await redis.client.set('mqtt:retain:a', Buffer.from([0, 255]))
    expect(await retained(pool, 'a')).toEqual({
      record: { id: '', from: '', qos: 0, topic: 'a', payload: Buffer.from([0, 255]), ts: 0, retain: false }, inLogAt: undefined,
    })
  })

  it('is none if what it names is gone', async () => {
    await redis.client.zadd('mqtt:retain:a', 1, old.id)
    expect(await retained(pool, 'a')).toBeUndefined()
  })
})
