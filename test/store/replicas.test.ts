import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Page } from '../../src/delivery/ports.ts'
import { command, goodPage, message, placeOf, poolSpec, readyPool, store, submit, type PoolKit } from './pool-kit.ts'
import { startRedis, until, type RedisServer } from './redis-server.ts'
import { startProxy, type TcpProxy } from './tcp-proxy.ts'

let master: RedisServer
let replica: RedisServer
let proxy: TcpProxy
let kit: PoolKit

beforeAll(async () => {
  master = await startRedis()
  replica = await startRedis('--replicaof', `127.0.0.1 ${master.port}`)
})
afterAll(async () => { await Promise.all([master.stop(), replica.stop()]) })
beforeEach(async () => {
  await until(async () => (await master.client.info('replication')).includes('state=online'), 'replicated')
  await master.client.flushall()
  await master.client.config('RESETSTAT')
  proxy = await startProxy(master.port)
  kit = await readyPool(poolSpec(proxy.port, { waitReplicas: 1 }))
})
afterEach(async () => {
  replica.thaw()
  await kit.pool.close()
  await proxy.stop()
})

/** Longer than a WAIT of a round takes, and then some of those that follow it. Milliseconds. */
const LONGER_THAN_A_WAIT_MS = 2_500

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, ms) })
}

/** Whether it has come about after a while. */
async function comesWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  return await Promise.race([work.then(() => true), pause(ms).then(() => false)])
}

async function callsOf(name: string): Promise<number> {
  return Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(await master.client.info('commandstats'))?.[1] ?? 0)
}

describe('with `wait_replicas`', () => {
  it('what is stored is confirmed when the replicas have it, with one more command a round', async () => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => submit(kit.pool, [store(message('a'))])))
    expect(outcomes.every(([outcome]) => outcome?.ok)).toBe(true)
    expect(await replica.client.zcard('mqtt:msg:a')).toBe(20)
    // one asked on connecting
    expect(await callsOf('wait')).toBe(2)
  })

  it('nothing is confirmed while too few have it; then it is, where it was, and no command ran twice', async () => {
    replica.freeze()
    const outcome = submit(kit.pool, [store(message('a')), command('incr', 'n')])
    expect(await comesWithin(LONGER_THAN_A_WAIT_MS, outcome)).toBe(false)
    expect(kit.told[0]).toBe('away')
    expect(kit.lines[0]?.fields['reason']).toBe('NOREPLICAS 0 of 1 replicas have confirmed in time (wait_replicas)')
    replica.thaw()
    const [stored, counted] = await outcome
    expect(placeOf(stored).score).toBeDefined()
    expect(counted?.ok).toBe(true)
    expect(await master.client.get('n')).toBe('1')
    await until(() => kit.pool.ready, 'back')
    expect(kit.lines.map(({ message: text }) => text)).toEqual(['Redis is away', 'Redis is back'])
  })

  it('acknowledgements and pages go on meanwhile, and later messages come after', async () => {
    const [old, held, later] = [message('a'), message('a'), message('a')]
    await submit(kit.pool, [store(old)])
    replica.freeze()
    const outcome = submit(kit.pool, [store(held)])
    await until(() => kit.told.includes('away'), 'away')
    const last = submit(kit.pool, [store(later)])
    await submit(kit.pool, [{ kind: 'ack-queue', topic: 'a', msgid: old.id }])
    const found = await new Promise<Page>((resolve, reject) => {
      kit.pool.onBack = () => { goodPage(kit.pool, 'a').then(resolve, reject) }
    })
    expect(found.entries.map(({ record }) => record.id)).toEqual([held.id])
    replica.thaw()
    await Promise.all([outcome, last])
    expect(await master.client.zrange('mqtt:msg:a', '0', '-1')).toEqual([held.id, later.id])
  })

  it('a store that is sent again because its answer was lost waits as well', async () => {
    replica.freeze()
    proxy.swallowReplies()
    const outcome = submit(kit.pool, [store(message('a'))])
    await until(async () => await master.client.zcard('mqtt:msg:a') === 1, 'stored')
    proxy.pass()
    proxy.cut()
    await until(() => kit.told.includes('back same'), 'back')
    expect(await comesWithin(LONGER_THAN_A_WAIT_MS, outcome)).toBe(false)
    replica.thaw()
    expect((await outcome)[0]?.ok).toBe(true)
    expect(await master.client.zcard('mqtt:msg:a')).toBe(1)
  })

  it('what was carried out and not confirmed when the connection was lost is sent again, and waits', async () => {
    replica.freeze()
    const outcome = submit(kit.pool, [store(message('a'))])
    await until(() => kit.told.includes('away'), 'away')
    // as a new master that has nothing of it
    await master.client.flushall()
    proxy.cut()
    expect(await comesWithin(LONGER_THAN_A_WAIT_MS, outcome)).toBe(false)
    replica.thaw()
    await outcome
    expect(await master.client.zcard('mqtt:msg:a')).toBe(1)
  })

  it('acknowledgements, presence and what nobody waits for need no replica', async () => {
    replica.freeze()
    const outcomes = await Promise.all([
      submit(kit.pool, [{ kind: 'ack-queue', topic: 'a', msgid: 'x' }]),
      submit(kit.pool, [{ kind: 'online', clientid: 'c', node: 'n', now: 100, lastFence: 0 }]),
      submit(kit.pool, [store(message('a'))], { hold: false }),
    ])
    expect(outcomes.every(([outcome]) => outcome?.ok)).toBe(true)
    expect(kit.told).toEqual([])
    // one asked on connecting
    expect(await callsOf('wait')).toBe(1)
  })

  it('closing leaves nobody without an answer', async () => {
    replica.freeze()
    const outcome = submit(kit.pool, [store(message('a'))])
    await until(() => kit.told.includes('away'), 'away')
    await kit.pool.close()
    expect(await outcome).toEqual([{ ok: false, failure: 'passing', message: 'the pool was closed' }])
  })

  it('a user that may not ask for replicas is told so at once', async () => {
    await master.client.call('ACL', 'SETUSER', 'device', 'on', '>right', '~*', '&*', '+@all', '-wait')
    await expect(readyPool(poolSpec(master.port, { waitReplicas: 1, username: 'device', password: 'right' }))).rejects.toThrow(/^NOPERM/)
  })
})
