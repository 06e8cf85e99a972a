import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { adopt } from '../../src/store/adopt.ts'
import type { PoolSpec } from '../../src/plan/program.ts'
import { leave, oldMessage } from './emqx-data.ts'
import { startFakeSentinel, type FakeSentinel } from './fake-sentinel.ts'
import { goodPage, message, placeOf, poolOf, poolSpec, readyPool, store, submit, type PoolKit } from './pool-kit.ts'
import { freePort, startRedis, until, type RedisServer } from './redis-server.ts'
import { startSentinelGroup, type SentinelGroup } from './sentinel-group.ts'

function sentinelSpec(ports: readonly number[], more: Partial<PoolSpec> = {}): PoolSpec {
  return poolSpec(0, { type: 'sentinel', sentinel: 'mymaster', server: ports.map((port) => ({ host: '127.0.0.1', port })), ...more })
}

/** Milliseconds: a pool is back so soon after its Redis is. */
const BACK_MS = 2_000

describe('what the sentinels say', () => {
  let servers: readonly RedisServer[]
  let sentinels: readonly [FakeSentinel, FakeSentinel, FakeSentinel]
  let kit: PoolKit | undefined

  beforeAll(async () => { servers = await Promise.all([startRedis(), startRedis()]) })
  afterAll(async () => { await Promise.all(servers.map((server) => server.stop())) })
  beforeEach(async () => {
    await Promise.all(servers.map((server) => server.client.flushall()))
    sentinels = await Promise.all([startFakeSentinel(view(0, 1)), startFakeSentinel(view(0, 1)), startFakeSentinel(view(0, 1))])
  })
  afterEach(async () => {
    await kit?.pool.close()
    kit = undefined
    await Promise.all(sentinels.map((sentinel) => sentinel.stop()))
  })

  const server = (i: number): RedisServer => here(servers[i])
  const view = (i: number, epoch: number) => ({ port: server(i).port, epoch })
  const spec = (more: Partial<PoolSpec> = {}): PoolSpec => sentinelSpec(sentinels.map(({ port }) => port), more)
  const logs = (): Promise<number[]> => Promise.all(servers.map((each) => each.client.zcard('mqtt:msg:a')))

  it('is where messages are stored and fetched, and where orders are heard', async () => {
    kit = await readyPool(spec())
    const orders: string[] = []
    kit.pool.onOrder = (text) => { orders.push(text.toString()) }
    await submit(kit.pool, [store(message('a'))])
    expect(await logs()).toEqual([1, 0])
    expect((await goodPage(kit.pool, 'a')).entries).toHaveLength(1)
    await until(async () => await server(0).client.publish('mqtt_channel', 'x') === 1, 'heard')
    await until(() => orders.length === 1, 'told')
  })

  it('is followed when it changes, though the old master goes on answering; the data counts as other', async () => {
    kit = await readyPool(spec())
    await submit(kit.pool, [store(message('a'))])
    for (const sentinel of sentinels) sentinel.view = view(1, 2)
    const started = Date.now()
    await until(() => kit?.told.includes('back other') === true, 'back')
    expect(Date.now() - started).toBeLessThan(BACK_MS)
    await submit(kit.pool, [store(message('a'))])
    expect(await logs()).toEqual([1, 1])
    expect(kit.told).toEqual(['away', 'back other'])
    await until(async () => await server(1).client.publish('mqtt_channel', 'x') === 1, 'orders are heard there too')
    expect(await server(0).client.publish('mqtt_channel', 'x')).toBe(0)
    expect(kit.lines.map(({ message: text }) => text)).toContain('the sentinels name another master')
  })

  it('counts by its epoch: one sentinel that knows of a later failover is right, and one that missed it is not', async () => {
    kit = await readyPool(spec())
    sentinels[2].view = view(1, 2)
    await until(() => kit?.told.includes('back other') === true, 'back')
    await submit(kit.pool, [store(message('a'))])
    expect(await logs()).toEqual([0, 1])
    // the two others know of the failover now, the third is the one left behind
    sentinels[0].view = sentinels[1].view = view(1, 2)
    sentinels[2].view = view(0, 1)
    const again = await readyPool(spec())
    await submit(again.pool, [store(message('a'))])
    expect(await logs()).toEqual([0, 2])
    await again.pool.close()
  })

  it('is not believed of a minority that says something older than was known', async () => {
    for (const sentinel of sentinels) sentinel.view = view(1, 2)
    kit = await readyPool(spec())
    await Promise.all([sentinels[0].stop(), sentinels[1].stop()])
    sentinels[2].view = view(0, 1)
    // as good as lost: whoever asks the sentinels now is told of the old one
    await server(1).client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await until(() => kit?.told.includes('away') === true, 'away')
    const outcome = submit(kit.pool, [store(message('a'))])
    await new Promise((resolve) => { setTimeout(resolve, 1_000) })
    expect(kit.pool.ready).toBe(false)
    sentinels[2].view = view(1, 2)
    expect((await outcome)[0]?.ok).toBe(true)
    expect(await logs()).toEqual([0, 1])
    sentinels = await Promise.all([startFakeSentinel(), startFakeSentinel(), Promise.resolve(sentinels[2])])
  })

  it('may come from any of them: one is down, one silent', async () => {
    await sentinels[0].stop()
    sentinels[1].silent = true
    const started = Date.now()
    kit = await readyPool(spec())
    expect(Date.now() - started).toBeLessThan(BACK_MS)
    for (const sentinel of sentinels) sentinel.view = view(1, 2)
    const moved = Date.now()
    await until(() => kit?.told.includes('back other') === true, 'back')
    expect(Date.now() - moved).toBeLessThan(BACK_MS)
    sentinels = [await startFakeSentinel(), sentinels[1], sentinels[2]]
  })

  it('is of a master with a user, a password and databases of its own; sentinels are asked without', async () => {
    await server(0).client.call('ACL', 'SETUSER', 'device', 'on', '>right', '~*', '&*', '+@all')
    kit = await readyPool(spec({ username: 'device', password: 'right', database: 3 }))
    await submit(kit.pool, [store(message('a'))])
    expect(await logs()).toEqual([0, 0])
    await server(0).client.select(3)
    expect(await server(0).client.zcard('mqtt:msg:a')).toBe(1)
    await server(0).client.select(0)
  })

  it('can be a replica, which is asked again until it is a master', async () => {
    await server(1).client.replicaof('127.0.0.1', server(0).port)
    for (const sentinel of sentinels) sentinel.view = view(1, 2)
    const late = poolOf(spec())
    await expect(late.pool.whenReady(500)).rejects.toThrow(/^the server that the sentinels name is a replica$/)
    await server(1).client.replicaof('NO', 'ONE')
    await late.pool.whenReady(BACK_MS)
    await late.pool.close()
  })

  it('is missing with a clause that says what to look at', async () => {
    const clauseOf = async (wanted: PoolSpec): Promise<string> => {
      const { pool } = poolOf(wanted)
      const clause = await pool.whenReady(1_500).then(() => 'ready', (error: unknown) => error instanceof Error ? error.message : '')
      await pool.close()
      return clause
    }
    const nobody = await freePort()
    expect(await clauseOf(sentinelSpec([nobody]))).toBe(`no sentinel says where the master is; 127.0.0.1:${nobody}: connection refused`)
    for (const sentinel of sentinels) sentinel.view = undefined
    expect(await clauseOf(spec())).toBe('the sentinels know no master named "mymaster"')
    for (const sentinel of sentinels) sentinel.refusal = 'NOAUTH Authentication required.'
    expect(await clauseOf(spec())).toBe(
      `no sentinel says where the master is; 127.0.0.1:${sentinels[0].port}: it asks for a password, and hookline has none for sentinels`)
    for (const sentinel of sentinels) [sentinel.refusal, sentinel.view] = [undefined, { port: nobody, epoch: 1 }]
    expect(await clauseOf(spec())).toBe(`the master at 127.0.0.1:${nobody}: connection refused`)
  })

  it('is where `adopt` goes', async () => {
    await leave(server(0).client, '4.x', ['a', 'b'].map((topic, i) => oldMessage('4.x', topic, 1_700_000_000, i)))
    const adoption = await adopt({ spec: spec(), dryRun: false, keysPerSecond: 1_000_000, signal: new AbortController().signal, onProgress() {} })
    expect(adoption).toMatchObject({ logs: 2, added: 2, finished: true })
  })

  it('may be the same and its data other, after a restart with less of it', async () => {
    const weak = await startRedis('--appendonly', 'no')
    for (const sentinel of sentinels) sentinel.view = { port: weak.port, epoch: 1 }
    kit = await readyPool(spec())
    await submit(kit.pool, [store(message('a'))])
    await weak.kill()
    await until(() => kit?.pool.ready === false, 'away')
    await weak.start()
    await until(() => kit?.told.includes('back other') === true, 'back')
    expect((await goodPage(kit.pool, 'a')).entries).toEqual([])
    await weak.stop()
  })
})

describe('a failover', () => {
  let group: SentinelGroup
  let kit: PoolKit

  beforeAll(async () => { group = await startSentinelGroup() }, 60_000)
  afterAll(async () => { await group.stop() })
  beforeEach(async () => {
    kit = await readyPool(sentinelSpec(group.sentinels.map(({ port }) => port)))
  })
  afterEach(async () => { await kit.pool.close() })

  it('that was asked for is followed within two seconds, although the old master takes messages for a while', async () => {
    await group.whole()
    await group.failover()
    const done = Date.now()
    await until(() => kit.told.includes('back other'), 'back')
    expect(Date.now() - done).toBeLessThan(BACK_MS)
    await submit(kit.pool, [store(message('planned'))])
    expect(await (await group.master()).client.zcard('mqtt:msg:planned')).toBe(1)
  }, 60_000)

  it('of a master that was killed is followed within two seconds of the sentinels naming another', async () => {
    await group.whole()
    const old = await group.master()
    await old.kill()
    await until(() => !kit.pool.ready, 'away')
    const outcome = submit(kit.pool, [store(message('killed'))])
    const master = await group.failedOver(old)
    const done = Date.now()
    expect((await outcome)[0]?.ok).toBe(true)
    expect(Date.now() - done).toBeLessThan(BACK_MS)
    expect(await master.client.zcard('mqtt:msg:killed')).toBe(1)
    await old.start()
  }, 60_000)

  it('of a master that froze leaves it for good: what it would say when it thaws is not asked for', async () => {
    await group.whole()
    const old = await group.master()
    old.freeze()
    const outcome = submit(kit.pool, [store(message('frozen'))])
    const master = await group.failedOver(old)
    const done = Date.now()
    expect(placeOf((await outcome)[0]).score).toBeDefined()
    expect(Date.now() - done).toBeLessThan(BACK_MS)
    old.thaw()
    for (let i = 0; i < 50; i++) await submit(kit.pool, [store(message('frozen'))])
    expect(await master.client.zcard('mqtt:msg:frozen')).toBe(51)
    await group.whole()
  }, 60_000)
})

function here<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not there')
  return value
}
