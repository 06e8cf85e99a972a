import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { command, goodPage, message, placeOf, poolSpec, readyPool, store, submit, type PoolKit } from './pool-kit.ts'
import { startRedis, until, type RedisServer } from './redis-server.ts'
import { startProxy, type TcpProxy } from './tcp-proxy.ts'

/* A pool goes over to other settings for the same Redis. */

let redis: RedisServer
let proxy: TcpProxy
let kit: PoolKit

beforeEach(async () => {
  redis = await startRedis()
  proxy = await startProxy(redis.port)
  kit = await readyPool(poolSpec(proxy.port))
})
afterEach(async () => {
  await kit.pool.close()
  await proxy.stop()
  await redis.stop()
})

/** Names of the connections that the server has now, without the test's own. */
async function connections(): Promise<string[]> {
  return String(await redis.client.client('LIST')).split('\n').flatMap((line) => /name=(hookline\S*)/.exec(line)?.[1] ?? []).toSorted()
}

describe('a pool that goes over to other settings', () => {
  it('keeps the order of what was given to it, stores all of it once, and nobody hears of it', async () => {
    const records = Array.from({ length: 400 }, () => message('a'))
    const order = {}
    // a round is on its way at each moment
    proxy.delay(3)
    const outcomes = records.map(async (record, i) => {
      if (i % 40 === 20) kit.pool.renew(poolSpec(proxy.port, { poolSize: i }))
      const outcome = submit(kit.pool, [store(record), command('rpush', 'seen', record.id)], { order })
      if (i % 4 === 0) await new Promise((resolve) => { setTimeout(resolve, i) })
      return await outcome
    })
    for (const outcome of outcomes) expect((await outcome).every(({ ok }) => ok)).toBe(true)
    const ids = records.map(({ id }) => id)
    expect(await redis.client.zrange('mqtt:msg:a', '0', '-1')).toEqual(ids)
    expect(await redis.client.lrange('seen', 0, -1)).toEqual(ids)
    expect(kit.told).toEqual([])
    expect(kit.lines).toEqual([])
    await until(async () => (await connections()).length === 2, 'the old connections are gone')
    expect(await connections()).toEqual(['hookline-pool1', 'hookline-pool1-channels'])
    expect(kit.pool.spec.poolSize).toBe(380)
  })

  it('knows each message still by the place that it had', async () => {
    const [first, second] = [message('a'), message('a')]
    const before = placeOf((await submit(kit.pool, [store(first)]))[0])
    kit.pool.renew(poolSpec(proxy.port, { poolSize: 9 }))
    await until(() => kit.pool.spec.poolSize === 9, 'it has gone over')
    expect(placeOf((await submit(kit.pool, [store(second)]))[0]).prev).toBe(before.score)
    expect((await goodPage(kit.pool, 'a')).entries.map(({ record }) => record.id)).toEqual([first.id, second.id])
  })

  it('is there again by the new ones when the old ones lead nowhere any more', async () => {
    await redis.client.call('ACL', 'SETUSER', 'device', 'on', '>right', '~*', '&*', '+@all')
    await proxy.refuse()
    await until(() => !kit.pool.ready, 'away')
    const held = submit(kit.pool, [store(message('a'))])
    kit.pool.renew(poolSpec(redis.port, { username: 'device', password: 'right' }))
    expect((await held)[0]?.ok).toBe(true)
    expect(kit.told).toEqual(['away', 'back same'])
    await until(async () => String(await redis.client.client('LIST')).includes('user=device'), 'it is the new user')
  })

  it('goes on by the old ones as long as the new ones lead nowhere', async () => {
    kit.pool.renew(poolSpec(redis.port, { username: 'nobody', password: 'wrong' }))
    for (let i = 0; i < 5; i++) {
      expect((await submit(kit.pool, [store(message('a'))]))[0]?.ok).toBe(true)
      await new Promise((resolve) => { setTimeout(resolve, 50) })
    }
    kit.pool.renew(poolSpec(redis.port))
    await until(() => kit.pool.spec.server !== 'embedded' && kit.pool.spec.server[0]?.port === redis.port, 'the last settings that were given count')
    expect((await submit(kit.pool, [store(message('a'))]))[0]?.ok).toBe(true)
    expect(await redis.client.zcard('mqtt:msg:a')).toBe(6)
    expect(kit.told).toEqual([])
  })

  it('has its Redis know nothing of a connection that hung, before it sends again', async () => {
    proxy.swallowReplies()
    const record = message('a')
    const stored = submit(kit.pool, [store(record), command('incr', 'n')])
    kit.pool.renew(poolSpec(redis.port))
    expect((await stored)[0]?.ok).toBe(true)
    expect(await redis.client.zrange('mqtt:msg:a', '0', '-1')).toEqual([record.id])
    await until(async () => (await connections()).length === 2, 'the old connections are gone')
  })
})
