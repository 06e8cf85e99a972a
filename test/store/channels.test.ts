import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { OpenPool } from '../../src/store/open-pool.ts'
import { readWake } from '../../src/store/wake.ts'
import { message, placeOf, poolSpec, readyPool, store, submit, type PoolKit } from './pool-kit.ts'
import { startRedis, until, type RedisServer } from './redis-server.ts'
import { startProxy } from './tcp-proxy.ts'

let redis: RedisServer
let mine: OpenPool
let other: PoolKit
/** What the other pool was woken with. */
let woken: { topic: string, score: number, prev: number, index: string }[]

beforeAll(async () => { redis = await startRedis() })
afterAll(async () => { await redis.stop() })
beforeEach(async () => {
  await redis.client.flushall()
  await redis.client.config('RESETSTAT')
  mine = (await readyPool(poolSpec(redis.port))).pool
  other = await readyPool(poolSpec(redis.port))
  woken = []
  other.pool.onWake = (topic, score, { prev, index }) => { woken.push({ topic, score, prev, index }) }
  await until(async () => await listeners('mqtt:wake') === 2, 'both listen')
})
afterEach(async () => { await Promise.all([mine.close(), other.pool.close()]) })

async function listeners(channel: string): Promise<number> {
  const [, count] = await redis.client.pubsub('NUMSUB', channel)
  return Number(count)
}

async function published(): Promise<number> {
  const stats = await redis.client.info('commandstats')
  return Number(/cmdstat_publish:calls=(\d+)/.exec(stats)?.[1] ?? 0)
}

describe('a wake', () => {
  it('tells the other broker of every topic of a call: its newest score and the one before the call', async () => {
    const topics = ['a', 'b b\n', 'é/\u{1f600}', 'a']
    const [first] = await submit(mine, [store(message('a'))])
    const outcomes = await Promise.all(topics.map((topic) => submit(mine, [store(message(topic))])))
    const [, b, e, a] = outcomes.map(([outcome]) => placeOf(outcome).score ?? 0)
    await until(() => woken.length === 4, 'woken')
    expect(woken[0]).toEqual({ index: 'logs', topic: 'a', prev: 0, score: placeOf(first).score })
    expect(woken.slice(1).toSorted((x, y) => x.score - y.score)).toEqual([
      { index: 'logs', topic: 'b b\n', prev: 0, score: b },
      { index: 'logs', topic: 'é/\u{1f600}', prev: 0, score: e },
      { index: 'logs', topic: 'a', prev: placeOf(first).score, score: a },
    ])
    // one for each call, not for each message
    expect(await published()).toBe(2)
  })

  it('tells of latest messages, and not of retained ones', async () => {
    await submit(mine, [{ kind: 'retain', record: message('kept', { retain: true }), expirySeconds: undefined }])
    await submit(mine, [{ kind: 'latest', record: message('newest', { qos: 0 }), expirySeconds: undefined }])
    await until(() => woken.length > 0, 'woken')
    expect(woken).toEqual([{ index: 'latest', topic: 'newest', prev: 0, score: 0 }])
  })

  it('is not heard by its own pool, and not published when nobody else listens', async () => {
    let own = 0
    mine.onWake = () => { own++ }
    await submit(mine, [store(message('a'))])
    await until(() => woken.length === 1, 'woken')
    expect(await published()).toBe(1)
    await other.pool.close()
    await until(async () => await listeners('mqtt:wake') === 1, 'one listens')
    await submit(mine, [store(message('a'))])
    expect(await published()).toBe(1)
    expect(own).toBe(0)
  })

  it('is not heard in another database', async () => {
    const third = await readyPool(poolSpec(redis.port, { database: 3 }))
    const fourth = await readyPool(poolSpec(redis.port, { database: 3 }))
    const heard: string[] = []
    fourth.pool.onWake = (topic) => { heard.push(topic) }
    await until(async () => await listeners('mqtt:wake:3') === 2, 'both listen')
    await submit(third.pool, [store(message('three'))])
    await submit(mine, [store(message('zero'))])
    await until(() => heard.length === 1 && woken.length === 1, 'woken')
    expect([heard, woken.map(({ topic }) => topic)]).toEqual([['three'], ['zero']])
    await Promise.all([third.pool.close(), fourth.pool.close()])
  })

  it('that is none is ignored, and said once', async () => {
    for (const text of ['', 'x', 'x logs 1\n', 'x logs 1 2 9\nshort', 'x logs 1 2 -1\n', 'x retained\n']) {
      expect(readWake(Buffer.from(text))).toBeUndefined()
      await redis.client.publish('mqtt:wake', text)
    }
    await submit(mine, [store(message('a'))])
    await until(() => woken.length === 1, 'woken by the true one')
    expect(other.lines).toEqual([expect.objectContaining({ level: 'warn', fields: { pool: 'pool1', channel: 'mqtt:wake' } })])
  })
})

describe('the channel of orders', () => {
  it('is the one of the settings, and its messages come as they are', async () => {
    const { pool } = await readyPool(poolSpec(redis.port, { channel: 'orders/here' }))
    const orders: Buffer[] = []
    pool.onOrder = (text) => { orders.push(text) }
    await until(async () => await listeners('orders/here') === 1, 'it listens')
    const bytes = Buffer.from([0, 255, 10])
    await redis.client.publish('mqtt_channel', 'not this one')
    await redis.client.publish('orders/here', bytes)
    await until(() => orders.length === 1, 'heard')
    expect(orders).toEqual([bytes])
    await pool.close()
  })

  it('is heard again after its connection was cut, and the pool was never away for that', async () => {
    const orders: string[] = []
    other.pool.onOrder = (text) => { orders.push(String(text)) }
    const lost = String(await redis.client.client('LIST')).split('\n').filter((line) => line.includes('name=hookline-pool1-channels'))
    expect(lost).toHaveLength(2)
    for (const line of lost) await redis.client.client('KILL', 'ID', Number(/id=(\d+)/.exec(line)?.[1]))
    await until(async () => await listeners('mqtt_channel') === 2, 'both listen again')
    await redis.client.publish('mqtt_channel', 'again')
    await until(() => orders.length === 1, 'heard')
    expect(other.told).toEqual([])
  })

  it('is heard again when a network that swallowed everything passes again', async () => {
    const proxy = await startProxy(redis.port)
    const { pool } = await readyPool(poolSpec(proxy.port, { channel: 'far' }))
    let orders = 0
    pool.onOrder = () => { orders++ }
    await until(async () => await listeners('far') === 1, 'it listens')
    proxy.swallow()
    proxy.pass()
    // nothing tells it that its connection is dead but that it gets no answer
    await until(async () => {
      await redis.client.publish('far', 'x')
      return orders > 0
    }, 'heard again', 15_000)
    await pool.close()
    await proxy.stop()
  })

  it('may be forbidden: that is said once, and wakes and messages go on', async () => {
    await redis.client.call('ACL', 'SETUSER', 'limited', 'on', '>pw', '~*', '+@all', 'resetchannels', '&mqtt:wake')
    const limited = await readyPool(poolSpec(redis.port, { username: 'limited', password: 'pw' }))
    await until(() => limited.lines.length > 0, 'said')
    await until(async () => await listeners('mqtt:wake') === 3, 'it hears wakes')
    expect(limited.lines).toEqual([{
      level: 'warn', message: 'Redis does not let this channel be heard; it is asked again',
      fields: { pool: 'pool1', channel: 'mqtt_channel', reason: expect.stringMatching(/^NOPERM/) },
    }])
    expect((await submit(limited.pool, [store(message('a'))]))[0]).toMatchObject({ ok: true })
    await limited.pool.close()
  })
})
