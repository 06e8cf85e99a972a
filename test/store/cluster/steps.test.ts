import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { keys } from '../../../src/actions/keys.ts'
import type { MessageRecord } from '../../../src/actions/message-record.ts'
import type { Page } from '../../../src/delivery/ports.ts'
import { acknowledgeQueue } from '../../../src/store/cluster/acknowledge.ts'
import type { Entry, Result } from '../../../src/store/cluster/effect-of.ts'
import { createIndexes } from '../../../src/store/cluster/indexes.ts'
import { keepMessages } from '../../../src/store/cluster/keep-messages.ts'
import { openNodes, type Nodes } from '../../../src/store/cluster/nodes.ts'
import { notePresence } from '../../../src/store/cluster/note-presence.ts'
import { readPage } from '../../../src/store/cluster/read-log.ts'
import { CLUSTER_SCRIPTS } from '../../../src/store/cluster/scripts.ts'
import { slotTag } from '../../../src/store/cluster/slot-tag.ts'
import { slotOf } from '../../../src/store/cluster/slot.ts'
import { storeMessages } from '../../../src/store/cluster/store-messages.ts'
import type { Call } from '../../../src/store/connection.ts'
import type { Script } from '../../../src/store/scripts.ts'
import { message } from '../pool-kit.ts'
import { startCluster, type RedisCluster } from '../redis-cluster.ts'
import { clusterSpec } from './cluster-kit.ts'

/*
 * What lies in several slots is written in several steps. Here a broker dies, or another one comes,
 * between any two of them.
 */

let cluster: RedisCluster
let nodes: Nodes

beforeAll(async () => {
  cluster = await startCluster({ replicas: 0 })
  await new Promise<void>((resolve) => {
    const log = { info() {}, warn() {}, error() {} }
    nodes = openNodes({ spec: clusterSpec(cluster), folder: undefined, scripts: Object.values(CLUSTER_SCRIPTS), log }, {
      onReady() { resolve() }, onLost() {}, onTrouble() {},
    })
  })
}, 60_000)
afterAll(async () => {
  await nodes.end()
  await cluster.stop()
})
beforeEach(() => cluster.flush())

const isCommand = (name: string) => (call: Call): boolean => call.name === name
const isScript = (script: Script) => (call: Call): boolean => call.args[0] === script.sha

/** Dies before the first call of that kind: it is never sent, nor is anything after it. */
async function dieBefore(isIt: (call: Call) => boolean, work: (dying: Nodes) => Promise<unknown>): Promise<void> {
  const under = untidied()
  await new Promise<void>((died) => {
    let dead = false
    const pass = <T>(calls: readonly Call[], send: () => Promise<T>): Promise<T> => {
      if (!dead && calls.some(isIt)) {
        dead = true
        // what left before it arrives
        setTimeout(died, 50)
      }
      return dead ? new Promise(() => {}) : send()
    }
    void work({
      ...under,
      send: (key, call, options) => pass([call], () => under.send(key, call, options)),
      sendInOrder: (key, calls, options) => pass(calls, () => under.sendInOrder(key, calls, options)),
    }).then(() => { if (!dead) throw new Error('it was not killed') })
  })
}

/** Somebody else does something between two calls. */
function interrupted(isIt: (call: Call) => boolean, deed: () => Promise<unknown>): Nodes {
  const under = untidied()
  let done = false
  const first = async (calls: readonly Call[]): Promise<void> => {
    if (done || !calls.some(isIt)) return
    done = true
    await deed()
  }
  return {
    ...under,
    async send(key, call, options) {
      await first([call])
      return await under.send(key, call, options)
    },
    async sendInOrder(key, calls, options) {
      await first(calls)
      return await under.sendInOrder(key, calls, options)
    },
  }
}

/** By every eighth message the log is tidied, and nobody waits for it: not beside a test that takes records away. */
function untidied(): Nodes {
  const tidies = isCommand('ZRANDMEMBER')
  return { ...nodes, sendInOrder: (key, calls, options) => calls.some(tidies) ? new Promise(() => {}) : nodes.sendInOrder(key, calls, options) }
}

function storing(record: MessageRecord, expirySeconds?: number): (by?: Nodes) => Promise<readonly Result[]> {
  return (by = untidied()) => storeMessages({ nodes: by, indexes: createIndexes(by), entries: [{ effect: { kind: 'store', record, expirySeconds }, expirySeconds }] })
}

function acking(record: MessageRecord): (by?: Nodes) => Promise<readonly Result[]> {
  return (by = nodes) => acknowledgeQueue(by, [{ effect: { kind: 'ack-queue', topic: record.topic, msgid: record.id }, expirySeconds: undefined }])
}

function page(topic: string, by = nodes): Promise<Page | Error> {
  return readPage(by, { kind: 'queue', clientid: 'c', topic, after: undefined, limit: 10, done() {} })
}

async function idsOf(topic: string): Promise<string[]> {
  const found = await page(topic)
  if (found instanceof Error) throw found
  return found.entries.map(({ record }) => record.id)
}

async function left({ id, topic }: MessageRecord): Promise<{ indexed: boolean, logged: boolean, ttl: number }> {
  return {
    indexed: await cluster.client.zscore('mqtt:topics', topic) !== null,
    logged: await cluster.client.zscore(`mqtt:msg:${topic}`, id) !== null,
    ttl: await cluster.client.ttl(`mqtt:msg:${id}`),
  }
}

const STEPS = {
  'its topic is in the index': isCommand('ZADD'),
  'its record is written': isScript(CLUSTER_SCRIPTS.storeRecord),
  'it is logged': isScript(CLUSTER_SCRIPTS.storeLog),
}

describe('a page of a log that is ahead of its clock', () => {
  it('says of nothing that it was seen that came after the page was read', async () => {
    await storing(message('a'))()
    const newest = async (): Promise<number> => Number((await cluster.client.zrange('mqtt:msg:a', '-1', '-1', 'WITHSCORES'))[1])
    const first = await newest()
    // as if the log had been brought here from elsewhere, or the slot were on its way to another master
    await cluster.client.set(keys.slotClock(slotTag(slotOf(keys.log('a')))), '1')
    const found = await readPage(interrupted(isCommand('ZREVRANGE'), storing(message('a'))), { kind: 'queue', clientid: 'c', topic: 'a', after: first, limit: 10, done() {} })
    expect(await newest()).toBeGreaterThan(first)
    expect(found).toMatchObject({ entries: [], last: first, clock: first })
  })
})

describe.each(['a', '{x}/{y}'])('a broker that dies while it stores on %j', (topic) => {
  it.each(Object.entries(STEPS))('before %s leaves no id without record, and none that nobody finds for longer than an hour', async (_, step) => {
    const record = message(topic)
    await dieBefore(step, storing(record))
    const { logged, ttl } = await left(record)
    expect(logged).toBe(false)
    // -2: there is none
    expect(ttl === -2 || (ttl > 0 && ttl <= 3_600)).toBe(true)
    expect(await idsOf(topic)).toEqual([])
    await storing(record)()
    expect(await left(record)).toEqual({ indexed: true, logged: true, ttl: -1 })
    expect(await idsOf(topic)).toEqual([record.id])
  })

  it('before the record is kept for ever leaves one that is found, for an hour', async () => {
    const record = message(topic)
    await dieBefore(isCommand('PERSIST'), storing(record))
    const { logged, ttl } = await left(record)
    expect(logged).toBe(true)
    expect(ttl).toBeGreaterThan(3_500)
    expect(ttl).toBeLessThanOrEqual(3_600)
    await storing(record)()
    expect(await left(record)).toEqual({ indexed: true, logged: true, ttl: -1 })
    expect(await idsOf(topic)).toEqual([record.id])
  })

  it('leaves a record with an expiry for no longer than that', async () => {
    const record = message(topic)
    await dieBefore(isScript(CLUSTER_SCRIPTS.storeLog), storing(record, 60))
    const { ttl } = await left(record)
    expect(ttl).toBeGreaterThan(50)
    expect(ttl).toBeLessThanOrEqual(60)
  })
})

describe('a broker that dies while it acknowledges', () => {
  it('leaves an id without record, which the next reader takes out', async () => {
    const [acked, next] = [message('a'), message('a')]
    await storing(acked)()
    await storing(next)()
    await dieBefore(isCommand('ZREM'), acking(acked))
    expect((await left(acked)).logged).toBe(true)
    expect(await idsOf('a')).toEqual([next.id])
    expect((await left(acked)).logged).toBe(false)
  })
})

describe('a message that is stored again, because the answer was lost,', () => {
  it('is not taken out by a reader that has just found its record missing', async () => {
    const record = message('a')
    await storing(record)()
    // a failover without replicas to wait for has lost it
    await cluster.client.del(`mqtt:msg:${record.id}`)
    const found = await page('a', interrupted(isScript(CLUSTER_SCRIPTS.trim), storing(record)))
    // the reader must not go on behind it either
    expect(found).toBeInstanceOf(Error)
    expect(await idsOf('a')).toEqual([record.id])
    expect(await left(record)).toEqual({ indexed: true, logged: true, ttl: -1 })
  })

  it('stops a reader before it and not at the entries before', async () => {
    const [before, record, after] = [message('a'), message('a'), message('a')]
    for (const each of [before, record, after]) await storing(each)()
    await cluster.client.del(`mqtt:msg:${record.id}`)
    const found = await page('a', interrupted(isScript(CLUSTER_SCRIPTS.trim), storing(record)))
    if (found instanceof Error) throw found
    expect(found.entries.map((entry) => entry.record.id)).toEqual([before.id])
    expect(found).toMatchObject({ more: true, last: Number(await cluster.client.zscore('mqtt:msg:a', before.id)) })
  })

  it('comes back whole if a reader was faster', async () => {
    const record = message('a')
    await storing(record)()
    await cluster.client.del(`mqtt:msg:${record.id}`)
    const reading = interrupted(isScript(CLUSTER_SCRIPTS.storeLog), () => idsOf('a'))
    await cluster.client.del(`mqtt:msg:${record.id}`)
    await storing(record)(reading)
    expect(await idsOf('a')).toEqual([record.id])
  })

  it.each(['DEL', 'ZREM'])('and acknowledged by another broker meanwhile (before its %s) leaves all of it or nothing', async (name) => {
    const record = message('a')
    await storing(record)()
    await acking(record)(interrupted(isCommand(name), storing(record)))
    const { logged, ttl } = await left(record)
    expect([logged, ttl]).toEqual([false, -2])
  })

  it.each(Object.entries({ ...STEPS, 'it is kept for ever': isCommand('PERSIST') }))('and acknowledged before %s leaves all of it or nothing', async (_, step) => {
    const record = message('a')
    await storing(record)()
    await storing(record)(interrupted(step, acking(record)))
    // of an id without record the next reader takes care
    await idsOf('a')
    const { logged, ttl } = await left(record)
    expect([[false, -2], [true, -1]]).toContainEqual([logged, ttl])
  })
})

describe('a retained message that is sent again, because the answer was lost,', () => {
  const retain = (boot: string, number: number, record: MessageRecord, kind: 'retain' | 'retain-delete' = 'retain'): Promise<readonly Result[]> => {
    const entry: Entry<'retain' | 'retain-delete' | 'latest'> = { effect: { kind, record, expirySeconds: undefined }, expirySeconds: undefined }
    return keepMessages({ nodes, indexes: createIndexes(nodes), boot, sent: new Map(), calls: [{ number, entries: [entry] }] })
  }

  it('does not undo what another broker has done since', async () => {
    const [first, second] = [message('a', { retain: true }), { ...message('a', { retain: true }), id: `0000000000${'x'.repeat(10)}` }]
    await retain('one', 1, first)
    await retain('two', 1, second)
    await retain('one', 1, first)
    expect(await cluster.client.hget('mqtt:retain:a', 'id')).toBe(second.id)
    await retain('two', 2, { ...second, payload: Buffer.alloc(0) }, 'retain-delete')
    await retain('one', 1, first)
    expect(await cluster.client.exists('mqtt:retain:a')).toBe(0)
  })
})

describe('presence', () => {
  const online: Entry<'online' | 'offline'> = { effect: { kind: 'online', clientid: 'c', node: 'n', now: 100, lastFence: 0 }, expirySeconds: undefined }
  const offline: Entry<'online' | 'offline'> = { effect: { kind: 'offline', clientid: 'c', node: 'n', now: 101, fence: 100 }, expirySeconds: undefined }

  it.each([
    ['listing who comes', online, isCommand('HSET')], ['setting who comes online', online, isScript(CLUSTER_SCRIPTS.online)],
    ['setting who goes offline', offline, isScript(CLUSTER_SCRIPTS.offline)], ['unlisting who goes', offline, isScript(CLUSTER_SCRIPTS.unlist)],
  ] as const)('of a broker that died before %s can be put right from its list', async (_, entry, step) => {
    if (entry === offline) await notePresence(nodes, [online])
    await dieBefore(step, (dying) => notePresence(dying, [entry]))
    const state = await cluster.client.hget('mqtt:client:c', 'state')
    if (state === '1') expect(await cluster.client.hget('mqtt:node:n', 'c')).toBe('100')
    await notePresence(nodes, [offline])
    expect(await cluster.client.hget('mqtt:client:c', 'state')).not.toBe('1')
    expect(await cluster.client.hget('mqtt:node:n', 'c')).toBeNull()
  })
})

describe('the index of topics', () => {
  const day = 86_400
  const now = Math.floor(Date.now() / 1_000)

  it('loses in a sweep what holds nothing and was not written for a day, and nothing else', async () => {
    const indexes = createIndexes(nodes)
    for (const topic of ['empty', 'full', 'fresh']) await indexes.write('logs', new Set([topic]))
    await storing(message('full'))()
    await cluster.client.zadd('{mqtt:topics}:seen', now - day - 10, 'empty', now - day - 10, 'full')
    await indexes.sweep(now)
    expect(await cluster.client.zrange('mqtt:topics', '0', '-1')).toEqual(['fresh', 'full'])
    // looked at again in a day
    expect(Number(await cluster.client.zscore('{mqtt:topics}:seen', 'full'))).toBe(now)
    expect(await cluster.client.zscore('{mqtt:topics}:seen', 'empty')).toBeNull()
  })

  it('keeps a topic that is written while it is swept', async () => {
    const record = message('a')
    await createIndexes(nodes).write('logs', new Set(['a']))
    await cluster.client.zadd('{mqtt:topics}:seen', now - day - 10, 'a')
    const sweeping = interrupted(isScript(CLUSTER_SCRIPTS.forget), storing(record))
    await createIndexes(sweeping).sweep(now)
    expect(await left(record)).toEqual({ indexed: true, logged: true, ttl: -1 })
  })

  it('is written once an hour for each topic, and again at once if it may have lost some', async () => {
    const indexes = createIndexes(nodes)
    await indexes.write('logs', new Set(['a']))
    await cluster.flush()
    await indexes.write('logs', new Set(['a', 'b']))
    expect(await cluster.client.zrange('mqtt:topics', '0', '-1')).toEqual(['b'])
    indexes.forget()
    await indexes.write('logs', new Set(['a']))
    expect(await cluster.client.zrange('mqtt:topics', '0', '-1')).toEqual(['a', 'b'])
  })
})
