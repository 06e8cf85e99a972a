import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { MessageRecord } from '../../src/actions/message-record.ts'
import type { ChangedTopics, ChangedTopicsRequest, TopicsRequest } from '../../src/delivery/ports.ts'
import type { OpenPool } from '../../src/store/open-pool.ts'
import { goodPage, message, page, placeOf, poolSpec, readyPool, retained, store, submit, withResolvers } from './pool-kit.ts'
import { startRedis, type RedisServer } from './redis-server.ts'

let redis: RedisServer
let pool: OpenPool

beforeAll(async () => { redis = await startRedis() })
afterAll(async () => { await redis.stop() })
beforeEach(async () => {
  await redis.client.flushall()
  pool = (await readyPool(poolSpec(redis.port))).pool
})
afterEach(async () => { await pool.close() })

/** Stores messages of one connection on a topic, in this order; their records and scores. */
async function stored(topic: string, count: number, more: Partial<MessageRecord> = {}): Promise<{ record: MessageRecord, score: number }[]> {
  const records = Array.from({ length: count }, () => message(topic, more))
  const order = {}
  const outcomes = await Promise.all(records.map((record) => submit(pool, [store(record)], { order })))
  return records.map((record, i) => ({ record, score: placeOf(outcomes[i]?.[0]).score ?? 0 }))
}

function bodies(msgids: readonly string[]): Promise<readonly (MessageRecord | undefined)[] | Error> {
  const { promise, resolve } = withResolvers<readonly (MessageRecord | undefined)[] | Error>()
  pool.bodies(msgids, resolve)
  return promise
}

function latest(topic: string): Promise<MessageRecord | undefined | Error> {
  const { promise, resolve } = withResolvers<MessageRecord | undefined | Error>()
  pool.latest(topic, resolve)
  return promise
}

describe('a page', () => {
  it('brings the stored messages oldest first, all their fields, and the clock', async () => {
    const [first, second] = await stored('a', 1, { qos: 2, retain: true, from: 'Jürgen', payload: Buffer.from([0, 255, 32]) })
      .then(async (one) => [...one, ...await stored('a', 1, { payload: Buffer.alloc(0) })])
    expect(await goodPage(pool, 'a')).toEqual({ entries: [first, second], last: second?.score, more: false, clock: second?.score })
  })

  it('goes on after the score it is given and says whether it ended at the limit', async () => {
    const all = await stored('a', 5)
    const first = await goodPage(pool, 'a', { limit: 2 })
    expect(first.entries).toEqual(all.slice(0, 2))
    expect(first).toMatchObject({ more: true, last: all[1]?.score })
    const second = await goodPage(pool, 'a', { limit: 10, after: first.last })
    expect(second.entries).toEqual(all.slice(2))
    expect(second).toMatchObject({ more: false, last: all[4]?.score })
    expect(await goodPage(pool, 'a', { after: second.last })).toMatchObject({ entries: [], more: false, last: second.last })
  })

  it('says the start of an empty log, and takes the topic out of the index', async () => {
    const [only] = await stored('a', 1)
    await redis.client.del('mqtt:msg:a')
    expect(await goodPage(pool, 'a')).toEqual({ entries: [], last: 0, more: false, clock: only?.score })
    expect(await redis.client.exists('mqtt:topics')).toBe(0)
    expect(await goodPage(pool, 'a', { after: 7 })).toMatchObject({ entries: [], last: 7 })
  })

  it('moves over ids whose records are gone and removes them', async () => {
    const all = await stored('a', 6)
    await redis.client.del([0, 1, 2, 5].map((i) => `mqtt:msg:${all[i]?.record.id}`))
    expect(await goodPage(pool, 'a', { limit: 2 })).toMatchObject({ entries: [], more: true, last: all[1]?.score })
    expect(await goodPage(pool, 'a')).toMatchObject({ entries: all.slice(3, 5), more: false, last: all[5]?.score })
    expect(await redis.client.zcard('mqtt:msg:a')).toBe(2)
  })

  it('removes the topic from the index when all its records are gone', async () => {
    const all = await stored('a', 3)
    await redis.client.del(all.map(({ record }) => `mqtt:msg:${record.id}`))
    expect(await goodPage(pool, 'a')).toMatchObject({ entries: [], last: all[2]?.score })
    expect(await redis.client.exists('mqtt:msg:a', 'mqtt:topics')).toBe(0)
  })

  it('ends at 256 KB of messages, never before its first one', async () => {
    const all = await stored('a', 5, { payload: Buffer.alloc(100 * 1024, 1) })
    const [huge] = await stored('b', 1, { payload: Buffer.alloc(600 * 1024, 1) })
    const first = await goodPage(pool, 'a')
    expect(first.entries.map(({ score }) => score)).toEqual(all.slice(0, 2).map(({ score }) => score))
    expect(first).toMatchObject({ more: true, last: all[1]?.score })
    expect((await goodPage(pool, 'b')).entries).toHaveLength(1)
    expect((await goodPage(pool, 'b')).entries[0]?.record.payload).toEqual(huge?.record.payload)
  })

  it('brings every request of a turn something, also when the first ones take all the bytes', async () => {
    await stored('a', 5, { payload: Buffer.alloc(100 * 1024, 1) })
    const pages = await Promise.all(Array.from({ length: 10 }, () => goodPage(pool, 'a')))
    expect(pages.map(({ entries }) => entries.length).every((count) => count > 0)).toBe(true)
  })

  it('never shows what an acknowledgement given before it removes', async () => {
    const all = await stored('q', 3)
    for (const { record } of all) {
      const acked = submit(pool, [{ kind: 'ack-queue', topic: 'q', msgid: record.id }])
      const after = goodPage(pool, 'q')
      expect((await after).entries.map((entry) => entry.record.id)).not.toContain(record.id)
      await acked
    }
  })

  it('shows what was stored before it was asked', async () => {
    const record = message('a')
    void submit(pool, [store(record)])
    expect((await goodPage(pool, 'a')).entries.map((entry) => entry.record)).toEqual([record])
  })

  it('tells of a topic whose key holds something else, and the others get theirs', async () => {
    await redis.client.set('mqtt:msg:odd', 'x')
    const [only] = await stored('a', 1)
    const [odd, good] = await Promise.all([page(pool, 'odd'), goodPage(pool, 'a')])
    expect(odd).toBeInstanceOf(Error)
    expect(good.entries).toEqual([only])
  })

  it('reads entries with equal scores, as EMQ X wrote them, and comes to an end', async () => {
    const old = Array.from({ length: 3 }, () => message('a'))
    for (const record of old) {
      await redis.client.hset(`mqtt:msg:${record.id}`, { id: record.id, from: record.from, qos: 1, topic: 'a', payload: 'hello', ts: record.ts, retain: 'false' })
      await redis.client.zadd('mqtt:msg:a', 1, record.id)
    }
    const first = await goodPage(pool, 'a')
    expect(first.entries).toHaveLength(3)
    expect(await goodPage(pool, 'a', { after: first.last })).toMatchObject({ entries: [], more: false })
  })
})

describe('a cold pubsub reader', () => {
  const cold = { kind: 'pubsub', clientid: 'c' } as const
  const move = (msgid: string) => submit(pool, [{ kind: 'ack-pubsub', clientid: 'c', topic: 'a', msgid }])

  it('begins at the beginning without a position, after its position with one', async () => {
    const all = await stored('a', 3)
    expect((await goodPage(pool, 'a', cold)).entries).toEqual(all)
    await move(all[1]?.record.id ?? '')
    expect((await goodPage(pool, 'a', cold)).entries).toEqual(all.slice(2))
    await move(all[2]?.record.id ?? '')
    expect(await goodPage(pool, 'a', cold)).toMatchObject({ entries: [], last: all[2]?.score })
  })

  it('begins after a position of its own that Redis does not have yet, if it is the later one and in the log', async () => {
    const all = await stored('a', 3)
    const [first, second] = all.map(({ record }) => ({ msgid: record.id }))
    expect((await goodPage(pool, 'a', { ...cold, position: first })).entries).toEqual(all.slice(1))
    await move(second?.msgid ?? '')
    expect((await goodPage(pool, 'a', { ...cold, position: first })).entries).toEqual(all.slice(2))
    expect((await goodPage(pool, 'a', { ...cold, position: { msgid: message('a').id } })).entries).toEqual(all.slice(2))
    expect((await goodPage(pool, 'a', { kind: 'queue', clientid: 'c', position: first })).entries).toEqual(all)
  })

  it('goes on after a doubted position where it stands, else after an earlier one, else a minute before its time', async () => {
    const all = await stored('a', 4)
    const [first, second, third] = all.map(({ record, score }) => ({ msgid: record.id, score }))
    if (first === undefined || second === undefined || third === undefined) throw new Error('there are four')
    const from = async (score: number, earlier?: { readonly msgid: string, readonly score: number }) =>
      (await goodPage(pool, 'a', { ...cold, position: { msgid: third.msgid, doubted: { score, earlier } } })).entries
    // Redis has it, and does not know that it stood elsewhere
    await move(third.msgid)
    expect(await from(third.score)).toEqual(all.slice(3))
    expect(await from(third.score - 1, second)).toEqual(all.slice(2))
    expect(await from(third.score - 1, { ...second, score: first.score })).toEqual(all)
    expect(await from(third.score - 1)).toEqual(all)
  })

  it('goes back a minute by the time of a position that is no longer stored', async () => {
    const gone = message('a')
    await move(gone.id)
    const [recent] = await stored('a', 1)
    const old = message('a')
    await redis.client.hset(`mqtt:msg:${old.id}`, { id: old.id, topic: 'a', payload: 'x' })
    await redis.client.zadd('mqtt:msg:a', (Date.now() - 61_000) * 1_000, old.id)
    expect((await goodPage(pool, 'a', cold)).entries).toEqual([recent])
    await redis.client.zadd('mqtt:msg:a', (Date.now() - 59_000) * 1_000, old.id)
    expect((await goodPage(pool, 'a', cold)).entries.map(({ record }) => record.id)).toEqual([old.id, recent?.record.id])
  })

  it('never starts beyond the clock of the pool, wherever the clock of a broker was', async () => {
    const [recent] = await stored('a', 1)
    await redis.client.set('mqtt:acked:c:a', 'zzzzzzzzz00000000000')
    const found = await goodPage(pool, 'a', cold)
    expect(found.last).toBe(recent?.score)
    expect(found.clock).toBe(recent?.score)
  })

  it('takes a position that is no id of ours, or of another topic, for none', async () => {
    const all = await stored('a', 2)
    const [other] = await stored('b:a', 1)
    for (const held of ['000592A1C7F4A0D0F4400000', other?.record.id ?? '']) {
      await redis.client.set('mqtt:acked:c:a', held)
      expect((await goodPage(pool, 'a', cold)).entries).toEqual(all)
    }
    await redis.client.del('mqtt:acked:c:a')
    await redis.client.lpush('mqtt:acked:c:a', 'x')
    expect((await goodPage(pool, 'a', cold)).entries).toEqual(all)
  })
})

describe('single messages', () => {
  it('come by id, undefined for those that are gone, in the order of asking', async () => {
    const all = await stored('a', 300)
    const ids = all.map(({ record }) => record.id)
    const [many, few] = await Promise.all([bodies(['gone', ...ids]), bodies([ids[7] ?? '', 'gone'])])
    expect(many).toEqual([undefined, ...all.map(({ record }) => record)])
    expect(few).toEqual([all[7]?.record, undefined])
    expect(await bodies([])).toEqual([])
  })

  it('are the latest of a topic, or none; an expired one leaves the index', async () => {
    const record = message('a', { qos: 0 })
    await submit(pool, [{ kind: 'latest', record, expirySeconds: undefined }])
    expect(await Promise.all([latest('b'), latest('a')])).toEqual([undefined, record])
    await redis.client.del('mqtt:latest:a')
    expect(await latest('a')).toBeUndefined()
    expect(await redis.client.exists('mqtt:latests')).toBe(0)
  })

  it('are the retained of a topic, or none; an expired one leaves the index', async () => {
    const record = message('a', { retain: true })
    await submit(pool, [{ kind: 'retain', record, expirySeconds: undefined }])
    expect(await Promise.all([retained(pool, 'a'), retained(pool, 'b')])).toEqual([{ record, inLogAt: undefined }, undefined])
    await redis.client.del('mqtt:retain:a')
    expect(await retained(pool, 'a')).toBeUndefined()
    expect(await redis.client.exists('mqtt:retained')).toBe(0)
  })

  it('say where a retained message stands in the log after its reader', async () => {
    const record = message('a', { retain: true })
    const [outcome] = await submit(pool, [store(record), { kind: 'retain', record, expirySeconds: undefined }])
    const score = placeOf(outcome).score ?? 0
    const asked = async (kind: 'queue' | 'pubsub', after: number | undefined): Promise<number | undefined> => {
      const found = await retained(pool, 'a', { kind, clientid: 'c', after })
      if (found === undefined || found instanceof Error) throw new Error('not found')
      return found.inLogAt
    }
    expect(await asked('queue', undefined)).toBe(score)
    expect(await asked('queue', score - 1)).toBe(score)
    expect(await asked('queue', score)).toBeUndefined()
    expect(await asked('pubsub', undefined)).toBe(score)
    await submit(pool, [{ kind: 'ack-pubsub', clientid: 'c', topic: 'a', msgid: record.id }])
    expect(await asked('pubsub', undefined)).toBeUndefined()
    await redis.client.del(`mqtt:msg:${record.id}`)
    expect(await asked('queue', undefined)).toBeUndefined()
  })
})

it('lists what a client is to be subscribed to, as written', async () => {
  await redis.client.hset('mqtt:sub:c', 'b/+', '1', '7', 'x', '__proto__', '2')
  const { promise, resolve } = withResolvers<unknown>()
  pool.proxySubscriptions('c', resolve)
  expect(await promise).toEqual([['b/+', '1'], ['7', 'x'], ['__proto__', '2']])
})

describe('the index of topics', () => {
  function topics(request: Partial<Omit<TopicsRequest, 'done'>> = {}): Promise<readonly string[] | Error> {
    const { promise, resolve } = withResolvers<readonly string[] | Error>()
    pool.topics({ index: 'logs', prefix: '', after: undefined, limit: 100, ...request, done: resolve })
    return promise
  }

  async function changed(request: Partial<Omit<ChangedTopicsRequest, 'done'>>): Promise<ChangedTopics> {
    const { promise, resolve } = withResolvers<ChangedTopics | Error>()
    pool.changedTopics({ after: undefined, since: 0, limit: 100, ...request, done: resolve })
    const found = await promise
    if (found instanceof Error) throw found
    return found
  }

  const storeOn = (names: readonly string[]) => Promise.all(names.map((topic) => submit(pool, [store(message(topic))])))

  it('comes in pages, in byte order, from a prefix on', async () => {
    const names = ['a', 'a/Z', 'a/b', 'a/b/c', 'a/é', 'a/\u{1f600}', 'a0', 'b']
    await storeOn(names.toReversed())
    expect(await topics()).toEqual(names)
    expect(await topics({ limit: 3 })).toEqual(names.slice(0, 3))
    expect(await topics({ limit: 3, after: 'a/b' })).toEqual(names.slice(3, 6))
    expect(await topics({ prefix: 'a/' })).toEqual(names.slice(1, 6))
    expect(await topics({ prefix: 'a/', after: 'a/b', limit: 2 })).toEqual(names.slice(3, 5))
    expect(await topics({ prefix: 'a/', after: 'a/gone' })).toEqual(['a/é', 'a/\u{1f600}'])
    expect(await topics({ prefix: 'a/é' })).toEqual(['a/é'])
    expect(await topics({ prefix: 'c' })).toEqual([])
  })

  it('is one of its own for retained and for latest messages', async () => {
    await submit(pool, [store(message('log'))])
    await submit(pool, [{ kind: 'retain', record: message('kept', { retain: true }), expirySeconds: undefined }])
    await submit(pool, [{ kind: 'latest', record: message('newest'), expirySeconds: undefined }])
    expect(await Promise.all([topics(), topics({ index: 'retained' }), topics({ index: 'latest' })])).toEqual([['log'], ['kept'], ['newest']])
  })

  it('shows what was stored before it was asked, and no more what was removed', async () => {
    const record = message('a')
    void submit(pool, [store(record)])
    expect(await topics()).toEqual(['a'])
    void submit(pool, [{ kind: 'ack-queue', topic: 'a', msgid: record.id }])
    expect(await topics()).toEqual([])
  })

  it('gets a topic that EMQ X had left with its first new message', async () => {
    await redis.client.zadd('mqtt:msg:old', 1, 'old-id')
    await redis.client.hset('mqtt:msg:old-id', { id: 'old-id', topic: 'old', payload: 'x', qos: 1 })
    expect(await topics()).toEqual([])
    await storeOn(['old'])
    expect(await topics()).toEqual(['old'])
  })

  it('says page by page which logs have something newer than a score', async () => {
    await storeOn(['a', 'b', 'c', 'd'])
    const before = await changed({ since: Number.MAX_SAFE_INTEGER })
    expect(before).toEqual({ topics: [], next: undefined, clock: Number(await redis.client.get('mqtt:clock')) })
    expect(await changed({ since: before.clock })).toMatchObject({ topics: [], next: undefined })
    await storeOn(['d', 'b', 'e'])
    const first = await changed({ since: before.clock, limit: 3 })
    expect(first).toMatchObject({ topics: [{ topic: 'b' }], next: 'c' })
    expect(first.clock).toBeGreaterThan(before.clock)
    expect(await changed({ since: before.clock, limit: 3, after: first.next })).toMatchObject({ topics: [{ topic: 'd' }, { topic: 'e' }], next: undefined })
  })

  it('forgets a topic whose log is gone when it is looked at', async () => {
    await storeOn(['a', 'b'])
    await redis.client.del('mqtt:msg:a')
    expect(await changed({})).toMatchObject({ topics: [{ topic: 'b' }] })
    expect(await topics()).toEqual(['b'])
  })
})
