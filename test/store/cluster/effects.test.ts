import { describe, expect, it } from 'vitest'
import { slotOf } from '../../../src/store/cluster/slot.ts'
import { slotTag } from '../../../src/store/cluster/slot-tag.ts'
import { command, goodPage, message, placeOf, store, submit } from '../pool-kit.ts'
import { until } from '../redis-server.ts'
import { useCluster } from './cluster-kit.ts'

const world = useCluster({ replicas: 0 })

/** All fields of a hash, in their order. */
function fields(key: string): Promise<unknown> {
  // in capitals: ioredis would make an object of it
  return world.cluster.client.call('HGETALL', key)
}

function clockKey(topic: string): string {
  return `mqtt:clock:{${slotTag(slotOf(`mqtt:msg:${topic}`))}}`
}

function send(...effects: Parameters<typeof submit>[1]): ReturnType<typeof submit> {
  return submit(world.kit.pool, effects)
}

describe.each(['a/b', '{a}/{b}', '}{', '{}', 'a/{', '{{a}}'])('a message on %j', (topic) => {
  it('is stored with its seven fields in order, and logged under its topic with the clock of its slot', async () => {
    const record = message(topic, { qos: 2, payload: Buffer.from([0, 255, 13, 10]) })
    const [outcome] = await send(store(record))
    expect(await fields(`mqtt:msg:${record.id}`)).toEqual([
      'id', record.id, 'from', 'publisher', 'qos', '2', 'topic', topic,
      'payload', record.payload.toString(), 'ts', '1700000000', 'retain', 'false',
    ])
    expect(await world.cluster.client.hgetBuffer(`mqtt:msg:${record.id}`, 'payload')).toEqual(record.payload)
    expect(await world.cluster.client.zrange(`mqtt:msg:${topic}`, '0', '-1', 'WITHSCORES')).toEqual([record.id, String(placeOf(outcome).score)])
    expect(await world.cluster.client.get(clockKey(topic))).toBe(String(placeOf(outcome).score))
    expect(await world.cluster.client.ttl(`mqtt:msg:${record.id}`)).toBe(-1)
    expect(await world.cluster.client.ttl(`mqtt:msg:${topic}`)).toBe(-1)
    expect(await world.cluster.keys()).toEqual([`mqtt:msg:${topic}`, `mqtt:msg:${record.id}`, clockKey(topic), 'mqtt:topics', '{mqtt:topics}:seen'].toSorted())
  })

  it('is read back, acknowledged, and gone', async () => {
    const record = message(topic)
    const [outcome] = await send(store(record))
    expect((await goodPage(world.kit.pool, topic)).entries).toEqual([{ record, score: placeOf(outcome).score }])
    const acked = send({ kind: 'ack-queue', topic, msgid: record.id })
    expect(world.kit.pool.acking.has(record.id)).toBe(true)
    expect((await goodPage(world.kit.pool, topic)).entries).toEqual([])
    expect(await acked).toEqual([{ ok: true }])
    expect(world.kit.pool.acking.has(record.id)).toBe(false)
    expect(await world.cluster.client.exists(`mqtt:msg:${topic}`)).toBe(0)
    expect(await world.cluster.client.exists(`mqtt:msg:${record.id}`)).toBe(0)
  })
})

describe('store', () => {
  it('answers with a score that grows on each topic and the score before it', async () => {
    const outcomes = await Promise.all(['a', 'b', 'a', 'a', 'b'].map((topic) => send(store(message(topic)))))
    const [a1, b1, a2, a3, b2] = outcomes.map(([outcome]) => placeOf(outcome))
    const later = placeOf((await send(store(message('a'))))[0])
    expect([a1?.prev, b1?.prev]).toEqual([0, 0])
    expect([a2?.prev, a3?.prev, later.prev]).toEqual([a1?.score, a2?.score, a3?.score])
    expect(b2?.prev).toBe(b1?.score)
  })

  it('gives scores above the clock of the slot, and above a log that was brought here, even if they are ahead of the time', async () => {
    const ahead = (Date.now() + 3_600_000) * 1_000
    await world.cluster.client.set(clockKey('a'), String(ahead))
    expect(placeOf((await send(store(message('a'))))[0]).score).toBe(ahead + 1)
    await world.cluster.client.zadd('mqtt:msg:b', String(ahead), 'from elsewhere')
    expect(placeOf((await send(store(message('b'))))[0])).toEqual({ score: ahead + 1, prev: ahead })
  })

  it('keeps record and log for the expiry of each message, the log as long as its longest', async () => {
    const [short, long, next] = [message('a'), message('a'), message('a')]
    await Promise.all([send(store(short, 100)), send(store(long, 1_000))])
    await send(store(next, 10))
    const ttl = (key: string): Promise<number> => world.cluster.client.ttl(key)
    expect(await ttl(`mqtt:msg:${short.id}`)).toBeGreaterThan(95)
    expect(await ttl(`mqtt:msg:${short.id}`)).toBeLessThanOrEqual(100)
    expect(await ttl('mqtt:msg:a')).toBeGreaterThan(900)
    await send(store(message('a')))
    expect(await ttl('mqtt:msg:a')).toBe(-1)
  })

  it('merges the stores of one message to the longest expiry and answers each', async () => {
    const [record, other] = [message('a'), message('a')]
    const outcomes = await send(store(record, 10), store(record, 1_000), store(record, 100))
    await send(store(other, 10), store(other))
    expect(outcomes.map(placeOf)).toEqual(Array(3).fill(placeOf(outcomes[0])))
    expect(await world.cluster.client.zcard('mqtt:msg:a')).toBe(2)
    expect(await world.cluster.client.ttl(`mqtt:msg:${record.id}`)).toBeGreaterThan(900)
    expect(await world.cluster.client.ttl(`mqtt:msg:${other.id}`)).toBe(-1)
  })

  it('knows a message that is stored: same score, position unknown, expiry raised', async () => {
    const record = message('a')
    const [first] = await send(store(record, 100))
    const [again] = await send(store(record, 1_000))
    expect(placeOf(again)).toEqual({ score: placeOf(first).score, prev: undefined })
    expect(await world.cluster.client.ttl(`mqtt:msg:${record.id}`)).toBeGreaterThan(900)
    await send(store(record, 10))
    expect(await world.cluster.client.ttl(`mqtt:msg:${record.id}`)).toBeGreaterThan(900)
    await send(store(record))
    expect(await world.cluster.client.ttl(`mqtt:msg:${record.id}`)).toBe(-1)
  })

  it('gives a message that Redis will never take a lasting failure of its own, leaves nothing of it, and stores the others', async () => {
    const [blocked, unlogged] = [message('taken/record'), message('taken/log')]
    await world.cluster.client.lpush('mqtt:msg:taken/log', 'x')
    await world.cluster.client.lpush(`mqtt:msg:${blocked.id}`, 'x')
    const outcomes = await Promise.all([message('a'), unlogged, blocked, message('a')].map((record) => send(store(record))))
    const [first, log, record, last] = outcomes.map(([outcome]) => outcome)
    expect(log).toEqual({ ok: false, failure: 'lasting', message: 'WRONGTYPE Operation against a key holding the wrong kind of value' })
    expect(record).toMatchObject({ ok: false, failure: 'lasting' })
    expect(placeOf(last).prev).toBe(placeOf(first).score)
    expect(await world.cluster.client.exists('mqtt:msg:taken/record')).toBe(0)
    expect(await world.cluster.client.exists(`mqtt:msg:${unlogged.id}`)).toBe(0)
  })

  it('trims ids whose records are gone, the oldest first and behind ones that live for ever', async () => {
    const dead = async (topic: string): Promise<number> => {
      const ids = await world.cluster.client.zrange(`mqtt:msg:${topic}`, '0', '-1')
      const there = await Promise.all(ids.map((id) => world.cluster.client.exists(`mqtt:msg:${id}`)))
      return there.filter((count) => count === 0).length
    }
    for (const topic of ['oldest', 'behind']) {
      if (topic === 'behind') await send(store(message(topic)))
      const records = Array.from({ length: 200 }, () => message(topic))
      await Promise.all(records.map((record) => send(store(record, 1_000))))
      await Promise.all(records.map(({ id }) => world.cluster.client.del(`mqtt:msg:${id}`)))
      expect(await dead(topic)).toBe(200)
      await until(async () => {
        await send(store(message(topic)))
        return await dead(topic) < 50
      }, 'trimmed', 20_000)
    }
  })

  it('carries a great many in rounds and keeps their order', async () => {
    const records = Array.from({ length: 2_500 }, (_, i) => message(`t/${i % 5}`, { payload: Buffer.from(String(i)) }))
    const outcomes = await Promise.all(records.map((record) => send(store(record))))
    expect(outcomes.every(([outcome]) => outcome?.ok)).toBe(true)
    for (let i = 0; i < 5; i++) {
      expect(await world.cluster.client.zrange(`mqtt:msg:t/${i}`, '0', '-1')).toEqual(records.filter(({ topic }) => topic === `t/${i}`).map(({ id }) => id))
    }
    expect(world.kit.pool.pendingBytes).toBe(0)
  })
})

describe('retained and latest messages', () => {
  it('keep the last of each topic with its seven fields, and remove what is deleted', async () => {
    const [first, second, latest] = [message('a', { retain: true }), message('a', { retain: true, payload: Buffer.from('2') }), message('b', { qos: 0 })]
    await Promise.all([
      send({ kind: 'retain', record: first, expirySeconds: undefined }),
      send({ kind: 'retain', record: second, expirySeconds: 100 }),
      send({ kind: 'latest', record: latest, expirySeconds: undefined }),
    ])
    expect(await fields('mqtt:retain:a')).toEqual([
      'id', second.id, 'from', 'publisher', 'qos', '1', 'topic', 'a', 'payload', '2', 'ts', '1700000000', 'retain', 'true',
    ])
    expect(await world.cluster.client.ttl('mqtt:retain:a')).toBeGreaterThan(95)
    expect(await fields('mqtt:latest:b')).toEqual([
      'id', latest.id, 'from', 'publisher', 'qos', '0', 'topic', 'b', 'payload', 'hello', 'ts', '1700000000', 'retain', 'false',
    ])
    expect(await world.cluster.client.zrange('mqtt:retained', '0', '-1')).toEqual(['a'])
    expect(await world.cluster.client.zrange('mqtt:latests', '0', '-1')).toEqual(['b'])

    await send({ kind: 'retain', record: second, expirySeconds: undefined })
    expect(await world.cluster.client.ttl('mqtt:retain:a')).toBe(-1)
    await send({ kind: 'retain-delete', record: message('a', { retain: true, payload: Buffer.alloc(0) }) })
    expect(await world.cluster.client.exists('mqtt:retain:a')).toBe(0)
  })

  it('take store and delete of one topic in the order of their messages', async () => {
    await Promise.all([1, 2, 3].flatMap(() => [
      send({ kind: 'retain', record: message('a', { retain: true }), expirySeconds: undefined }),
      send({ kind: 'retain-delete', record: message('a', { retain: true, payload: Buffer.alloc(0) }) }),
    ]))
    expect(await world.cluster.client.exists('mqtt:retain:a')).toBe(0)
  })

  it('never replace a message by an earlier one of the same broker, by any one of another', async () => {
    const [earlier, later] = [message('a'), message('a')]
    const foreign = { ...message('a'), id: `000000000${'x'.repeat(11)}` }
    const keep = (record: typeof earlier): ReturnType<typeof send> => send({ kind: 'latest', record, expirySeconds: undefined })
    await keep(later)
    await keep(earlier)
    expect(await world.cluster.client.hget('mqtt:latest:a', 'id')).toBe(later.id)
    await keep(foreign)
    expect(await world.cluster.client.hget('mqtt:latest:a', 'id')).toBe(foreign.id)
  })

  it('replace what is no hash of ours, as older EMQ X left it', async () => {
    await world.cluster.client.set('mqtt:retain:a', 'some-id')
    await world.cluster.client.hset('mqtt:retain:b', { payload: 'x', more: 'y' })
    for (const topic of ['a', 'b']) {
      expect(await send({ kind: 'retain', record: message(topic, { retain: true }), expirySeconds: undefined })).toEqual([{ ok: true }])
      expect(await fields(`mqtt:retain:${topic}`)).toHaveLength(14)
    }
  })

  it('of a great many topics in few slots all arrive', async () => {
    const topics = Array.from({ length: 300 }, (_, i) => `{same}/${i}`)
    const outcomes = await Promise.all(topics.map((topic) => send({ kind: 'retain', record: message(topic, { retain: true }), expirySeconds: undefined })))
    expect(outcomes.flat().every(({ ok }) => ok)).toBe(true)
    for (const topic of topics) expect(await world.cluster.client.hget(`mqtt:retain:${topic}`, 'topic')).toBe(topic)
  })

  it('leave as the latest only what is not acknowledged', async () => {
    const [first, second] = [message('a'), message('a')]
    await send({ kind: 'latest', record: first, expirySeconds: undefined })
    await send({ kind: 'latest', record: second, expirySeconds: undefined })
    await send({ kind: 'ack-latest', topic: 'a', msgid: first.id })
    expect(await world.cluster.client.hget('mqtt:latest:a', 'id')).toBe(second.id)
    await send({ kind: 'ack-latest', topic: 'a', msgid: second.id })
    expect(await world.cluster.client.exists('mqtt:latest:a')).toBe(0)
  })
})

describe('positions', () => {
  const move = async (msgid: string): Promise<string | null> => {
    await send({ kind: 'ack-pubsub', clientid: 'c:1', topic: 'p', msgid })
    return await world.cluster.client.get('mqtt:acked:c:1:p')
  }

  it('move forward and never back, by the time in the id', async () => {
    const [first, second] = [message('p'), message('p')]
    expect(await move(second.id)).toBe(second.id)
    expect(await move(first.id)).toBe(second.id)
  })

  it('that are no ids of ours are replaced, and replace nothing of ours', async () => {
    const mine = message('p')
    await world.cluster.client.set('mqtt:acked:c:1:p', '000592A1C7F4A0D0F4400000')
    expect(await move(mine.id)).toBe(mine.id)
    expect(await move('000592A1C7F4A0D0F4400000')).toBe(mine.id)
  })
})

describe('presence', () => {
  const online = (clientid: string, now: number, more: { node?: string, lastFence?: number } = {}): ReturnType<typeof send> =>
    send({ kind: 'online', clientid, node: 'n1', now, lastFence: 0, ...more })
  const offline = (clientid: string, now: number, fence: number, node = 'n1'): ReturnType<typeof send> =>
    send({ kind: 'offline', clientid, node, now, fence })

  it('leaves exactly the keys of the walk-through', async () => {
    expect(await online('c1', 1_700_000_000)).toEqual([{ ok: true, online: { fence: 1_700_000_000 } }])
    expect(await world.cluster.keys()).toEqual(['mqtt:client:c1', 'mqtt:node:n1'])
    expect(await fields('mqtt:client:c1')).toEqual(['state', '1', 'online_at', '1700000000', 'offline_at', 'undefined'])
    expect(await fields('mqtt:node:n1')).toEqual(['c1', '1700000000'])

    expect(await offline('c1', 1_700_000_005, 1_700_000_000)).toEqual([{ ok: true }])
    expect(await world.cluster.keys()).toEqual(['mqtt:client:c1'])
    expect(await fields('mqtt:client:c1')).toEqual(['state', '0', 'online_at', '1700000000', 'offline_at', '1700000005'])
  })

  it('sets nobody offline who has come online on another node since, in the same second too', async () => {
    await online('c1', 100)
    expect(await online('c1', 100, { node: 'n2' })).toEqual([{ ok: true, online: { fence: 101 } }])
    expect(await fields('mqtt:node:n2')).toEqual(['c1', '101'])
    await offline('c1', 100, 100)
    expect(await world.cluster.client.hget('mqtt:client:c1', 'state')).toBe('1')
    expect(await world.cluster.keys()).toEqual(['mqtt:client:c1', 'mqtt:node:n2'])
    await offline('c1', 102, 101, 'n2')
    expect(await world.cluster.client.hget('mqtt:client:c1', 'state')).toBe('0')
  })

  it('keeps the order of one client in one turn, and does not run ahead of the clock', async () => {
    const outcomes = await Promise.all([online('c1', 100), offline('c1', 100, 100), online('c1', 100, { lastFence: 100 }), online('c2', 100), offline('c2', 101, 100)])
    expect(outcomes[2]).toEqual([{ ok: true, online: { fence: 100 } }])
    expect(await world.cluster.client.hget('mqtt:client:c1', 'state')).toBe('1')
    expect(await world.cluster.client.hget('mqtt:client:c2', 'state')).toBe('0')
    expect(await fields('mqtt:node:n1')).toEqual(['c1', '100'])
  })
})

describe('commands', () => {
  it('reach the master of their key as they were split, whatever bytes are in them', async () => {
    const bytes = Buffer.from([0, 32, 13, 10, 255])
    expect(await send(command('hset', 'ack:c1', 'a b\r\n', bytes), command('set', bytes, ''), command('set', 'k', ''))).toEqual(Array(3).fill({ ok: true }))
    expect(await world.cluster.client.hgetBuffer('ack:c1', 'a b\r\n')).toEqual(bytes)
    expect(await world.cluster.client.get(bytes)).toBe('')
    expect(await world.cluster.client.get('k')).toBe('')
  })

  it('of all shapes find the master of their first key', async () => {
    const outcomes = await send(
      command('eval', "return redis.call('SET', KEYS[1], ARGV[1])", '1', 'by script', '1'),
      command('mset', '{t}1', 'x', '{t}2', 'y'),
      command('sadd', '{s}1', 'a', 'b'), command('zunionstore', '{s}3', '1', '{s}1'),
      command('xadd', 'stream', '*', 'f', 'v'),
      command('publish', 'channel', 'text'), command('eval', 'return 1', '0'),
    )
    expect(outcomes).toEqual(outcomes.map(() => ({ ok: true })))
    expect(await world.cluster.client.get('by script')).toBe('1')
    expect(await world.cluster.keys()).toEqual(['by script', 'stream', '{s}1', '{s}3', '{t}1', '{t}2'])
  })

  it('fail for good with the words of Redis and without values, and the next ones run', async () => {
    await world.cluster.client.set('text', 'x')
    const outcomes = await send(
      command('hset', 'text', 'f', 'secret'), command('nosuchcommand', 'secret'), command('hset', 'k', Buffer.from('secret')),
      command('mset', 'a', 'secret', 'b', 'secret'), command('incr', 'n'),
    )
    expect(outcomes.map((outcome) => outcome.ok ? 'ok' : `${outcome.failure} ${outcome.message}`)).toEqual([
      'lasting WRONGTYPE Operation against a key holding the wrong kind of value',
      "lasting ERR unknown command 'NOSUCHCOMMAND'",
      "lasting ERR wrong number of arguments for 'hset' command",
      "lasting CROSSSLOT Keys in request don't hash to the same slot",
      'ok',
    ])
    expect(await world.cluster.client.get('n')).toBe('1')
  })

  it('of one event run one after the other, wherever they go', async () => {
    const subscriber = world.cluster.nodes[0]?.client.duplicate()
    if (subscriber === undefined) throw new Error('no node')
    const seen: Promise<string | null>[] = []
    await subscriber.subscribe('go')
    subscriber.on('message', (_, key: string) => { seen.push(world.cluster.client.get(key)) })
    const keys = Array.from({ length: 60 }, (_, i) => `k${i}`)
    for (const key of keys) await send(command('set', key, 'there'), command('publish', 'go', key))
    await send(command('set', 'last', 'there'))
    expect(await Promise.all(seen)).toEqual(keys.map(() => 'there'))
    subscriber.disconnect()
  })

  it('of one connection keep their order on each key, and their place among its functions', async () => {
    const order = {}
    const records = [message('a'), message('a')] as const
    const note = (word: string): ReturnType<typeof command> => command('rpush', 'notes', word)
    await Promise.all([
      submit(world.kit.pool, [command('set', 'x', '1'), note('1'), store(records[0]), note('2')], { order }),
      submit(world.kit.pool, [note('3'), command('del', 'x'), note('4'), store(records[1])], { order }),
      submit(world.kit.pool, [note('5'), command('hset', `mqtt:msg:${records[1].id}`, 'mark', '1')], { order }),
    ])
    expect(await world.cluster.client.lrange('notes', 0, -1)).toEqual(['1', '2', '3', '4', '5'])
    expect(await world.cluster.client.hlen(`mqtt:msg:${records[1].id}`)).toBe(8)
    expect(await world.cluster.client.exists('x')).toBe(0)
  })
})
