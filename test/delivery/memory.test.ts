import { queryObjects, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import type { MessageRecord } from '../../src/actions/message-record.ts'
import { Group } from '../../src/delivery/group.ts'
import { HeldBytes, MemoryBudget } from '../../src/delivery/memory-queue.ts'
import { RetainedMemory } from '../../src/delivery/retained-memory.ts'
import { RunList } from '../../src/delivery/run-list.ts'
import { MemoryPool } from '../../src/simulate/memory-pool.ts'
import { packet, PublisherStub, QUEUE_AND_PUBSUB, Rig, turn } from './rig.ts'

/** What is kept in memory is what is counted. */

const READ = Buffer.alloc(65_536, 'x')

function record(topic: string, payload: Buffer): MessageRecord {
  return { id: topic, from: 'c', qos: 1, topic, payload, ts: 0, retain: true }
}

test('a message that is kept keeps nothing of what was read with it', () => {
  const retained = record('a', READ.subarray(100, 110))
  new RetainedMemory().set(retained)
  expect([retained.payload.toString(), retained.payload.buffer.byteLength]).toEqual(['xxxxxxxxxx', 10])
  const held = record('b', READ.subarray(0, 10))
  new HeldBytes(new MemoryBudget(() => 1)).add(held)
  expect(held.payload.buffer.byteLength).toBe(10)
  const whole = record('c', READ)
  new HeldBytes(new MemoryBudget(() => 1)).add(whole)
  expect(whole.payload).toBe(READ)
})

test.each(['#', '+/#', 'a/+', 'a/b', '$x/#'])('retained messages in memory are found by %s', (filter) => {
  const memory = new RetainedMemory()
  for (const topic of ['a', 'a/b', 'a/b/c', 'b', '$x/a']) memory.set(record(topic, READ))
  memory.delete('b')
  const expected = { '#': ['a', 'a/b', 'a/b/c'], '+/#': ['a', 'a/b', 'a/b/c'], 'a/+': ['a/b'], 'a/b': ['a/b'], '$x/#': ['$x/a'] }[filter]
  expect(Array.from(memory.matching(filter), ({ topic }) => topic).sort()).toEqual(expected)
})

test('a connection is not read from while much waits behind its message that Redis has not confirmed', async () => {
  const rig = new Rig()
  const link = new PublisherStub()
  const publisher = rig.publisher('c', link)
  const large = 'x'.repeat(100_000)
  publisher.publish(packet('a', '1', 1, 1))
  for (let i = 0; i < 2; i++) publisher.publish(packet('a', large, 0, 0))
  expect(link.paused).toBe(false)
  publisher.publish(packet('a', large, 0, 0))
  expect(link.paused).toBe(true)
  await rig.settle()
  expect([link.acks, link.paused, publisher.pending]).toEqual([['puback 1'], false, 0])
  // nothing before them: they wait for nobody
  for (let i = 0; i < 10; i++) publisher.publish(packet('a', large, 0, 0))
  expect(link.paused).toBe(false)
})

/** Publishes on a connection that is closed for it, and keeps nothing of it but where it was. */
async function closedFor(reason: string | undefined, qos: 1 | 2, rig: Rig): Promise<{ readonly link: WeakRef<object>, readonly body: WeakRef<object> }> {
  const link = new PublisherStub()
  const publisher = rig.publisher('c', link)
  const payload = Buffer.alloc(100_000)
  publisher.publish({ topic: 'queue/a', payload, qos, retain: false, packetId: 1 })
  await rig.settle()
  rig.clock.ms += 20_000
  publisher.sweep(rig.clock.now())
  publisher.close()
  rig.busy.clear()
  expect([link.closed, link.acks]).toEqual([reason, reason === undefined ? ['pubrec 1'] : []])
  return { link: new WeakRef(link), body: new WeakRef(payload.buffer) }
}

async function collected(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void // V8's own
  for (let i = 0; i < 5; i++) {
    await turn()
    collect()
  }
}

test('a message that waits for PUBREL does not hold the connection that it came by', async () => {
  const rig = new Rig()
  const { link } = await closedFor(undefined, 2, rig)
  await collected()
  expect(link.deref()).toBe(undefined)
  const again = new PublisherStub()
  rig.publisher('c', again).publish(packet('queue/a', '', 2, 1))
  await rig.settle()
  expect([again.acks, rig.pool.redis.records.size]).toEqual([['pubrec 1'], 1])
})

test.each(['store_refused', 'held'] as const)('what may come again holds neither its connection nor its payload: %s', async (reason) => {
  const rig = new Rig()
  const log = 'mqtt:msg:queue/a'
  if (reason === 'held') rig.pool.away()
  else rig.pool.redis.keyspace.replace(log, { type: 'string', text: 'of somebody else' })
  const { link, body } = await closedFor(reason, 1, rig)
  rig.pool.ready = true
  await rig.settle()
  await collected()
  expect([link.deref(), body.deref()]).toEqual([undefined, undefined])
  // it is known all the same
  rig.pool.redis.keyspace.delete(log)
  const again = new PublisherStub()
  rig.publisher('c', again).publish({ topic: 'queue/a', payload: Buffer.alloc(100_000), qos: 1, retain: false, packetId: 1 })
  await rig.settle()
  expect([again.acks, rig.counters.retransmissions]).toEqual([['puback 1'], 1])
  expect([...rig.pool.redis.records.values()].map(({ payload }) => payload.length)).toEqual([100_000])
})

test.each(['after its PUBREC', 'when it may come again', 'of QoS 0'] as const)('nothing keeps the long topic of a message %s', async (when) => {
  const rig = new Rig({ rules: when === 'when it may come again' ? QUEUE_AND_PUBSUB : [] })
  rig.connect('c').subscribe('+/a')
  if (when === 'when it may come again') rig.pool.away()
  const publish = () => {
    const publisher = rig.publisher('c')
    for (let i = 1; i <= 1_000; i++) publisher.publish(packet(Buffer.from(`${i}/${'a'.repeat(60_000)}`).toString(), '', when === 'of QoS 0' ? 0 : 2, i))
    rig.clock.ms += 20_000
    publisher.sweep(rig.clock.now())
    publisher.close()
    rig.busy.clear()
  }
  await collected()
  const before = process.memoryUsage().heapUsed
  publish()
  rig.pool.ready = true
  await rig.settle()
  await collected()
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000)
  // it is known all the same
  if (when === 'of QoS 0') return
  rig.publisher('c').publish(packet(`7/${'a'.repeat(60_000)}`, '', 2, 7))
  expect(rig.counters.retransmissions).toBe(1)
})

test('a message that waits for Redis soon keeps nothing of what was read with it', async () => {
  const rig = new Rig()
  rig.pool.away()
  const link = new PublisherStub()
  const publisher = rig.publisher('c', link)
  const publish = (): WeakRef<object> => {
    const read = Buffer.alloc(65_536, 'x')
    publisher.publish({ topic: 'queue/a', payload: read.subarray(100, 110), qos: 1, retain: false, packetId: 1 })
    return new WeakRef(read.buffer)
  }
  const read = publish()
  publisher.sweep(rig.clock.now())
  await collected()
  expect(read.deref()).toBe(undefined)
  rig.pool.ready = true
  await rig.settle()
  expect([link.acks, [...rig.pool.redis.records.values()].map(({ payload }) => payload.toString())]).toEqual([['puback 1'], ['xxxxxxxxxx']])
})

test('a session forgets how far it has come in topics that are stored no more', async () => {
  const rig = new Rig()
  const { keyspace } = rig.pool.redis
  let client = rig.connect('c')
  client.subscribe('pubsub/+')
  for (let connection = 0; connection < 4; connection++) {
    const topics = Array.from({ length: 50 }, (_, i) => `pubsub/${connection}-${i}`)
    for (const topic of topics) {
      await rig.publish(topic, 'x')
      client.ackAll()
    }
    await rig.settle()
    client.leave()
    for (const key of ['mqtt:topics', ...topics.map((topic) => `mqtt:msg:${topic}`)]) keyspace.delete(key)
    client = rig.connect('c')
    await rig.settle()
  }
  // those of the connection before
  expect(queryObjects(RunList, { format: 'count' })).toBeLessThanOrEqual(50)
})

test.each(['in time', 'late'] as const)('a session does not hold the pools of before that it was done with %s', async (when) => {
  const rig = new Rig()
  const client = rig.connect('c')
  client.subscribe('pubsub/a')
  let { pool } = rig
  const rounds = async (of: MemoryPool) => {
    for (let i = 0; i < 5; i++) {
      await turn()
      of.round()
    }
  }
  for (let i = 0; i < 40; i++) {
    rig.publisher(`p${i}`).publish(packet('pubsub/a', String(i), 1, 1))
    await rounds(pool)
    client.ackAll()
    await rounds(pool)
    const before = pool
    pool = new MemoryPool('pool1')
    rig.swap(QUEUE_AND_PUBSUB, pool)
    await rounds(before)
    if (when === 'late') rig.delivery.abandon(before)
    else await rig.delivery.drained(before)
  }
  expect(client.payloads.length).toBe(40)
  // the rules of before, of which each subscription keeps some, know theirs
  expect(queryObjects(MemoryPool, { format: 'count' })).toBeLessThan(25)
})

test('a shared subscription that has no member is forgotten when nothing of it is on its way any more', async () => {
  const rig = new Rig()
  const member = rig.connect('c')
  for (let i = 0; i < 10; i++) {
    member.subscribe(`$share/g${i}/queue/${i}`)
    await rig.publish(`queue/${i}`, '1')
    rig.delivery.unsubscribe(member.session, `$share/g${i}/queue/${i}`)
  }
  expect(queryObjects(Group, { format: 'count' })).toBe(10)
  member.ackAll()
  await rig.settle()
  rig.delivery.sweep()
  expect(queryObjects(Group, { format: 'count' })).toBe(0)
})

test('a lookup of a connection that has ended does not count as an answer to that of the next', async () => {
  const rig = new Rig({ rules: [['session.subscribed', '#', 'on_retain_lookup']] })
  rig.pool.away()
  const before = rig.connect('c')
  before.subscribe('a')
  before.leave()
  const { session } = rig.connect('c')
  const subscription = rig.delivery.subscribe(session, 'a', 1, { own: true })
  rig.delivery.subscribed(session, subscription, { resumed: false })
  expect(session.asked.size).toBe(1)
  rig.clock.pass(600)
  await rig.settle()
  expect(session.asked.size).toBe(1)
  rig.pool.ready = true
  rig.clock.pass(600)
  await rig.settle()
  expect(session.asked.size).toBe(0)
})

test('retained messages of a wildcard are looked up as the client takes them, not all at once', async () => {
  const rig = new Rig({ rules: [['message.publish', '#', 'on_message_retain'], ['session.subscribed', '#', 'on_retain_lookup']] })
  const body = 'x'.repeat(100_000)
  for (let i = 0; i < 150; i++) await rig.publish(`r/${i}`, body, 1, true)
  let asked = 0
  const { retained } = rig.pool
  rig.pool.retained = (request) => {
    asked++
    retained.call(rig.pool, request)
  }
  const client = rig.connect('c')
  // its socket is full after each
  const { publish } = client
  client.publish = (sent) => {
    publish.call(client, sent)
    client.writable = false
  }
  for (const filter of ['r/#', 'r/+']) client.subscribe(filter)
  await rig.settle()
  expect(client.packets.length).toBe(1)
  expect(asked).toBeLessThanOrEqual(40)
  for (let i = 0; i < 300; i++) {
    await rig.settle()
    client.ackAll()
    client.writable = true
    client.session.drained()
  }
  expect(new Set(client.packets.map(({ topic }) => topic)).size).toBe(150)
})
