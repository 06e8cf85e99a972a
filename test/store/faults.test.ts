import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { msgidMaker, msgidMicros, newBootId } from '../../src/actions/msgid.ts'
import { command, goodPage, message, page, placeOf, poolOf, poolSpec, readyPool, store, submission, submit, type PoolKit } from './pool-kit.ts'
import { freePort, startRedis, until, type RedisServer } from './redis-server.ts'
import { startProxy, type TcpProxy } from './tcp-proxy.ts'

let redis: RedisServer
let proxy: TcpProxy
let kit: PoolKit

beforeAll(async () => { redis = await startRedis() })
afterAll(async () => { await redis.stop() })
beforeEach(async () => {
  await redis.client.flushall()
  await redis.client.config('SET', 'maxmemory', '0')
  proxy = await startProxy(redis.port)
  kit = await readyPool(poolSpec(proxy.port))
})
afterEach(async () => {
  await kit.pool.close()
  await proxy.stop()
})

/** What the server has of the connections that carry rounds; those of channels have another name. */
async function roundConnections(): Promise<string[]> {
  return String(await redis.client.client('LIST')).split('\n').filter((line) => line.includes('name=hookline-pool1 '))
}

const isBack = (): boolean => kit.pool.ready

describe('a reply that is lost', () => {
  it('leaves the message stored once, its position unknown', async () => {
    const record = message('a')
    proxy.swallowReplies()
    const outcome = submit(kit.pool, [store(record, 100)])
    await until(async () => await redis.client.zcard('mqtt:msg:a') === 1, 'stored')
    proxy.pass()
    proxy.cut()
    expect(placeOf((await outcome)[0])).toEqual({ score: undefined, prev: undefined })
    expect(await redis.client.zcard('mqtt:msg:a')).toBe(1)
    expect(kit.told).toEqual(['away', 'back same'])
  })

  it('does not bring back a message that was acknowledged in between', async () => {
    const records = [message('a'), message('a')] as const
    proxy.swallowReplies()
    const outcomes = records.map((record) => submit(kit.pool, [store(record)]))
    await until(async () => await redis.client.zcard('mqtt:msg:a') === 2, 'stored')
    const other = await readyPool(poolSpec(redis.port))
    await submit(other.pool, [{ kind: 'ack-queue', topic: 'a', msgid: records[0].id }])
    await other.pool.close()
    proxy.pass()
    proxy.cut()
    for (const outcome of outcomes) expect(placeOf((await outcome)[0]).score).toBeUndefined()
    expect(await redis.client.zrange('mqtt:msg:a', '0', '-1')).toEqual([records[1].id])
  })

  it('does not bring back a retained message that was deleted in between', async () => {
    const record = message('a', { retain: true })
    proxy.swallowReplies()
    const outcome = submit(kit.pool, [{ kind: 'retain', record, expirySeconds: undefined }])
    await until(async () => await redis.client.exists('mqtt:retain:a') === 1, 'stored')
    await redis.client.del('mqtt:retain:a')
    proxy.pass()
    proxy.cut()
    expect(await outcome).toEqual([{ ok: true }])
    expect(await redis.client.exists('mqtt:retain:a')).toBe(0)
  })

  it('tells of a message that Redis will never take all the same', async () => {
    await redis.client.set('mqtt:msg:taken', 'by something else')
    await redis.client.call('ACL', 'SETUSER', 'narrow', 'on', '>secret', '+@all', '~mqtt:msg:*', '~mqtt:clock', '~mqtt:topics', '~mqtt:batch:*', '~mqtt:retained', '~mqtt:retain:a')
    const narrow = await readyPool(poolSpec(proxy.port, { username: 'narrow', password: 'secret' }))
    const retain = (topic: string) => submit(narrow.pool, [{ kind: 'retain', record: message(topic, { retain: true }), expirySeconds: undefined }])
    proxy.swallowReplies()
    const taken = ['a', 'a'].map((topic) => submit(narrow.pool, [store(message(topic))]))
    const never = ['taken', 'taken'].map((topic) => submit(narrow.pool, [store(message(topic))]))
    const retained = ['a', 'b'].map(retain)
    await until(async () => await redis.client.exists('mqtt:retain:a') === 1, 'stored')
    // it would be taken now
    await redis.client.del('mqtt:msg:taken')
    proxy.pass()
    proxy.cut()
    for (const outcome of taken) expect(placeOf((await outcome)[0])).toEqual({ score: undefined, prev: undefined })
    for (const outcome of never) expect(await outcome).toMatchObject([{ ok: false, failure: 'lasting', message: expect.stringMatching(/^WRONGTYPE/) }])
    expect(await retained[0]).toEqual([{ ok: true }])
    expect(await retained[1]).toMatchObject([{ ok: false, failure: 'lasting' }])
    const [next] = await submit(narrow.pool, [store(message('taken'))])
    expect(next).toMatchObject({ ok: true })
    await narrow.pool.close()
  })

  it.each(['HSET', 'ZADD', 'EXPIRE'])('tells of messages that Redis takes no %s for all the same', async (denied) => {
    await redis.client.call('ACL', 'SETUSER', 'narrow', 'on', '>secret', '+@all', '~*', `-${denied}`)
    const narrow = await readyPool(poolSpec(proxy.port, { username: 'narrow', password: 'secret' }))
    const none = { ok: false, failure: 'lasting' }
    const both = (topic: string) => submit(narrow.pool, [store(message(topic), 60), { kind: 'retain', record: message(topic, { retain: true }), expirySeconds: 60 }])
    expect(await both('first')).toMatchObject([none, none])
    proxy.swallowReplies()
    const marks = await redis.client.keys('mqtt:batch:*')
    const mark = await redis.client.get(marks[0] ?? '')
    const outcomes = ['a', 'b'].map(both)
    await until(async () => await redis.client.get(marks[0] ?? '') !== mark, 'done')
    proxy.pass()
    proxy.cut()
    for (const outcome of outcomes) expect(await outcome).toMatchObject([none, none])
    await redis.client.call('ACL', 'SETUSER', 'narrow', '+@all')
    expect(await both('next')).toMatchObject([{ ok: true }, { ok: true }])
    await narrow.pool.close()
  })

  it('in its middle costs nothing: what was answered is not sent again, what was not is', async () => {
    // an order object that alternates functions and commands makes many calls of one round
    for (const bytes of [1, 20, 60, 100, 140, 200]) {
      await redis.client.flushall()
      const records = Array.from({ length: 5 }, () => message('a'))
      const outcomes = submit(kit.pool, records.flatMap((record) => [store(record), command('hset', 'seen', record.id, '1')]))
      proxy.cutAfterReplyBytes(bytes)
      expect((await outcomes).every(({ ok }) => ok)).toBe(true)
      expect(await redis.client.zrange('mqtt:msg:a', '0', '-1')).toEqual(records.map(({ id }) => id))
      expect(await redis.client.hlen('seen')).toBe(5)
      await until(isBack, 'back')
    }
  })

  it('keeps what follows in order behind what is sent again', async () => {
    const records = Array.from({ length: 30 }, () => message('a'))
    const outcomes = records.map(async (record, i) => {
      if (i % 10 === 5) proxy.cut()
      const outcome = submit(kit.pool, [store(record)])
      await new Promise(setImmediate)
      return await outcome
    })
    for (const outcome of outcomes) expect((await outcome)[0]?.ok).toBe(true)
    expect(await redis.client.zrange('mqtt:msg:a', '0', '-1')).toEqual(records.map(({ id }) => id))
  })
})

describe('a connection that is cut again and again', () => {
  it('loses no message, brings none back that was consumed meanwhile, and keeps the order of each publisher', async () => {
    const consumer = await readyPool(poolSpec(redis.port))
    const seen: string[] = []
    let publishing = true
    const consume = (async () => {
      for (;;) {
        const last = !publishing
        const { entries } = await goodPage(consumer.pool, 'q', { limit: 7 })
        await Promise.all(entries.map(({ record }) => submit(consumer.pool, [{ kind: 'ack-queue', topic: 'q', msgid: record.id }])))
        seen.push(...entries.map(({ record }) => record.id))
        if (last && entries.length === 0) return
      }
    })()
    const cuts = setInterval(() => {
      if (Math.random() < 0.3) proxy.cut()
      else proxy.cutAfterReplyBytes(1 + Math.floor(Math.random() * 300))
    }, 60)
    const publish = async (order: object): Promise<string[]> => {
      const ids: string[] = []
      for (let i = 0; i < 150; i++) {
        const records = [message('q'), message('q')]
        ids.push(...records.map(({ id }) => id))
        const outcomes = await Promise.all(records.map((record) => submit(kit.pool, [store(record)], { order })))
        expect(outcomes.every(([outcome]) => outcome?.ok)).toBe(true)
      }
      return ids
    }
    const published = await Promise.all([publish({}), publish({}), publish({})])
    clearInterval(cuts)
    publishing = false
    await consume
    await consumer.pool.close()

    expect(seen.toSorted()).toEqual(published.flat().toSorted())
    for (const ids of published) expect(seen.filter((id) => ids.includes(id))).toEqual(ids)
    expect(kit.told.filter((told) => told === 'away').length).toBeGreaterThan(3)
  })
})

describe('two pools of one broker on one Redis', () => {
  it('do not take each other for a repetition', async () => {
    const boot = 'same-boot'
    const { openPool } = await import('../../src/store/open-pool.ts')
    const log = { info: () => {}, warn: () => {}, error: () => {} }
    const pools = [1, 2].map(() => openPool({ spec: poolSpec(redis.port), boot, log }))
    for (const pool of pools) await pool.whenReady(5_000)
    for (let i = 0; i < 3; i++) for (const pool of pools) {
      const [outcome] = await submit(pool, [store(message('a'))])
      expect(placeOf(outcome).score).toBeDefined()
    }
    for (const pool of pools) await pool.close()
    expect(await redis.client.zcard('mqtt:msg:a')).toBe(6)
  })
})

describe('while Redis is away', () => {
  it('what may not wait fails at once, what may is stored when it is back, reads fail', async () => {
    await proxy.refuse()
    await until(() => !kit.pool.ready, 'away')
    const held = submit(kit.pool, [store(message('a'))], { bytes: 70 })
    const started = Date.now()
    const [impatient, read] = await Promise.all([
      submit(kit.pool, [store(message('a')), command('set', 'k', 'v')], { hold: false }), page(kit.pool, 'a'),
    ])
    expect(Date.now() - started).toBeLessThan(100)
    expect(impatient).toEqual([1, 2].map(() => ({ ok: false, failure: 'passing', message: 'connection lost' })))
    expect(read).toBeInstanceOf(Error)
    expect(kit.pool.pendingBytes).toBe(70)

    await proxy.open()
    expect((await held)[0]?.ok).toBe(true)
    expect(kit.pool.pendingBytes).toBe(0)
    expect(await redis.client.zcard('mqtt:msg:a')).toBe(1)
    expect(await redis.client.exists('k')).toBe(0)
    expect(kit.told).toEqual(['away', 'back same'])
    expect(kit.lines.map(({ level, message: text }) => `${level} ${text}`)).toEqual(['warn Redis is away', 'info Redis is back'])
  })

  it('what was on its way and may not wait fails at once; its commands are not repeated, its messages are stored', async () => {
    const record = message('a')
    proxy.swallow()
    const impatient = submit(kit.pool, [store(record), command('incr', 'n')], { hold: false })
    const held = submit(kit.pool, [command('incr', 'm')])
    await new Promise(setImmediate)
    proxy.pass()
    proxy.cut()
    expect((await impatient).map((outcome) => outcome.ok ? 'ok' : outcome.failure)).toEqual(['passing', 'passing'])
    await held
    expect(await redis.client.zrange('mqtt:msg:a', '0', '-1')).toEqual([record.id])
    expect(await redis.client.mget('n', 'm')).toEqual([null, '1'])
    await kit.pool.drained()
  })

  it('forgets what was cancelled before it left, and does not tell', async () => {
    await proxy.refuse()
    await until(() => !kit.pool.ready, 'away')
    const [given, kept] = [submission([store(message('a'))]), submission([store(message('b'))])]
    for (const each of [given, kept]) kit.pool.submit(each.submission)
    given.submission.cancelled = true
    await until(() => kit.pool.pendingBytes === 100, 'let go')
    await proxy.open()
    await kept.outcomes
    expect(await redis.client.exists('mqtt:msg:a')).toBe(0)
    expect(await Promise.race([given.outcomes, kit.pool.drained()])).toBeUndefined()
  })

  it('holds acknowledgements, remembers them, and forgets the oldest beyond its bound', async () => {
    await proxy.refuse()
    await until(() => !kit.pool.ready, 'away')
    const failed: string[] = []
    const order = {}
    for (let i = 0; i <= 100_000; i++) {
      kit.pool.submit({
        order, hold: true, bytes: 1, cancelled: false, effects: [{ kind: 'ack-queue', topic: 'q', msgid: `m${i}` }],
        done: ([outcome]) => { if (outcome?.ok === false) failed.push(`m${i}`) },
      })
    }
    await new Promise(setImmediate)
    expect([failed.length, failed[0], failed.at(-1)]).toEqual([10_000, 'm0', 'm9999'])
    expect(['m9999', 'm10000', 'm100000'].map((id) => kit.pool.acking.has(id))).toEqual([false, true, true])
    await proxy.open()
    await kit.pool.drained()
    expect(kit.pool.acking.has('m100000')).toBe(false)
  })

  it('is back within two seconds of Redis being back, and knows that its data may be other', async () => {
    await submit(kit.pool, [store(message('a'))])
    await redis.kill()
    await until(() => !kit.pool.ready, 'away')
    const held = submit(kit.pool, [store(message('a'))])
    await new Promise((resolve) => { setTimeout(resolve, 1_000) })
    await redis.start()
    const started = Date.now()
    await held
    expect(Date.now() - started).toBeLessThan(2_000)
    expect(kit.told).toEqual(['away', 'back other'])
    expect(await redis.client.zcard('mqtt:msg:a')).toBe(2)
  })
})

describe('a server that freezes', () => {
  it('does not run what lies in its socket after what was sent again', async () => {
    const direct = await readyPool(poolSpec(redis.port))
    const [online] = await submit(direct.pool, [{ kind: 'online', clientid: 'c', node: 'n', now: 100, lastFence: 0 }])
    expect(online).toEqual({ ok: true, online: { fence: 100 } })
    redis.freeze()
    // in the socket of the server; after the timeout it is given up and sent again
    const twins = submit(direct.pool, [command('incr', 'n'), { kind: 'offline', clientid: 'c', node: 'n', now: 101, fence: 100 }])
    await until(() => !direct.pool.ready, 'away')
    const next = submit(direct.pool, [{ kind: 'online', clientid: 'c', node: 'n', now: 101, lastFence: 100 }])
    redis.thaw()
    await twins
    await next
    await until(async () => await redis.client.hget('mqtt:client:c', 'state') === '1', 'online')
    expect(await redis.client.hgetall('mqtt:client:c')).toEqual({ state: '1', online_at: '101', offline_at: 'undefined' })
    expect(Number(await redis.client.get('n'))).toBeLessThanOrEqual(2)
    // that of `kit` and one of `direct`
    expect(await roundConnections()).toHaveLength(2)
    await direct.pool.close()
  })
})

describe('a network that delivers late', () => {
  it('delivers nothing of a connection that was given up, after what was sent again', async () => {
    const [order, now] = [{}, 100]
    await submit(kit.pool, [{ kind: 'online', clientid: 'c', node: 'n', now, lastFence: 0 }], { order })
    proxy.holdRequests()
    const offline = submit(kit.pool, [{ kind: 'offline', clientid: 'c', node: 'n', now, fence: 100 }], { order })
    await until(() => !kit.pool.ready, 'away')
    proxy.pass()
    await offline
    await submit(kit.pool, [{ kind: 'online', clientid: 'c', node: 'n', now, lastFence: 100 }], { order })
    proxy.releaseRequests()
    const state = (): Promise<string | null> => redis.client.hget('mqtt:client:c', 'state')
    await until(async () => (await roundConnections()).length === 1 || await state() === '0', 'the old connection is gone, or was heard')
    expect(await state()).toBe('1')
  })
})

describe('a server that refuses for now', () => {
  it('gets the same stores again, in order, and meanwhile acknowledgements pass and pages come', async () => {
    const records = Array.from({ length: 4 }, () => message('a'))
    await submit(kit.pool, [store(records[0] ?? message('a'))])
    await redis.client.config('SET', 'maxmemory', '1')
    const held = records.slice(1).map((record) => submit(kit.pool, [store(record)]))
    await until(() => kit.told.includes('away'), 'away')
    // what frees memory must not wait for memory
    await submit(kit.pool, [{ kind: 'ack-queue', topic: 'a', msgid: records[0]?.id ?? '' }])
    const found = await new Promise((resolve) => {
      kit.pool.onBack = () => { resolve(page(kit.pool, 'a')) }
    })
    expect(found).toMatchObject({ entries: [] })

    await redis.client.config('SET', 'maxmemory', '0')
    for (const outcome of held) expect(placeOf((await outcome)[0]).score).toBeDefined()
    expect(await redis.client.zrange('mqtt:msg:a', '0', '-1')).toEqual(records.slice(1).map(({ id }) => id))
    expect(kit.lines.map(({ fields, message: text }) => `${text} ${String(fields['reason'])}`)).toEqual([
      "Redis is away OOM command not allowed when used memory > 'maxmemory'.", 'Redis is back undefined',
    ])
  })

  it('never counts a refused call as applied because a later one of the round was', async () => {
    // two calls of stores in one round: the first is refused, memory comes free, the second could be taken
    const records = [message('a'), message('a')] as const
    await redis.client.set('ballast', 'x'.repeat(5_000_000))
    const used = Number(/used_memory:(\d+)/.exec(await redis.client.info('memory'))?.[1])
    await redis.client.config('SET', 'maxmemory', String(used - 1_000_000))
    const outcome = submit(kit.pool, [store(records[0]), command('del', 'ballast'), store(records[1])])
    expect((await outcome).every(({ ok }) => ok)).toBe(true)
    expect(await redis.client.zrange('mqtt:msg:a', '0', '-1')).toEqual(records.map(({ id }) => id))
  })

  it('has its scripts loaded again when it forgot them', async () => {
    await redis.client.script('FLUSH')
    const [outcome] = await submit(kit.pool, [store(message('a'))])
    expect(placeOf(outcome).prev).toBe(0)
  })
})

describe('the first answer', () => {
  it('is awaited until the deadline, then the clause says what was in the way', async () => {
    const refused = poolOf(poolSpec(await freePort()))
    await expect(refused.pool.whenReady(300)).rejects.toThrow(/^connection refused$/)
    await refused.pool.close()

    redis.freeze()
    const silent = poolOf(poolSpec(redis.port))
    await expect(silent.pool.whenReady(500)).rejects.toThrow(/^no answer within 0.5 s$/)
    redis.thaw()
    await silent.pool.whenReady(5_000)
    await silent.pool.close()
  })

  it('is not awaited where waiting does not help', async () => {
    await redis.client.call('ACL', 'SETUSER', 'device', 'on', '>right', '~*', '+@all')
    const wrong = poolOf(poolSpec(redis.port, { username: 'device', password: 'wrong' }))
    await expect(wrong.pool.whenReady(5_000)).rejects.toThrow(/^WRONGPASS invalid username-password pair/)
    await wrong.pool.close()
    const nowhere = poolOf(poolSpec(redis.port, { database: 99 }))
    await expect(nowhere.pool.whenReady(5_000)).rejects.toThrow(/^ERR DB index is out of range$/)
    await nowhere.pool.close()
  })

  it('comes with user, password and database', async () => {
    await redis.client.call('ACL', 'SETUSER', 'device', 'on', '>right', '~*', '+@all', '-@dangerous', '+info')
    const { pool } = await readyPool(poolSpec(redis.port, { username: 'device', password: 'right', database: 3 }))
    await submit(pool, [command('set', 'k', 'v')])
    await pool.close()
    expect(await redis.client.exists('k')).toBe(0)
    await redis.client.select(3)
    expect(await redis.client.get('k')).toBe('v')
    await redis.client.select(0)
  })
})

describe('closing', () => {
  it('waits for what is on its way, and takes nothing more', async () => {
    proxy.delay(50)
    const last = submit(kit.pool, [store(message('a'))])
    await kit.pool.close()
    expect((await last)[0]?.ok).toBe(true)
    expect(await submit(kit.pool, [store(message('a'))])).toMatchObject([{ ok: false, failure: 'passing' }])
    expect(kit.told).toEqual([])
  })

  it('does not wait for a Redis that is away, and leaves nobody without an answer', async () => {
    await proxy.refuse()
    const last = submit(kit.pool, [store(message('a'))])
    const started = Date.now()
    await until(() => !kit.pool.ready, 'away')
    await kit.pool.close()
    expect(Date.now() - started).toBeLessThan(1_000)
    expect(await last).toEqual([{ ok: false, failure: 'passing', message: 'the pool was closed' }])
  })
})

describe('a clock of ours that is set', () => {
  it('is noticed within a second: an id is not later than what Redis stores at that moment', async () => {
    const real = Date.now
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => real() + 3_600_000)
    try {
      await until(() => kit.pool.clockOffsetMs < -3_500_000, 'noticed')
      // as the broker makes them
      const id = msgidMaker(newBootId())(Date.now() + kit.pool.clockOffsetMs)
      const [outcome] = await submit(kit.pool, [store(message('a', { id }))])
      expect(Math.abs((placeOf(outcome).score ?? 0) - (msgidMicros(id) ?? 0))).toBeLessThan(10_000_000)
    } finally {
      clock.mockRestore()
    }
  })
})
