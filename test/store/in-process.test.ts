import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startInProcessRedis } from './in-process-redis.ts'
import { message, placeOf, poolOf, poolSpec, readyPool, store, submit, type PoolKit } from './pool-kit.ts'
import { until, type RedisServer } from './redis-server.ts'
import { startProxy, type TcpProxy } from './tcp-proxy.ts'

// What holds of a Redis holds of the in-process store: the same tests, on the other server.
vi.mock(import('./redis-server.ts'), async (original) => ({ ...await original(), startRedis: startInProcessRedis }))

describe('on the in-process store', async () => {
  await import('./effects.test.ts')
  await import('./reads.test.ts')
})

describe('the in-process store', () => {
  let redis: RedisServer
  let proxy: TcpProxy
  let kit: PoolKit

  beforeEach(async () => {
    redis = await startInProcessRedis()
    proxy = await startProxy(redis.port)
    kit = await readyPool(poolSpec(proxy.port))
  })
  afterEach(async () => {
    await kit.pool.close()
    await proxy.stop()
    await redis.stop()
  })

  it('is known again after a connection was lost, and has what it had confirmed or only taken', async () => {
    proxy.swallowReplies()
    const outcome = submit(kit.pool, [store(message('a'))])
    await until(async () => await redis.client.zcard('mqtt:msg:a') === 1, 'stored')
    proxy.pass()
    proxy.cut()
    expect(placeOf((await outcome)[0])).toEqual({ score: undefined, prev: undefined })
    expect(await redis.client.zcard('mqtt:msg:a')).toBe(1)
    expect(kit.told).toEqual(['away', 'back same'])
  })

  it('is another one when it was started again, and empty', async () => {
    await submit(kit.pool, [store(message('a'))])
    await redis.kill()
    await until(() => !kit.pool.ready, 'away')
    await redis.start()
    await until(() => kit.pool.ready, 'back')
    expect(kit.told).toEqual(['away', 'back other'])
    expect(await redis.client.dbsize()).toBe(0)
  })

  it('ends the connection that a pool has given up', async () => {
    proxy.holdRequests()
    const held = submit(kit.pool, [store(message('a'))])
    await until(() => !kit.pool.ready, 'away')
    proxy.pass()
    await held
    proxy.releaseRequests()
    const connections = async (): Promise<number> => String(await redis.client.client('LIST')).split('name=hookline-pool1 ').length - 1
    await until(async () => await connections() === 1, 'the old connection is gone')
    expect(await redis.client.zcard('mqtt:msg:a')).toBe(1)
  })

  it('tells the brokers of one pool what another has stored', async () => {
    const other = poolOf(poolSpec(redis.port))
    const heard: unknown[] = []
    other.pool.onWake = (topic, score) => { heard.push([topic, score]) }
    await other.pool.whenReady(5_000)
    let score: number | undefined
    await until(async () => {
      score = placeOf((await submit(kit.pool, [store(message('a'))]))[0]).score
      return heard.length > 0
    }, 'heard')
    expect(heard.at(-1)).toEqual(['a', score])
    await other.pool.close()
  })

  it('lets what has expired go', async () => {
    await submit(kit.pool, [store(message('a'), 1), store(message('b'))])
    await until(async () => (await redis.client.keys('mqtt:msg:*')).length === 2, 'two of four are left')
    expect(await redis.client.exists('mqtt:msg:b')).toBe(1)
  })

  it('answers in time, however long a log is', async () => {
    for (let i = 0; i < 5; i++) await Promise.all(Array.from({ length: 5_000 }, () => submit(kit.pool, [store(message('long'))])))
    const outcomes = await Promise.all(Array.from({ length: 500 }, () => submit(kit.pool, [store(message('long'))])))
    expect(outcomes.every(([outcome]) => outcome?.ok)).toBe(true)
    expect(kit.told).toEqual([])
  })
})
