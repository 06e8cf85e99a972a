import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { OpenPool } from '../../src/store/open-pool.ts'
import { command, message, placeOf, poolSpec, readyPool, store, submit } from './pool-kit.ts'
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

/** All fields of a hash, in their order. */
function fields(key: string): Promise<unknown> {
  return redis.client.call('HGETALL', key)
}

async function userKeys(): Promise<string[]> {
  return (await redis.client.keys('*')).toSorted()
}

describe('store', () => {
  it('writes the record with its seven fields in order and logs its id under the topic', async () => {
    const record = message('a/b', { qos: 2, payload: Buffer.from([0, 255, 13, 10]) })
    const [outcome] = await submit(pool, [store(record)])

    expect(await fields(`mqtt:msg:${record.id}`)).toEqual([
      'id', record.id, 'from', 'publisher', 'qos', '2', 'topic', 'a/b',
      'payload', record.payload.toString(), 'ts', '1700000000', 'retain', 'false',
    ])
    expect(await redis.client.hgetBuffer(`mqtt:msg:${record.id}`, 'payload')).toEqual(record.payload)
    expect(await redis.client.zrange('mqtt:msg:a/b', '0', '-1')).toEqual([record.id])
    expect(await redis.client.zrange('mqtt:topics', '0', '-1')).toEqual(['a/b'])
    expect(String(placeOf(outcome).score)).toBe(await redis.client.zscore('mqtt:msg:a/b', record.id))
    expect(await redis.client.ttl(`mqtt:msg:${record.id}`)).toBe(-1)
    expect(await redis.client.ttl('mqtt:msg:a/b')).toBe(-1)
  })

  it('answers with a score that grows over all topics and the score before it on its own topic', async () => {
    const outcomes = await Promise.all(['a', 'b', 'a', 'a', 'b'].map((topic) => submit(pool, [store(message(topic))])))
    const [a1, b1, a2, a3, b2] = outcomes.map(([outcome]) => placeOf(outcome))
    const later = placeOf((await submit(pool, [store(message('a'))]))[0])

    expect([a1?.prev, b1?.prev]).toEqual([0, 0])
    expect([a2?.prev, a3?.prev, later.prev]).toEqual([a1?.score, a2?.score, a3?.score])
    expect(b2?.prev).toBe(b1?.score)
    const scores = [a1, b1, a2, a3, b2, later].map((place) => place?.score ?? 0)
    expect(scores).toEqual(scores.toSorted((x, y) => x - y))
    expect(new Set(scores).size).toBe(6)
    expect(await redis.client.get('mqtt:clock')).toBe(String(later.score))
  })

  it('gives scores above the clock of the pool even if that is ahead of the time', async () => {
    const ahead = (Date.now() + 3_600_000) * 1_000
    await redis.client.set('mqtt:clock', String(ahead))
    const [outcome] = await submit(pool, [store(message('a'))])
    expect(placeOf(outcome).score).toBe(ahead + 1)
  })

  it('keeps record and log for the expiry of each message, the log as long as its longest', async () => {
    const [short, long, next] = [message('a'), message('a'), message('a')]
    await Promise.all([submit(pool, [store(short, 100)]), submit(pool, [store(long, 1_000)])])
    await submit(pool, [store(next, 10)])

    const ttl = (key: string): Promise<number> => redis.client.ttl(key)
    expect(await ttl(`mqtt:msg:${short.id}`)).toBeGreaterThan(95)
    expect(await ttl(`mqtt:msg:${short.id}`)).toBeLessThanOrEqual(100)
    expect(await ttl('mqtt:msg:a')).toBeGreaterThan(900)

    await submit(pool, [store(message('a'))])
    expect(await ttl('mqtt:msg:a')).toBe(-1)
  })

  it('merges the stores of one message in one submission to the longest expiry and answers each', async () => {
    const [record, other] = [message('a'), message('a')]
    const outcomes = await submit(pool, [store(record, 10), store(record, 1_000), store(record, 100)])
    await submit(pool, [store(other, 10), store(other)])

    expect(outcomes.map(placeOf)).toEqual(Array(3).fill(placeOf(outcomes[0])))
    expect(placeOf(outcomes[0]).prev).toBe(0)
    expect(await redis.client.zcard('mqtt:msg:a')).toBe(2)
    expect(await redis.client.ttl(`mqtt:msg:${record.id}`)).toBeGreaterThan(900)
    expect(await redis.client.ttl(`mqtt:msg:${other.id}`)).toBe(-1)
  })

  it('knows a message that is stored: same score, position unknown, expiry raised', async () => {
    const record = message('a')
    const [first] = await submit(pool, [store(record, 100)])
    const [again] = await submit(pool, [store(record, 1_000)])
    expect(placeOf(again)).toEqual({ score: placeOf(first).score, prev: undefined })
    expect(await redis.client.ttl(`mqtt:msg:${record.id}`)).toBeGreaterThan(900)
    expect(await redis.client.ttl('mqtt:msg:a')).toBeGreaterThan(900)
    await submit(pool, [store(record, 10)])
    expect(await redis.client.ttl(`mqtt:msg:${record.id}`)).toBeGreaterThan(900)
  })

  it('trims ids whose records are gone, the oldest first and behind ones that live for ever', async () => {
    await submit(pool, [store(message('a'))])
    const records = Array.from({ length: 200 }, () => message('a'))
    await Promise.all(records.map((record) => submit(pool, [store(record, 1_000)])))
    await redis.client.del(records.map(({ id }) => `mqtt:msg:${id}`))
    for (let i = 0; i < 400; i++) await submit(pool, [store(message('b')), store(message('a'), 1_000)])
    // one that lives for ever, 400 new ones, and few of the 200 dead ones
    expect(await redis.client.zcard('mqtt:msg:a')).toBeLessThan(401 + 150)

    const old = await redis.client.zrange('mqtt:msg:b', '0', '99')
    await redis.client.del(old.map((id) => `mqtt:msg:${id}`))
    for (let i = 0; i < 200; i++) await submit(pool, [store(message('b'))])
    expect(await redis.client.zrange('mqtt:msg:b', '0', '0')).not.toEqual(old.slice(0, 1))
    expect(await redis.client.zcard('mqtt:msg:b')).toBe(500)
  })

  it('lets the index forget topics whose log is gone', async () => {
    await Promise.all(Array.from({ length: 50 }, (_, i) => submit(pool, [store(message(`t/${i}`))])))
    await redis.client.del(Array.from({ length: 50 }, (_, i) => `mqtt:msg:t/${i}`))
    for (let i = 0; i < 300; i++) await submit(pool, [store(message('a'))])
    expect(await redis.client.zcard('mqtt:topics')).toBeLessThan(10)
  })

  it('gives a message that Redis will never take a lasting failure of its own and stores the others', async () => {
    const blocked = message('taken/record')
    await redis.client.lpush('mqtt:msg:taken/log', 'x')
    await redis.client.lpush(`mqtt:msg:${blocked.id}`, 'x')
    const outcomes = await Promise.all([
      submit(pool, [store(message('a'))]),
      submit(pool, [store(message('taken/log'))]),
      submit(pool, [store(blocked)]),
      submit(pool, [store(message('a'))]),
    ])
    const [first, log, record, last] = outcomes.map(([outcome]) => outcome)
    expect(log).toEqual({ ok: false, failure: 'lasting', message: 'WRONGTYPE Operation against a key holding the wrong kind of value' })
    expect(record).toMatchObject({ ok: false, failure: 'lasting' })
    expect(placeOf(last).prev).toBe(placeOf(first).score)
    expect(await redis.client.exists('mqtt:msg:taken/record')).toBe(0)
    expect(await redis.client.zrange('mqtt:topics', '0', '-1')).toEqual(['a'])
  })

  it('stores more messages in one turn than fit one call or one round, in order', async () => {
    const records = Array.from({ length: 2_300 }, () => message('a'))
    const outcomes = await Promise.all(records.map((record) => submit(pool, [store(record)])))
    expect(await redis.client.zrange('mqtt:msg:a', '0', '-1')).toEqual(records.map(({ id }) => id))
    outcomes.forEach(([outcome], i) => {
      expect(placeOf(outcome).prev).toBe(i === 0 ? 0 : placeOf(outcomes[i - 1]?.[0]).score)
    })
    expect(pool.pendingBytes).toBe(0)
  })
})

describe('retained and latest messages', () => {
  it('keeps the last of each topic with its seven fields, and removes what is deleted', async () => {
    const [first, second, latest] = [message('a', { retain: true }), message('a', { retain: true, payload: Buffer.from('2') }), message('b', { qos: 0 })]
    await Promise.all([
      submit(pool, [{ kind: 'retain', record: first, expirySeconds: undefined }]),
      submit(pool, [{ kind: 'retain', record: second, expirySeconds: 100 }]),
      submit(pool, [{ kind: 'latest', record: latest, expirySeconds: undefined }]),
    ])
    expect(await fields('mqtt:retain:a')).toEqual([
      'id', second.id, 'from', 'publisher', 'qos', '1', 'topic', 'a', 'payload', '2', 'ts', '1700000000', 'retain', 'true',
    ])
    expect(await redis.client.ttl('mqtt:retain:a')).toBeGreaterThan(95)
    expect(await fields('mqtt:latest:b')).toEqual([
      'id', latest.id, 'from', 'publisher', 'qos', '0', 'topic', 'b', 'payload', 'hello', 'ts', '1700000000', 'retain', 'false',
    ])
    expect(await redis.client.zrange('mqtt:retained', '0', '-1')).toEqual(['a'])
    expect(await redis.client.zrange('mqtt:latests', '0', '-1')).toEqual(['b'])

    await submit(pool, [{ kind: 'retain-delete', record: message('a', { retain: true, payload: Buffer.alloc(0) }) }])
    expect(await redis.client.exists('mqtt:retain:a', 'mqtt:retained')).toBe(0)
  })

  it('takes store and delete of one topic in the order of their messages', async () => {
    await Promise.all([1, 2, 3].flatMap(() => [
      submit(pool, [{ kind: 'retain', record: message('a', { retain: true }), expirySeconds: undefined }]),
      submit(pool, [{ kind: 'retain-delete', record: message('a', { retain: true, payload: Buffer.alloc(0) }) }]),
    ]))
    expect(await redis.client.exists('mqtt:retain:a')).toBe(0)
  })

  it('never replaces a message by an earlier one of the same broker, by any one of another', async () => {
    const [earlier, later] = [message('a'), message('a')]
    const foreign = { ...message('a'), id: `000000000${'x'.repeat(11)}` }
    const keep = (record: typeof earlier) => submit(pool, [{ kind: 'latest', record, expirySeconds: undefined }])
    await keep(later)
    await keep(earlier)
    expect(await redis.client.hget('mqtt:latest:a', 'id')).toBe(later.id)
    await keep(foreign)
    expect(await redis.client.hget('mqtt:latest:a', 'id')).toBe(foreign.id)
  })

  it('replaces what is no hash, as older EMQ X left it', async () => {
    await redis.client.set('mqtt:retain:a', 'some-id')
    expect(await submit(pool, [{ kind: 'retain', record: message('a', { retain: true }), expirySeconds: undefined }])).toEqual([{ ok: true }])
    expect(await redis.client.hget('mqtt:retain:a', 'topic')).toBe('a')
  })

  it('removes the latest message only if it still is the acknowledged one', async () => {
    const [first, second] = [message('a'), message('a')]
    await submit(pool, [{ kind: 'latest', record: first, expirySeconds: undefined }])
    await submit(pool, [{ kind: 'latest', record: second, expirySeconds: undefined }])
    await submit(pool, [{ kind: 'ack-latest', topic: 'a', msgid: first.id }])
    expect(await redis.client.hget('mqtt:latest:a', 'id')).toBe(second.id)
    await submit(pool, [{ kind: 'ack-latest', topic: 'a', msgid: second.id }])
    expect(await redis.client.exists('mqtt:latest:a', 'mqtt:latests')).toBe(0)
  })
})

describe('acknowledgements', () => {
  it('remove the message of a queue, and its topic with the last', async () => {
    const [first, second] = [message('q'), message('q')]
    await Promise.all([submit(pool, [store(first)]), submit(pool, [store(second)])])
    const done = submit(pool, [{ kind: 'ack-queue', topic: 'q', msgid: second.id }])
    expect(pool.acking.has(second.id)).toBe(true)
    expect(await done).toEqual([{ ok: true }])
    expect(pool.acking.has(second.id)).toBe(false)
    expect(await redis.client.zrange('mqtt:msg:q', '0', '-1')).toEqual([first.id])
    expect(await redis.client.exists(`mqtt:msg:${second.id}`)).toBe(0)
    await submit(pool, [{ kind: 'ack-queue', topic: 'q', msgid: first.id }])
    expect(await redis.client.exists('mqtt:msg:q', 'mqtt:topics')).toBe(0)
  })

  it('move a position forward and never back: by score while both are stored, else by id', async () => {
    const records = [message('p'), message('p'), message('p')] as const
    // stored in another order than their ids
    for (const i of [2, 0, 1] as const) await submit(pool, [store(records[i])])
    const move = async (msgid: string): Promise<string | null> => {
      await submit(pool, [{ kind: 'ack-pubsub', clientid: 'c:1', topic: 'p', msgid }])
      return await redis.client.get('mqtt:acked:c:1:p')
    }
    expect(await move(records[2].id)).toBe(records[2].id)
    expect(await move(records[0].id)).toBe(records[0].id)
    expect(await move(records[2].id)).toBe(records[0].id)
    await redis.client.zrem('mqtt:msg:p', records[0].id)
    await redis.client.del(`mqtt:msg:${records[0].id}`)
    expect(await move(records[2].id)).toBe(records[2].id)
    expect(await move(records[1].id)).toBe(records[1].id)
  })

  it('replace a position that is no id of ours, or of another topic', async () => {
    const [mine, other] = [message('p'), message('elsewhere')]
    await submit(pool, [store(mine)])
    await submit(pool, [store(other)])
    for (const held of ['000592A1C7F4A0D0F4400000', other.id]) {
      await redis.client.set('mqtt:acked:c:p', held)
      await submit(pool, [{ kind: 'ack-pubsub', clientid: 'c', topic: 'p', msgid: mine.id }])
      expect(await redis.client.get('mqtt:acked:c:p')).toBe(mine.id)
    }
  })
})

describe('presence', () => {
  const online = (clientid: string, now: number, more: { node?: string, lastFence?: number } = {}) =>
    submit(pool, [{ kind: 'online', clientid, node: 'n1', now, lastFence: 0, ...more }])
  const offline = (clientid: string, now: number, fence: number, node = 'n1') =>
    submit(pool, [{ kind: 'offline', clientid, node, now, fence }])

  it('leaves exactly the keys of the walk-through', async () => {
    expect(await online('c1', 1_700_000_000)).toEqual([{ ok: true, online: { fence: 1_700_000_000 } }])
    expect(await userKeys()).toEqual(['mqtt:client:c1', 'mqtt:node:n1'])
    expect(await fields('mqtt:client:c1')).toEqual(['state', '1', 'online_at', '1700000000', 'offline_at', 'undefined'])
    expect(await fields('mqtt:node:n1')).toEqual(['c1', '1700000000'])

    expect(await offline('c1', 1_700_000_005, 1_700_000_000)).toEqual([{ ok: true }])
    expect(await userKeys()).toEqual(['mqtt:client:c1'])
    expect(await fields('mqtt:client:c1')).toEqual(['state', '0', 'online_at', '1700000000', 'offline_at', '1700000005'])
  })

  it('sets nobody offline who has come online on another node since, in the same second too', async () => {
    await online('c1', 100)
    expect(await online('c1', 100, { node: 'n2' })).toEqual([{ ok: true, online: { fence: 101 } }])
    await offline('c1', 100, 100)
    expect(await redis.client.hget('mqtt:client:c1', 'state')).toBe('1')
    expect(await userKeys()).toEqual(['mqtt:client:c1', 'mqtt:node:n2'])
    await offline('c1', 102, 101, 'n2')
    expect(await redis.client.hget('mqtt:client:c1', 'state')).toBe('0')
  })

  it('does not run ahead of the clock when a client comes again and again on one node', async () => {
    await online('c1', 100)
    expect(await online('c1', 100, { lastFence: 100 })).toEqual([{ ok: true, online: { fence: 100 } }])
    expect(await online('c1', 101, { lastFence: 100 })).toEqual([{ ok: true, online: { fence: 101 } }])
  })

  it('keeps the order of one client also when its effects come from two connections with commands', async () => {
    const [before, after] = [{}, {}]
    const first = await online('c1', 100)
    expect(first).toEqual([{ ok: true, online: { fence: 100 } }])
    await Promise.all([
      submit(pool, [command('set', 'x', '1'), { kind: 'offline', clientid: 'c1', node: 'n1', now: 100, fence: 100 }], { order: before }),
      submit(pool, [{ kind: 'online', clientid: 'c1', node: 'n1', now: 100, lastFence: 100 }], { order: after }),
    ])
    expect(await redis.client.hget('mqtt:client:c1', 'state')).toBe('1')
  })
})

describe('commands', () => {
  it('reach Redis as they were split, whatever bytes are in them', async () => {
    const bytes = Buffer.from([0, 32, 13, 10, 255])
    expect(await submit(pool, [command('hset', 'ack:c1', 'a b\r\n', bytes), command('set', 'k', '')])).toEqual([{ ok: true }, { ok: true }])
    expect(await redis.client.hgetBuffer('ack:c1', 'a b\r\n')).toEqual(bytes)
    expect(await redis.client.get('k')).toBe('')
  })

  it('fail for good with the words of Redis and without values, and the next ones run', async () => {
    await redis.client.set('text', 'x')
    const outcomes = await submit(pool, [
      command('hset', 'text', 'f', 'secret'), command('nosuchcommand', 'secret'), command('hset', 'k', Buffer.from('secret')),
      command('incr', 'n'),
    ])
    expect(outcomes.map((outcome) => outcome.ok ? 'ok' : `${outcome.failure} ${outcome.message}`)).toEqual([
      'lasting WRONGTYPE Operation against a key holding the wrong kind of value',
      "lasting ERR unknown command 'NOSUCHCOMMAND'",
      "lasting ERR wrong number of arguments for 'hset' command",
      'ok',
    ])
    expect(JSON.stringify(outcomes)).not.toContain('secret')
    expect(await userKeys()).toEqual(['n', 'text'])
  })

  it('are refused if they would hold or change the connection that all rules share', async () => {
    const names = ['blpop', 'subscribe', 'multi', 'select', 'client']
    const outcomes = await submit(pool, [...names.map((name) => command(name, 'x', '0')), command('xread', 'BLOCK', '0'), command('set', 'k', 'v')])
    expect(outcomes.map(({ ok }) => ok)).toEqual([...names.map(() => false), false, true])
    expect(outcomes[0]).toEqual({ ok: false, failure: 'lasting', message: 'blpop waits, and every other rule of the pool with it' })
  })

  it('may name a stream, a group or a consumer as an option is called', async () => {
    const outcomes = await submit(pool, [
      command('xgroup', 'CREATE', 'block', 'block', '$', 'MKSTREAM'), command('xread', 'STREAMS', 'block', '0'),
      command('xreadgroup', 'GROUP', 'block', 'block', 'STREAMS', 'block', '>'), command('xreadgroup', 'GROUP', 'block', 'block', 'BLOCK', '0', 'STREAMS', 'block', '>'),
    ])
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, true, false])
  })

  it('never move across the other effects of their connection', async () => {
    const [order, other] = [{}, {}]
    const records = [message('a'), message('a'), message('a')] as const
    const count = (key: string): ReturnType<typeof command> =>
      command('eval', "redis.call('RPUSH', 'seen', KEYS[1] .. redis.call('ZCARD', 'mqtt:msg:a'))", '1', key)
    await Promise.all([
      submit(pool, [count('before'), store(records[0]), count('between'), command('hset', `mqtt:msg:${records[0].id}`, 'mark', '1')], { order }),
      submit(pool, [store(records[1]), count('after')], { order }),
      submit(pool, [store(records[2])], { order: other }),
    ])
    // the other connection's store is in the first segment: nothing orders it
    expect(await redis.client.lrange('seen', 0, -1)).toEqual(['before1', 'between2', 'after3'])
    expect(await redis.client.hlen(`mqtt:msg:${records[0].id}`)).toBe(8)
  })
})
