import { describe, expect, it } from 'vitest'
import type { MessageRecord } from '../../../src/actions/message-record.ts'
import type { ChangedTopics, ChangedTopicsRequest, PresentClients, TopicsRequest } from '../../../src/delivery/ports.ts'
import { slotOf } from '../../../src/store/cluster/slot.ts'
import { slotTag } from '../../../src/store/cluster/slot-tag.ts'
import { inOrder, longId, oldMessage, VERSIONS, type OldMessage, type Version } from '../emqx-data.ts'
import { goodPage, message, page, placeOf, retained, store, submit, withResolvers } from '../pool-kit.ts'
import { useCluster } from './cluster-kit.ts'

const world = useCluster({ replicas: 0 })

type Stored = { record: MessageRecord, score: number }

/** Stores messages of one connection on a topic, in this order; their records and scores. */
async function stored(topic: string, count: number, more: Partial<MessageRecord> = {}): Promise<Stored[]> {
  const records = Array.from({ length: count }, () => message(topic, more))
  const order = {}
  const outcomes = await Promise.all(records.map((record) => submit(world.kit.pool, [store(record)], { order })))
  return records.map((record, i) => ({ record, score: placeOf(outcomes[i]?.[0]).score ?? 0 }))
}

/** As {@link stored}, on a topic whose log nobody tidies beside: it has its turn at every eighth score (store-messages.ts). */
async function storedUntidied(count: number): Promise<{ readonly topic: string, readonly all: Stored[] }> {
  for (let number = 0; ; number++) {
    const topic = `untidied/${number}`
    const all = await stored(topic, count)
    if ((all.at(-1)?.score ?? 0) % 8 !== 0) return { topic, all }
  }
}

async function drop(entries: readonly (Stored | undefined)[]): Promise<void> {
  for (const entry of entries) await world.cluster.client.del(`mqtt:msg:${entry?.record.id}`)
}

function key(kind: 'clock' | 'repeats' | 'renewing', topic: string): string {
  return `mqtt:${kind}:{${slotTag(slotOf(`mqtt:msg:${topic}`))}}`
}

function read(topic: string, more?: Parameters<typeof goodPage>[2]): ReturnType<typeof goodPage> {
  return goodPage(world.kit.pool, topic, more)
}

/** Large payloads are compared by their length: the rest would take seconds. */
function sizes(entries: readonly Stored[]): unknown {
  return entries.map(({ record, score }) => [record.id, record.payload.length, score])
}

function asked<T>(ask: (done: (found: T) => void) => void): Promise<T> {
  const { promise, resolve } = withResolvers<T>()
  ask(resolve)
  return promise
}

describe('a page', () => {
  it('brings the stored messages oldest first, all their fields, and the clock of the slot', async () => {
    const all = [
      ...await stored('a', 1, { qos: 2, retain: true, from: 'Jürgen', payload: Buffer.from([0, 255, 32]) }),
      ...await stored('a', 1, { payload: Buffer.alloc(0) }),
    ]
    expect(await read('a')).toEqual({ entries: all, last: all[1]?.score, more: false, clock: all[1]?.score })
  })

  it('goes on after the score it is given and says whether it ended at the limit', async () => {
    const all = await stored('a', 5)
    const first = await read('a', { limit: 2 })
    expect(first).toMatchObject({ entries: all.slice(0, 2), more: true, last: all[1]?.score })
    const second = await read('a', { limit: 10, after: first.last })
    expect(second).toMatchObject({ entries: all.slice(2), more: false, last: all[4]?.score })
    expect(await read('a', { after: second.last })).toMatchObject({ entries: [], more: false, last: second.last })
  })

  it('says the start of an empty log', async () => {
    const [only] = await stored('a', 1)
    await world.cluster.client.del('mqtt:msg:a')
    expect(await read('a')).toEqual({ entries: [], last: 0, more: false, clock: only?.score })
    expect(await read('a', { after: 7 })).toMatchObject({ entries: [], last: 7 })
    expect(await read('never')).toEqual({ entries: [], last: 0, more: false, clock: 0 })
  })

  it('moves over ids whose records are gone and removes them', async () => {
    const { topic, all } = await storedUntidied(6)
    await drop([0, 1, 2, 5].map((i) => all[i]))
    expect(await read(topic, { limit: 2 })).toMatchObject({ entries: [], more: true, last: all[1]?.score })
    expect(await read(topic)).toMatchObject({ entries: all.slice(3, 5), more: false, last: all[5]?.score })
    expect(await world.cluster.client.zcard(`mqtt:msg:${topic}`)).toBe(2)
  })

  it('ends at 256 KB, with one message at least, and leaves none out', async () => {
    const big = await stored('a', 6, { payload: Buffer.alloc(100 * 1024, 1) })
    const small = await stored('a', 3)
    const first = await read('a')
    expect([first.more, first.last]).toEqual([true, big[1]?.score])
    expect(sizes(first.entries)).toEqual(sizes(big.slice(0, 2)))
    expect(sizes((await read('a', { after: first.last })).entries)).toEqual(sizes(big.slice(2, 4)))
    const rest = await read('a', { after: big[3]?.score })
    expect([rest.more, sizes([...rest.entries])]).toEqual([false, sizes([...big.slice(4), ...small])])
    const huge = await stored('b', 2, { payload: Buffer.alloc(300 * 1024, 1) })
    const one = await read('b')
    expect([one.more, one.last, sizes(one.entries)]).toEqual([true, huge[0]?.score, sizes(huge.slice(0, 1))])
  })

  it('never shows what an acknowledgement given before it removes, and shows what was stored before it was asked', async () => {
    const all = await stored('q', 3)
    for (const { record } of all) {
      const acked = submit(world.kit.pool, [{ kind: 'ack-queue', topic: 'q', msgid: record.id }])
      expect((await read('q')).entries.map((entry) => entry.record.id)).not.toContain(record.id)
      await acked
    }
    const record = message('q')
    void submit(world.kit.pool, [store(record)])
    expect((await read('q')).entries.map((entry) => entry.record)).toEqual([record])
  })

  it('tells of a topic whose key holds something else, and the others get theirs', async () => {
    await world.cluster.client.set('mqtt:msg:odd', 'x')
    const [only] = await stored('a', 1)
    const [odd, good] = await Promise.all([page(world.kit.pool, 'odd'), read('a')])
    expect(odd).toBeInstanceOf(Error)
    expect(good.entries).toEqual([only])
    expect(world.kit.told).toEqual([])
  })

  it('of a log that was brought here without its clock is no sign of lost data', async () => {
    const [only] = await stored('a', 1)
    await world.cluster.client.del(key('clock', 'a'))
    expect(await read('a')).toMatchObject({ last: only?.score, clock: only?.score })
    expect(await read('a', { after: only?.score })).toMatchObject({ last: only?.score, clock: only?.score })
  })

  it('shows a clock that was lost with the log', async () => {
    const [only] = await stored('a', 1)
    await world.cluster.client.del('mqtt:msg:a')
    await world.cluster.client.set(key('clock', 'a'), String((only?.score ?? 0) - 5))
    expect(await read('a', { after: only?.score })).toMatchObject({ entries: [], clock: (only?.score ?? 0) - 5 })
  })
})

describe('a cold pubsub reader', () => {
  const cold = { kind: 'pubsub', clientid: 'c' } as const
  const move = (msgid: string): ReturnType<typeof submit> => submit(world.kit.pool, [{ kind: 'ack-pubsub', clientid: 'c', topic: 'a', msgid }])

  it('begins at the beginning without a position, after its position with one', async () => {
    const all = await stored('a', 3)
    expect((await read('a', cold)).entries).toEqual(all)
    await move(all[1]?.record.id ?? '')
    expect((await read('a', cold)).entries).toEqual(all.slice(2))
    await move(all[2]?.record.id ?? '')
    expect(await read('a', cold)).toMatchObject({ entries: [], last: all[2]?.score })
  })

  it('begins after a position of its own that Redis does not have yet, if it is the later one and in the log', async () => {
    const all = await stored('a', 3)
    const [first, second] = all.map(({ record }) => ({ msgid: record.id }))
    expect((await read('a', { ...cold, position: first })).entries).toEqual(all.slice(1))
    await move(second?.msgid ?? '')
    expect((await read('a', { ...cold, position: first })).entries).toEqual(all.slice(2))
    expect((await read('a', { ...cold, position: { msgid: message('a').id } })).entries).toEqual(all.slice(2))
  })

  it('goes on after a doubted position where it stands, else after an earlier one, else a minute before its time', async () => {
    const all = await stored('a', 4)
    const [first, second, third] = all.map(({ record, score }) => ({ msgid: record.id, score }))
    if (first === undefined || second === undefined || third === undefined) throw new Error('there are four')
    const from = async (score: number, earlier?: { readonly msgid: string, readonly score: number }) =>
      (await read('a', { ...cold, position: { msgid: third.msgid, doubted: { score, earlier } } })).entries
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
    await world.cluster.client.hset(`mqtt:msg:${old.id}`, { id: old.id, topic: 'a', payload: 'x' })
    await world.cluster.client.zadd('mqtt:msg:a', (Date.now() - 61_000) * 1_000, old.id)
    expect((await read('a', cold)).entries).toEqual([recent])
    await world.cluster.client.zadd('mqtt:msg:a', (Date.now() - 59_000) * 1_000, old.id)
    expect((await read('a', cold)).entries.map(({ record }) => record.id)).toEqual([old.id, recent?.record.id])
  })

  it('never starts beyond the clock of the slot, wherever the clock of a broker was', async () => {
    const [recent] = await stored('a', 1)
    await world.cluster.client.set('mqtt:acked:c:a', 'zzzzzzzzz00000000000')
    expect(await read('a', cold)).toMatchObject({ last: recent?.score, clock: recent?.score })
  })

  it('takes a position that is no id of ours, or of another topic, or no text, for none', async () => {
    const all = await stored('a', 2)
    const [other] = await stored('b:a', 1)
    for (const held of ['000592A1C7F4A0D0F4400000', other?.record.id ?? '']) {
      await world.cluster.client.set('mqtt:acked:c:a', held)
      expect((await read('a', cold)).entries).toEqual(all)
    }
    await world.cluster.client.del('mqtt:acked:c:a')
    await world.cluster.client.lpush('mqtt:acked:c:a', 'x')
    expect((await read('a', cold)).entries).toEqual(all)
  })
})

describe('single messages', () => {
  it('come by id, undefined for those that are gone, in the order of asking', async () => {
    const all = await stored('a', 300)
    const bodies = (ids: readonly string[]): Promise<unknown> => asked((done) => { world.kit.pool.bodies(ids, done) })
    expect(await bodies(['gone', ...all.map(({ record }) => record.id)])).toEqual([undefined, ...all.map(({ record }) => record)])
    expect(await bodies([])).toEqual([])
  })

  it('are the latest, or the retained of a topic, or none', async () => {
    const [newest, kept] = [message('a', { qos: 0 }), message('a', { retain: true })]
    await submit(world.kit.pool, [{ kind: 'latest', record: newest, expirySeconds: undefined }])
    await submit(world.kit.pool, [{ kind: 'retain', record: kept, expirySeconds: undefined }])
    const latest = (topic: string): Promise<unknown> => asked((done) => { world.kit.pool.latest(topic, done) })
    expect(await Promise.all([latest('b'), latest('a')])).toEqual([undefined, newest])
    expect(await Promise.all([retained(world.kit.pool, 'a'), retained(world.kit.pool, 'b')])).toEqual([{ record: kept, inLogAt: undefined }, undefined])
  })

  it('say where a retained message stands in the log after its reader', async () => {
    const record = message('a', { retain: true })
    const [outcome] = await submit(world.kit.pool, [store(record), { kind: 'retain', record, expirySeconds: undefined }])
    const score = placeOf(outcome).score ?? 0
    const place = async (kind: 'queue' | 'pubsub', after: number | undefined): Promise<number | undefined> => {
      const found = await retained(world.kit.pool, 'a', { kind, clientid: 'c', after })
      if (found === undefined || found instanceof Error) throw new Error('not found')
      return found.inLogAt
    }
    expect(await place('queue', undefined)).toBe(score)
    expect(await place('queue', score - 1)).toBe(score)
    expect(await place('queue', score)).toBeUndefined()
    expect(await place('pubsub', undefined)).toBe(score)
    await submit(world.kit.pool, [{ kind: 'ack-pubsub', clientid: 'c', topic: 'a', msgid: record.id }])
    expect(await place('pubsub', undefined)).toBeUndefined()
    await world.cluster.client.del(`mqtt:msg:${record.id}`)
    expect(await place('queue', undefined)).toBeUndefined()
  })

  it('are what EMQ X retained: a text, the id of a message, or that in a sorted set', async () => {
    const [{ record } = { record: message('a') }] = await stored('log', 1)
    await world.cluster.client.set('mqtt:retain:text', 'plain')
    await world.cluster.client.set('mqtt:retain:named', record.id)
    await world.cluster.client.zadd('mqtt:retain:listed', 1, record.id)
    expect(await retained(world.kit.pool, 'text')).toMatchObject({ record: { topic: 'text', payload: Buffer.from('plain') } })
    expect(await retained(world.kit.pool, 'named')).toMatchObject({ record })
    expect(await retained(world.kit.pool, 'listed')).toMatchObject({ record })
  })
})

it('lists what a client is to be subscribed to, and who is present, as written', async () => {
  await world.cluster.client.hset('mqtt:sub:c', 'b/+', '1', '7', 'x', '__proto__', '2')
  expect(await asked((done) => { world.kit.pool.proxySubscriptions('c', done) })).toEqual([['b/+', '1'], ['7', 'x'], ['__proto__', '2']])
  await world.cluster.client.hset('mqtt:node:n1', { c1: '100', c2: '200' })
  const present = await asked<PresentClients | Error>((done) => { world.kit.pool.presentClients('n1', undefined, done) })
  expect(present).toEqual({ clients: [{ clientid: 'c1', onlineAt: 100 }, { clientid: 'c2', onlineAt: 200 }], next: undefined })
})

describe('the index of topics', () => {
  const topics = (request: Partial<Omit<TopicsRequest, 'done'>> = {}): Promise<unknown> =>
    asked((done) => { world.kit.pool.topics({ index: 'logs', prefix: '', after: undefined, limit: 100, ...request, done }) })

  async function changed(request: Partial<Omit<ChangedTopicsRequest, 'done'>>): Promise<ChangedTopics> {
    const found = await asked<ChangedTopics | Error>((done) => { world.kit.pool.changedTopics({ after: undefined, since: 0, limit: 100, ...request, done }) })
    if (found instanceof Error) throw found
    return found
  }

  const storeOn = (names: readonly string[]): Promise<unknown> => Promise.all(names.map((topic) => submit(world.kit.pool, [store(message(topic))])))

  it('comes in pages, in byte order, from a prefix on', async () => {
    const names = ['a', 'a/Z', 'a/b', 'a/b/c', 'a/é', 'a/{', 'a/\u{1f600}', 'a0', 'b'].toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)))
    await storeOn(names.toReversed())
    expect(await topics()).toEqual(names)
    expect(await topics({ limit: 3 })).toEqual(names.slice(0, 3))
    expect(await topics({ limit: 3, after: 'a/b' })).toEqual(names.slice(3, 6))
    expect(await topics({ prefix: 'a/' })).toEqual(names.slice(1, 7))
  })

  it('is one of its own for retained and for latest messages', async () => {
    await submit(world.kit.pool, [store(message('log'))])
    await submit(world.kit.pool, [{ kind: 'retain', record: message('kept', { retain: true }), expirySeconds: undefined }])
    await submit(world.kit.pool, [{ kind: 'latest', record: message('newest'), expirySeconds: undefined }])
    expect(await Promise.all([topics(), topics({ index: 'retained' }), topics({ index: 'latest' })])).toEqual([['log'], ['kept'], ['newest']])
  })

  it('says page by page which logs have something newer than a score', async () => {
    await storeOn(['a', 'b', 'c', 'd'])
    // what was stored within the last second may be named again
    const before = { clock: (Date.now() + 1) * 1_000 }
    expect(await changed({ since: Number.MAX_SAFE_INTEGER })).toMatchObject({ topics: [], next: undefined })
    await new Promise((resolve) => { setTimeout(resolve, 5) })
    await storeOn(['d', 'b', 'e'])
    const first = await changed({ since: before.clock, limit: 3 })
    expect(first).toMatchObject({ topics: [{ topic: 'b' }], next: 'c' })
    expect(first.clock).toBeLessThan(Date.now() * 1_000)
    expect(first.clock).toBeGreaterThan((Date.now() - 60_000) * 1_000)
    expect(await changed({ since: before.clock, limit: 3, after: first.next })).toMatchObject({ topics: [{ topic: 'd' }, { topic: 'e' }], next: undefined })
  })

  it('names what is stored after a look, whatever the clocks of the masters', async () => {
    const look = await changed({})
    for (let i = 0; i < 30; i++) await storeOn([`t/${i}`])
    expect((await changed({ since: look.clock })).topics).toHaveLength(30)
  })
})

describe.each<Version>(['2.x', '3.0', '4.x'])('what EMQ X %s left in a log', (version) => {
  const written = (topic: string): OldMessage[] => Array.from({ length: 60 }, (_, i) => oldMessage(version, topic, 1_700_000_000 + (i * 37) % 20, i))

  async function leave(messages: readonly OldMessage[]): Promise<void> {
    for (const { id, topic, payload, ts, qos } of messages) {
      const values: Record<string, string> = { id, from: 'old publisher', qos: String(qos), topic, payload, ts, retain: 'false' }
      await world.cluster.client.hset(`mqtt:msg:${id}`, ...VERSIONS[version].fields.flatMap((field) => [field, values[field] ?? '']))
      await world.cluster.client.zadd(`mqtt:msg:${topic}`, 1, id)
    }
  }

  async function readAll(topic: string, kind: 'queue' | 'pubsub' = 'queue'): Promise<string[]> {
    const ids: string[] = []
    for (let after: number | undefined; ;) {
      const { entries, last, more } = await read(topic, { kind, clientid: 'c', after, limit: 7 })
      ids.push(...entries.map(({ record }) => record.id))
      if (!more) return ids
      after = last
    }
  }

  it('comes in the order of its time, then id, before what is stored now, and a position goes on after it', async () => {
    const messages = written('a')
    await leave(messages)
    const early = message('a')
    await submit(world.kit.pool, [store(early)])
    const order = [...inOrder(messages).map(({ id }) => id), early.id]
    expect(await readAll('a')).toEqual(order)
    await submit(world.kit.pool, [{ kind: 'ack-pubsub', clientid: 'c', topic: 'a', msgid: order[9] ?? '' }])
    await submit(world.kit.pool, [{ kind: 'ack-queue', topic: 'a', msgid: order[20] ?? '' }])
    expect(await readAll('a', 'pubsub')).toEqual([...order.slice(10, 20), ...order.slice(21)])
    expect(await world.cluster.client.exists(key('renewing', 'a'))).toBe(0)
  })
})

it('what EMQ X left in large numbers gets scores once, and ids without records go', async () => {
  const messages = Array.from({ length: 450 }, (_, i) => oldMessage('4.x', 'a', 1_700_000_000, i))
  await Promise.all(messages.map(({ id, ts }) => world.cluster.client.hset(`mqtt:msg:${id}`, { id, topic: 'a', payload: 'x', ts, qos: '1' })))
  await world.cluster.client.zadd('mqtt:msg:a', ...messages.flatMap(({ id }) => [1, id]), 1, longId(9_999))
  const first = await read('a', { limit: 1_000 })
  expect(first.entries.map(({ record }) => record.id)).toEqual(inOrder(messages).map(({ id }) => id))
  expect(new Set(first.entries.map(({ score }) => score)).size).toBe(450)
  expect(await read('a', { limit: 1_000 })).toEqual(first)
  expect(first.last).toBeLessThan(first.clock)
})
