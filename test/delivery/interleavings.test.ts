import { expect, test } from 'vitest'
import type { Submission } from '../../src/delivery/ports.ts'
import { RunList } from '../../src/delivery/run-list.ts'
import type { Step } from '../../src/plan/program.ts'
import { MemoryPool } from '../../src/simulate/memory-pool.ts'
import { MemoryRedis } from '../../src/simulate/memory-redis.ts'
import { packet, programOf, PublisherStub, QUEUE_AND_PUBSUB, Rig, turn, type Rule } from './rig.ts'

/** Moments at which a promise once broke: each test failed before its cause was mended. */

const A_DAY_MICROS = 86_400_000_000

test('a message whose pool is closed before it was stored is not acknowledged', () => {
  const rig = new Rig()
  const submissions: Submission[] = []
  rig.pool.submit = (submission) => { submissions.push(submission) }
  const link = new PublisherStub()
  rig.publisher('p', link).publish(packet('queue/a', 'x', 1, 7))
  submissions[0]?.done([{ ok: false, failure: 'passing', message: 'the pool was closed' }])
  expect(link.acks).toEqual([])
  expect(link.closed).toBe('store_refused')
})

test('a message that is sent again after its pool was replaced goes to the new one', () => {
  const rig = new Rig()
  rig.pool.away()
  const next = new MemoryPool('pool1')
  const before = rig.publisher('p')
  before.publish(packet('queue/a', 'x', 1, 7))
  rig.swap(QUEUE_AND_PUBSUB, next)
  before.close()
  rig.publisher('p').publish(packet('queue/a', 'x', 1, 7))
  expect(next.waiting).toBe(1)
})

test('a session with something of a closed pool in flight goes on from the new one', async () => {
  const rig = new Rig()
  const client = rig.connect('c')
  client.subscribe('queue/a')
  await rig.publish('queue/a', '1')
  client.leave()
  const next = new MemoryPool('pool1', rig.pool.redis)
  rig.swap(QUEUE_AND_PUBSUB, next)
  rig.delivery.abandon(rig.pool)
  rig.pool.away()
  const back = rig.connect('c')
  for (let i = 0; i < 5; i++) {
    await turn()
    next.round()
  }
  expect(back.payloads).toEqual(['1'])
})

test('what no rule covers is sent again once, also if a body that was refused is to be asked for again when its pool is closed', async () => {
  const rig = new Rig()
  const client = rig.connect('c')
  for (const topic of ['queue/a', 'free']) {
    client.subscribe(topic)
    await rig.publish(topic, topic)
  }
  client.leave()
  rig.pool.bodies = (_msgids, done) => { queueMicrotask(() => { done(new Error('NOPERM')) }) }
  const back = rig.connect('c')
  await turn()
  rig.swap(QUEUE_AND_PUBSUB, new MemoryPool('pool1'))
  rig.delivery.abandon(rig.pool)
  await turn()
  expect(back.payloads).toEqual(['free'])
  rig.clock.pass(1000)
  await turn()
  expect(back.payloads).toEqual(['free'])
})

test('a member of a shared subscription that unsubscribes finishes what it has begun to receive', async () => {
  const rig = new Rig()
  const members = [rig.connect('c'), rig.connect('d')]
  for (const member of members) member.subscribe('$share/g/queue/a')
  await rig.publish('queue/a', '1')
  const [has, other] = members[0]?.open.length === 1 ? members : members.toReversed()
  if (has === undefined || other === undefined) throw new Error('there are two')
  rig.delivery.unsubscribe(has.session, '$share/g/queue/a')
  await rig.publish('queue/a', '2')
  has.ackAll()
  other.ackAll()
  await rig.settle()
  expect(other.got).toEqual(['2'])
  expect(rig.pool.redis.records.size).toBe(0)
})

test('what another broker stores while a page is on its way is read at once', async () => {
  const redis = new MemoryRedis()
  const [rig, other] = [new Rig({ redis }), new Rig({ redis, boot: '00000000002' })]
  const client = rig.connect('c')
  client.subscribe('queue/a')
  await turn()
  const answer = rig.pool.leave()
  await other.publish('queue/a', '1')
  rig.delivery.changed(rig.pool, 'queue/a')
  answer()
  await rig.settle()
  expect(client.got).toEqual(['1'])
})

test('a replay that Redis refuses is tried again at a steady pace', async () => {
  const rules: readonly Rule[] = [
    ['message.publish', '#', 'on_message_store_keep_latest'],
    ['session.subscribed', '#', 'on_message_fetch_for_keep_latest'],
    ['message.acked', '#', 'on_message_acked_for_keep_latest'],
  ]
  const rig = new Rig({ rules })
  const client = rig.connect('c')
  for (const topic of ['a', 'b', 'c']) {
    client.subscribe(topic)
    await rig.publish(topic, topic)
  }
  client.leave()
  let asked = 0
  rig.pool.latest = (_topic, done) => {
    asked++
    queueMicrotask(() => { done(new Error('NOPERM')) })
  }
  rig.connect('c')
  for (let second = 0; second < 7; second++) {
    await turn()
    expect(asked).toBeLessThan(10)
    asked = 0
    rig.clock.pass(1000)
  }
})

test('a message that was held behind another one is not sent again to who has acknowledged it meanwhile', async () => {
  const rig = new Rig()
  const away = new MemoryPool('pool2')
  const program = programOf(QUEUE_AND_PUBSUB)
  const [store] = program.steps['message.publish']
  if (store === undefined) throw new Error('there is one')
  const publish: Step[] = [{ ...store, filter: 'queue/#' }, { ...store, number: '9', filter: 'b/#', pool: 'pool2' }]
  rig.delivery.swap({
    program: { ...program, steps: { ...program.steps, 'message.publish': publish } },
    pools: new Map([['pool1', rig.pool], ['pool2', away]]),
  })
  away.away()
  const publisher = rig.publisher('p')
  publisher.publish(packet('b/1', 'held', 1, 1))
  publisher.publish(packet('queue/x', 'm', 1, 2))
  await rig.settle()
  const client = rig.connect('c')
  client.subscribe('queue/x')
  await rig.settle()
  client.ackAll()
  await rig.settle()
  client.leave()
  const back = rig.connect('c')
  await rig.settle()
  away.ready = true
  away.round()
  await rig.settle()
  expect([client.got, back.got]).toEqual([['m'], []])
})

test('a client that subscribes over and over piles up nothing', async () => {
  const rig = new Rig({ rules: [], settings: { maxInflight: 1 } })
  await rig.publish('r', 'R', 1, true)
  const client = rig.connect('c')
  client.subscribe('t')
  await rig.publish('t', '1')
  for (let i = 0; i < 1000; i++) client.subscribe('r')
  await rig.settle()
  while (client.open.length > 0) {
    client.ackAll()
    await turn()
  }
  expect(client.got.length).toBeLessThan(10)
})

test('the slow tick opens no lane for what was stored before the broker began', async () => {
  const rig = new Rig()
  for (let i = 0; i < 300; i++) await rig.publish(`pubsub/${i}`, String(i))
  rig.pool.redis.clock += 120_000_000
  const begun = new Rig({ redis: rig.pool.redis, boot: '00000000002', startedAt: rig.clock.ms + 120_000 })
  const client = begun.connect('c')
  client.subscribe('pubsub/#')
  await begun.settle()
  while (client.open.length > 0) {
    client.ackAll()
    await begun.settle()
  }
  expect(client.session.lanes.size).toBe(0)
  begun.delivery.slowTick()
  await begun.settle()
  expect(client.session.lanes.size).toBe(0)
})

test('another SUBSCRIBE does not end the search for retained messages of one with QoS 0', async () => {
  const rig = new Rig({ rules: [
    ['message.publish', '#', 'on_message_retain'],
    ['message.publish', '#', 'on_retain_delete'],
    ['session.subscribed', '#', 'on_retain_lookup'],
  ] })
  for (const topic of ['x/1', 'x/2']) await rig.publish(topic, topic, 1, true)
  const client = rig.connect('c')
  client.subscribe('x/#', 0)
  await turn()
  client.subscribe('y', 1)
  await rig.settle()
  expect(client.got.toSorted()).toEqual(['x/1 RETAIN', 'x/2 RETAIN'])
})

test('what was published behind a message sent again goes out when that is stored, also when its connection has ended too', async () => {
  const rig = new Rig({ rules: [...QUEUE_AND_PUBSUB.slice(1), ['message.publish', 'queue/#', 'on_message_publish']] })
  const client = rig.connect('c')
  client.subscribe('other')
  const first = rig.publisher('p')
  first.publish(packet('queue/a', 'x', 1, 1))
  first.close()
  const second = rig.publisher('p')
  second.publish(packet('queue/a', 'x', 1, 1))
  second.publish(packet('other', 'y', 0, 0))
  second.close()
  await rig.settle()
  for (const publisher of rig.busy) publisher.sweep(rig.clock.now())
  expect([client.got, second.pending]).toEqual([['y'], 0])
})

test('a message that its client sends again and again on one connection is held no longer for that', () => {
  const rig = new Rig()
  rig.pool.away()
  const link = new PublisherStub()
  const publisher = rig.publisher('p', link)
  for (let i = 0; i < 4; i++) {
    publisher.publish(packet('queue/a', 'x', 1, 1))
    rig.clock.ms += 3_000
    publisher.sweep(rig.clock.now())
  }
  expect(link.closed).toBe('held')
  // its client is back, and has all the time again
  const again = new PublisherStub()
  const next = rig.publisher('p', again)
  next.publish(packet('queue/a', 'x', 1, 1))
  rig.clock.ms += 3_000
  next.sweep(rig.clock.now())
  expect(again.closed).toBe(undefined)
})

const RETAINED: readonly Rule[] = [
  ['message.publish', '#', 'on_message_publish'],
  ['message.publish', '#', 'on_message_retain'],
  ['session.subscribed', '#', 'on_retain_lookup'],
]

test('what was retained in memory goes when rules that a reload brought keep the next one in Redis', async () => {
  const rig = new Rig({ rules: [] })
  await rig.publish('a', 'old', 1, true)
  rig.swap(RETAINED)
  await rig.publish('a', 'new', 1, true)
  const client = rig.connect('c')
  client.subscribe('a')
  await rig.settle()
  expect(client.got).toEqual(['new RETAIN'])
})

test.each(['brings', 'takes away'] as const)('a retained message that is on its way when a reload %s the rules that retain it is retained once', async (what) => {
  const [before, after] = what === 'brings' ? [RETAINED.slice(0, 1), RETAINED] : [RETAINED, RETAINED.slice(0, 1)]
  const rig = new Rig({ rules: before })
  rig.publisher('p').publish(packet('a', 'x', 1, 1, true))
  rig.swap(after)
  await rig.settle()
  const client = rig.connect('c')
  client.subscribe('a')
  await rig.settle()
  expect(client.got).toEqual(['x RETAIN'])
})

test('a position that Redis refuses to take is not read from again, also when its data counts as other', async () => {
  const rig = new Rig()
  const client = rig.connect('c')
  client.subscribe('pubsub/a')
  for (const payload of ['1', '2']) await rig.publish('pubsub/a', payload)
  const { submit } = rig.pool
  // a replica that may only be read from
  const refused: Submission[] = []
  rig.pool.submit = (submission) => { refused.push(submission) }
  client.ackAll()
  rig.delivery.poolBack(rig.pool, { sameData: false })
  await rig.settle()
  rig.pool.submit = submit
  for (const submission of refused) rig.pool.submit(submission)
  await rig.publish('pubsub/a', '3')
  expect(client.got).toEqual(['1', '2', '3'])
})

test('what a failover put before an acknowledged message is delivered', async () => {
  const rig = new Rig()
  const client = rig.connect('c')
  client.subscribe('pubsub/a')
  for (const payload of ['1', '2']) await rig.publish('pubsub/a', payload)
  client.ackAll()
  await rig.settle()
  // the new master has not got the second one, which its publisher's broker stores again: behind another one's
  const { redis } = rig.pool
  const second = [...redis.records.values()].find(({ payload }) => payload.toString() === '2')
  if (second === undefined) throw new Error('it is stored')
  redis.apply({ kind: 'ack-queue', topic: 'pubsub/a', msgid: second.id })
  redis.apply({ kind: 'store', record: { ...second, id: 'of another broker', payload: Buffer.from('3') }, expirySeconds: undefined })
  redis.apply({ kind: 'store', record: second, expirySeconds: undefined })
  rig.delivery.poolBack(rig.pool, { sameData: false })
  await rig.settle()
  expect(client.got).toContain('3')
})

test('what was on its way when the log lost data says nothing about where a reader stands', () => {
  const run = new RunList()
  for (const [msgid, score] of [['1', 1_000_000], ['2', 7_000_000], ['3', 13_000_000]] as const) run.sent(msgid, score)
  run.done('1')
  run.done('2')
  expect(run.position).toEqual({ msgid: '2', doubted: undefined })
  run.forgetScores()
  run.done('3')
  expect(run.position).toMatchObject({ msgid: '3', doubted: { score: 13_000_000, earlier: { msgid: '2', score: 7_000_000 } } })
  run.sent('4', 14_000_000)
  run.done('4')
  // what Redis has may be one of those before, stored again behind others
  expect(run.position).toMatchObject({ msgid: '4', doubted: { score: 14_000_000 } })
})

test('what was on its way when the log lost data skips nothing when it is acknowledged: the clock may be behind it', async () => {
  const rig = new Rig()
  const { redis } = rig.pool
  redis.clock += A_DAY_MICROS
  const client = rig.connect('c')
  client.subscribe('pubsub/a')
  await rig.publish('pubsub/a', '1')
  // the new master has not got it, and its clock is behind the old one's
  const [first] = redis.records.values()
  if (first === undefined) throw new Error('it is stored')
  redis.apply({ kind: 'ack-queue', topic: 'pubsub/a', msgid: first.id })
  redis.clock -= A_DAY_MICROS
  rig.delivery.poolBack(rig.pool, { sameData: false })
  await rig.settle()
  client.ackAll()
  for (const payload of ['2', '3']) await rig.publish('pubsub/a', payload)
  expect(client.got).toEqual(['1', '2', '3'])
})

test('what is acknowledged while a page is on its way is not in it, also when the log may have lost data', async () => {
  const rig = new Rig()
  const client = rig.connect('c')
  client.subscribe('pubsub/a')
  await rig.publish('pubsub/a', '1')
  rig.delivery.poolBack(rig.pool, { sameData: false })
  const late = rig.pool.leave()
  client.ackAll()
  late()
  await rig.settle()
  expect(client.got).toEqual(['1'])
})

test('a first acknowledgement does not pass what a failover put before its message', async () => {
  const rig = new Rig()
  const client = rig.connect('c')
  client.subscribe('pubsub/a')
  for (const payload of ['1', '2']) await rig.publish('pubsub/a', payload)
  const { redis } = rig.pool
  const second = [...redis.records.values()].find(({ payload }) => payload.toString() === '2')
  if (second === undefined) throw new Error('it is stored')
  redis.apply({ kind: 'ack-queue', topic: 'pubsub/a', msgid: second.id })
  redis.apply({ kind: 'store', record: { ...second, id: 'of another broker', payload: Buffer.from('3') }, expirySeconds: undefined })
  redis.apply({ kind: 'store', record: second, expirySeconds: undefined })
  rig.delivery.poolBack(rig.pool, { sameData: false })
  // it leaves before the page that is asked for
  client.ackAll()
  await rig.settle()
  expect(client.got).toEqual(['1', '2', '3'])
})

test('what is stored behind a refused message is not taken for acknowledged on a connection that ends', async () => {
  const rig = new Rig()
  rig.pool.redis.keyspace.replace('mqtt:msg:queue/a', { type: 'string', text: 'of somebody else' })
  const link = new PublisherStub()
  const publisher = rig.publisher('c', link)
  publisher.publish(packet('queue/a', '1', 1, 1))
  publisher.publish(packet('queue/b', '2', 1, 2))
  await rig.settle()
  publisher.close()
  expect([link.closed, link.acks]).toEqual(['store_refused', []])
  const again = new PublisherStub()
  rig.publisher('c', again).publish(packet('queue/b', '2', 1, 2))
  await rig.settle()
  expect([again.acks, rig.pool.redis.records.size]).toEqual([['puback 2'], 1])
})

test.each(['its client comes back', 'another broker stores something'] as const)('a position that Redis has not taken yet is not read from again, also of a topic that a wildcard found: %s', async (what) => {
  const rig = new Rig()
  await rig.publish('pubsub/a', '1')
  const client = rig.connect('c')
  client.subscribe('pubsub/+')
  await rig.settle()
  const { submit } = rig.pool
  const refused: Submission[] = []
  rig.pool.submit = (submission) => { refused.push(submission) }
  client.ackAll()
  await rig.settle()
  let now = client
  if (what === 'its client comes back') {
    client.leave()
    now = rig.connect('c')
  } else rig.delivery.changed(rig.pool, 'pubsub/a')
  await rig.settle()
  expect([...client.got, ...now === client ? [] : now.got]).toEqual(['1'])
  rig.pool.submit = submit
  for (const submission of refused) rig.pool.submit(submission)
  await rig.settle()
  expect(rig.pool.redis.position('c', 'pubsub/a')).toBe([...rig.pool.redis.records.keys()][0])
})

test('what was acknowledged behind a message that has expired is not sent again after the broker was restarted', async () => {
  const rig = new Rig()
  const client = rig.connect('c')
  client.subscribe('pubsub/a')
  for (const payload of ['1', '2', '3']) await rig.publish('pubsub/a', payload)
  const [first, ...others] = client.open
  if (first === undefined) throw new Error('it was sent')
  for (const sent of others) client.ack(sent)
  await rig.settle()
  client.leave()
  const { redis } = rig.pool
  const [msgid] = redis.records.keys()
  redis.keyspace.delete(`mqtt:msg:${msgid}`)
  expect(rig.connect('c').resumed).toBe(true)
  await rig.settle()
  const restarted = new Rig({ redis, boot: '00000000002' })
  const again = restarted.connect('c')
  again.subscribe('pubsub/a')
  await restarted.settle()
  expect(again.got).toEqual([])
})

test('a position is not moved to a message that is stored no longer: it may be stored again', async () => {
  const rig = new Rig()
  const client = rig.connect('c')
  client.subscribe('pubsub/a')
  for (const payload of ['1', '2']) await rig.publish('pubsub/a', payload)
  const [first] = client.open
  if (first === undefined) throw new Error('it was sent')
  client.ack(first)
  await rig.settle()
  client.leave()
  const { redis } = rig.pool
  const [acknowledged, lost] = redis.records.keys()
  redis.keyspace.delete(`mqtt:msg:${lost}`)
  rig.connect('c')
  await rig.settle()
  expect(redis.position('c', 'pubsub/a')).toBe(acknowledged)
})

test('a replay asks once for each latest message in flight, also when one of them is refused at first', async () => {
  const rig = new Rig({ rules: [
    ['message.publish', '#', 'on_message_store_keep_latest'],
    ['session.subscribed', '#', 'on_message_fetch_for_keep_latest'],
    ['message.acked', '#', 'on_message_acked_for_keep_latest'],
  ] })
  const client = rig.connect('c')
  client.subscribe('latest/+')
  for (let i = 0; i < 32; i++) await rig.publish(`latest/${i}`, String(i))
  client.leave()
  const { latest } = rig.pool
  const asked: string[] = []
  rig.pool.latest = (topic, done) => {
    asked.push(topic)
    if (asked.length === 5) queueMicrotask(() => done(new Error('refused')))
    else latest.call(rig.pool, topic, done)
  }
  const again = rig.connect('c')
  await rig.settle()
  expect([asked.length, again.got.length]).toEqual([32, 0])
  rig.clock.pass(1000)
  await rig.settle()
  expect(asked.filter((topic) => topic === 'latest/4').length).toBe(2)
  expect(again.got).toEqual(client.got.map((payload) => `${payload} DUP`))
})

test.each(['after it was consumed', 'before Redis has answered'] as const)('a message whose publisher was closed while it was on its way is stored once, also if its client sends it again %s', async (when) => {
  const redis = new MemoryRedis()
  const [rig, other] = [new Rig({ redis }), new Rig({ redis, boot: '00000000002' })]
  const client = other.connect('c')
  client.subscribe('queue/a')
  await other.settle()
  const publisher = rig.publisher('p')
  publisher.publish(packet('queue/a', '1', 2, 7))
  await turn()
  const answer = rig.pool.leave()
  rig.clock.ms += 11_000
  publisher.sweep(rig.clock.now())
  publisher.close()
  const back = new PublisherStub()
  const sendAgain = () => { rig.publisher('p', back).publish(packet('queue/a', '1', 2, 7)) }
  if (when === 'before Redis has answered') sendAgain()
  answer()
  other.delivery.changed(other.pool, 'queue/a')
  await other.settle()
  client.ackAll()
  await other.settle()
  if (when === 'after it was consumed') sendAgain()
  await rig.settle()
  other.delivery.changed(other.pool, 'queue/a')
  await other.settle()
  expect([client.got, back.acks]).toEqual([['1'], ['pubrec 7']])
})

test.each([['on_message_publish', 'queue'], ['on_message_store_keep_latest', 'keep_latest']] as const)('a message that two pools serve is sent once, whichever is faster: %s and a queue', async (storing, kind) => {
  const rig = new Rig()
  const second = new MemoryPool('pool2')
  const [queue, other] = [programOf(QUEUE_AND_PUBSUB), programOf([
    ['message.publish', '#', storing], ['session.subscribed', '#', `on_message_fetch_for_${kind}`], ['message.acked', '#', `on_message_acked_for_${kind}`],
  ])]
  const both = (hook: 'message.publish' | 'session.subscribed' | 'message.acked'): Step[] =>
    [...other.steps[hook].map((step) => ({ ...step, number: '0', pool: 'pool2' })), ...queue.steps[hook]]
  rig.delivery.swap({
    program: { ...queue, steps: { ...queue.steps, 'message.publish': both('message.publish'), 'session.subscribed': both('session.subscribed'), 'message.acked': both('message.acked') } },
    pools: new Map([['pool1', rig.pool], ['pool2', second]]),
  })
  second.onWaiting = () => { setImmediate(() => { second.round() }) }
  const client = rig.connect('c')
  client.subscribe('queue/a', 2)
  for (const payload of ['1', '2', '3']) await rig.publish('queue/a', payload, 2)
  expect(client.payloads).toEqual(['1', '2', '3'])
  client.ackAll()
  await rig.settle()
  client.leave()
  for (const payload of ['4', '5', '6']) await rig.publish('queue/a', payload, 2)
  const back = rig.connect('c')
  await rig.settle()
  back.ackAll()
  await rig.settle()
  expect(back.payloads.toSorted()).toEqual(['4', '5', '6'])
  expect([rig.pool.redis.records.size, second.redis.records.size, second.redis.latestCount]).toEqual([0, 0, 0])
})

test('what another broker stores below the clock of before is found after a failover to a server whose clock is behind', async () => {
  const redis = new MemoryRedis()
  const [rig, other] = [new Rig({ redis }), new Rig({ redis, boot: '00000000002' })]
  redis.clock += 10_000_000
  const client = rig.connect('c')
  client.subscribe('queue/a')
  await rig.settle()
  rig.delivery.slowTick()
  await rig.settle()
  redis.clock -= 10_000_000
  rig.delivery.poolBack(rig.pool, { sameData: false })
  await rig.settle()
  await other.publish('queue/a', '1')
  rig.delivery.slowTick()
  await rig.settle()
  expect(client.got).toEqual(['1'])
})

test('a position never passes a message that is on its way, also of what no rule fetches', async () => {
  const rig = new Rig()
  const client = rig.connect('c')
  client.subscribe('#')
  for (const payload of ['1', '2', '3']) await rig.publish('pubsub/a', payload)
  const [first, second, third] = client.packets
  if (first === undefined || second === undefined || third === undefined) throw new Error('there are three')
  client.ack(second)
  await rig.settle()
  expect(rig.pool.redis.position('c', 'pubsub/a')).toBeUndefined()
  client.ack(first)
  await rig.settle()
  // the broker ends here: what was not acknowledged is still owed to who subscribes to the topic
  const after = new Rig({ redis: rig.pool.redis, boot: '00000000002' })
  const back = after.connect('c')
  back.subscribe('pubsub/a')
  await after.settle()
  expect(back.payloads).toContain('3')
  expect(back.payloads).not.toContain('1')
})

test('a message that two pools serve is sent to one member of a shared subscription, once', async () => {
  const rig = new Rig({ settings: { maxInflight: 1 } })
  const second = new MemoryPool('pool2')
  const queue = programOf(QUEUE_AND_PUBSUB, { maxInflight: 1 })
  const both = (hook: 'message.publish' | 'session.subscribed' | 'message.acked'): Step[] =>
    [...queue.steps[hook].map((step) => ({ ...step, number: '0', pool: 'pool2' })), ...queue.steps[hook]]
  rig.delivery.swap({
    program: { ...queue, steps: { ...queue.steps, 'message.publish': both('message.publish'), 'session.subscribed': both('session.subscribed'), 'message.acked': both('message.acked') } },
    pools: new Map([['pool1', rig.pool], ['pool2', second]]),
  })
  second.onWaiting = () => { setImmediate(() => { second.round() }) }
  const member = rig.connect('c')
  member.subscribe('$share/g/queue/a')
  for (const payload of ['1', '2', '3']) await rig.publish('queue/a', payload)
  for (let i = 0; i < 6; i++) {
    member.ackAll()
    await rig.settle()
  }
  expect(member.payloads).toEqual(['1', '2', '3'])
})
