import { describe, expect, test } from 'vitest'
import { MemoryPool } from '../../src/simulate/memory-pool.ts'
import { MemoryRedis } from '../../src/simulate/memory-redis.ts'
import { packet, PublisherStub, QUEUE_AND_PUBSUB, Rig, turn, type Rule } from './rig.ts'

describe('a queue', () => {
  test('delivers what was stored while nobody listened, in order, and forgets it when it is acknowledged', async () => {
    const rig = new Rig()
    for (const payload of ['1', '2', '3']) await rig.publish('queue/a', payload)
    const client = rig.connect('c')
    client.subscribe('queue/a')
    await rig.settle()
    expect(client.got).toEqual(['1', '2', '3'])
    client.ackAll()
    await rig.settle()
    expect(rig.pool.redis.records.size).toBe(0)
  })

  test('goes on live without reading anything back', async () => {
    const rig = new Rig()
    const client = rig.connect('c')
    client.subscribe('queue/a')
    await rig.settle()
    let reads = 0
    const page = rig.pool.page.bind(rig.pool)
    rig.pool.page = (request) => { reads++; page(request) }
    for (const payload of ['1', '2', '3']) {
      await rig.publish('queue/a', payload)
      client.ackAll()
    }
    await rig.settle()
    expect(client.got).toEqual(['1', '2', '3'])
    expect(reads).toBe(0)
  })

  test('finds a message that another broker stored between two of its own', async () => {
    const redis = new MemoryRedis()
    const here = new Rig({ redis })
    const there = new Rig({ redis, boot: '00000000002' })
    const client = here.connect('c')
    client.subscribe('queue/a')
    await here.settle()
    await here.publish('queue/a', '1')
    await there.publish('queue/a', '2')
    await here.publish('queue/a', '3')
    expect(client.got).toEqual(['1', '2', '3'])
  })

  test('sends no more than the window and the rest as it opens', async () => {
    const rig = new Rig({ settings: { maxInflight: 4 } })
    const client = rig.connect('c')
    client.subscribe('queue/a')
    for (let i = 1; i <= 100; i++) await rig.publish('queue/a', String(i))
    expect(client.got).toHaveLength(4)
    while (client.open.length > 0) {
      client.ackAll()
      await rig.settle()
    }
    expect(client.payloads).toEqual(Array.from({ length: 100 }, (_, i) => String(i + 1)))
  })

  test('without an ack rule delivers all again when the topic is subscribed again', async () => {
    const rig = new Rig({ rules: QUEUE_AND_PUBSUB.filter(([hook]) => hook !== 'message.acked') })
    await rig.publish('queue/a', '1')
    const client = rig.connect('c')
    client.subscribe('queue/a')
    await rig.settle()
    client.ackAll()
    client.subscribe('queue/a')
    await rig.settle()
    expect(client.got).toEqual(['1', '1'])
  })
})

describe('pubsub', () => {
  test('gives each subscriber everything once, also after it comes back', async () => {
    const rig = new Rig()
    await rig.publish('pubsub/a', '1')
    for (const id of ['c', 'd']) {
      const client = rig.connect(id, { clean: true })
      client.subscribe('pubsub/a')
      await rig.settle()
      expect(client.got).toEqual(['1'])
      client.ackAll()
      await rig.settle()
      client.leave()
      const again = rig.connect(id, { clean: true })
      again.subscribe('pubsub/a')
      await rig.settle()
      expect(again.got).toEqual([])
    }
  })

  test('moves the position only over an unbroken run of acknowledgements', async () => {
    const rig = new Rig()
    const client = rig.connect('c')
    client.subscribe('pubsub/a')
    for (const payload of ['1', '2', '3']) await rig.publish('pubsub/a', payload)
    const [first, second, third] = client.open
    const position = () => rig.pool.redis.records.get(rig.pool.redis.position('c', 'pubsub/a') ?? '')?.payload.toString()
    if (first === undefined || second === undefined || third === undefined) throw new Error('three are open')
    client.ack(third)
    await rig.settle()
    expect(position()).toBeUndefined()
    client.ack(first)
    await rig.settle()
    expect(position()).toBe('1')
    client.ack(second)
    await rig.settle()
    expect(position()).toBe('3')
  })

  test('takes effect for QoS 2 at PUBCOMP, not at PUBREC', async () => {
    const rig = new Rig()
    const client = rig.connect('c')
    client.subscribe('queue/a', 2)
    await rig.publish('queue/a', '1', 2)
    const [sent] = client.packets
    client.session.pubrec(sent?.packetId ?? 0)
    await rig.settle()
    expect(rig.pool.redis.records.size).toBe(1)
    client.session.pubcomp(sent?.packetId ?? 0)
    await rig.settle()
    expect(rig.pool.redis.records.size).toBe(0)
  })
})

describe('a session that is resumed', () => {
  test('re-sends what was in flight first, in order, with its packet ids and DUP, PUBRELs too', async () => {
    const rig = new Rig()
    const before = rig.connect('c')
    before.subscribe('queue/a', 2)
    for (const payload of ['1', '2', '3']) await rig.publish('queue/a', payload, 2)
    before.session.pubrec(before.packets[1]?.packetId ?? 0)
    before.leave()
    await rig.publish('queue/a', '4', 2)
    const after = rig.connect('c')
    await rig.settle()
    const released = before.packets[1]?.packetId
    expect(after.got).toEqual(['1 DUP', `pubrel ${released}`, '3 DUP', '4'])
    expect(after.packets[0]?.packetId).toBe(before.packets[0]?.packetId)
  })

  test('frees the packet id of a message that another reader of the queue acknowledged', async () => {
    const rig = new Rig()
    const slow = rig.connect('slow')
    slow.subscribe('queue/a')
    const fast = rig.connect('fast')
    fast.subscribe('queue/a')
    await rig.publish('queue/a', '1')
    slow.leave()
    fast.ackAll()
    await rig.settle()
    const again = rig.connect('slow')
    await rig.settle()
    expect(again.got).toEqual([])
  })

  test('ends a QoS 2 exchange whose message is not stored any more: the client may have it, and would take the next of its packet id for the same', async () => {
    const rig = new Rig()
    const before = rig.connect('c')
    before.subscribe('pubsub/a', 2)
    await rig.publish('pubsub/a', '1', 2)
    const packetId = before.packets[0]?.packetId ?? 0
    before.leave()
    rig.pool.redis.apply({ kind: 'ack-queue', topic: 'pubsub/a', msgid: [...rig.pool.redis.records.keys()][0] ?? '' })
    for (let connection = 0; connection < 2; connection++) {
      const meanwhile = rig.connect('c')
      await rig.settle()
      expect(meanwhile.got).toEqual([`pubrel ${packetId}`])
      if (connection === 1) meanwhile.session.pubcomp(packetId)
      meanwhile.leave()
    }
    const again = rig.connect('c')
    await rig.settle()
    expect(again.got).toEqual([])
  })

  test('acknowledges nothing by the PUBCOMP of a message that it gave up: stored again, it is sent', async () => {
    const rig = new Rig()
    const before = rig.connect('c')
    before.subscribe('queue/a', 2)
    await rig.publish('queue/a', '1', 2)
    const packetId = before.packets[0]?.packetId ?? 0
    before.leave()
    const [record] = rig.pool.redis.records.values()
    if (record === undefined) throw new Error('it is stored')
    rig.pool.redis.apply({ kind: 'ack-queue', topic: 'queue/a', msgid: record.id })
    const after = rig.connect('c')
    await rig.settle()
    expect(after.got).toEqual([`pubrel ${packetId}`])
    rig.pool.redis.apply({ kind: 'store', record, expirySeconds: undefined })
    after.session.pubcomp(packetId)
    await rig.settle()
    expect(rig.pool.redis.records.size).toBe(1)
    after.leave()
    const again = rig.connect('c')
    await rig.settle()
    expect(again.got).toEqual(['1'])
  })

  test('skips in a page what it is about to acknowledge: no repeat without DUP', async () => {
    const rig = new Rig()
    const before = rig.connect('c')
    before.subscribe('queue/a')
    await rig.publish('queue/a', '1')
    before.leave()
    const after = rig.connect('c')
    await turn()
    rig.pool.round() // bodies for the replay
    await turn() // the lane asks for its first page
    const answer = rig.pool.leave()
    after.ackAll() // between the page's reading and its answer
    answer()
    await rig.settle()
    expect(after.got).toEqual(['1 DUP'])
  })
})

describe('what no rule covers', () => {
  test('waits in memory for a persistent session, the oldest goes when there is too much', async () => {
    const rig = new Rig({ rules: [], settings: { maxMqueueLen: 3 } })
    const before = rig.connect('c')
    before.subscribe('x')
    before.leave()
    for (const payload of ['1', '2', '3', '4']) await rig.publish('x', payload)
    const after = rig.connect('c')
    await rig.settle()
    expect(after.got).toEqual(['2', '3', '4'])
    expect(rig.counters.mqueueDropped).toBe(1)
  })

  test('takes a bounded number of bytes: who holds more than its share gives up its own oldest, and nobody else\'s', async () => {
    const rig = new Rig({ rules: [] })
    const big = 'x'.repeat(1024 * 1024)
    const quiet = rig.connect('quiet')
    quiet.subscribe('quiet')
    quiet.leave()
    await rig.publish('quiet', 'kept')
    const hoarders = Array.from({ length: 20 }, (_, i) => {
      const hoarder = rig.connect(`hoarder-${i}`)
      hoarder.subscribe(`flood/${i}`)
      return hoarder
    })
    // half of them are there and never acknowledge
    for (const hoarder of hoarders.slice(10)) hoarder.leave()
    for (let message = 0; message < 12; message++) {
      for (const i of hoarders.keys()) await rig.publish(`flood/${i}`, big)
    }
    expect(rig.counters.mqueueDropped).toBeGreaterThan(20 * 12 - 100)
    const after = rig.connect('quiet')
    await rig.settle()
    expect(after.got).toEqual(['kept'])
  })

  test('goes to overlapping filters once, at the highest QoS granted', async () => {
    const rig = new Rig({ rules: [] })
    const client = rig.connect('c')
    client.subscribe('x/+', 0)
    client.subscribe('x/#', 2)
    await rig.publish('x/y', '1', 1)
    expect(client.packets.map(({ qos }) => qos)).toEqual([1])
  })

  test('is retained in memory and sent to a later subscriber with the flag', async () => {
    const rig = new Rig({ rules: [] })
    await rig.publish('x', '1', 1, true)
    const client = rig.connect('c')
    client.subscribe('x')
    await rig.settle()
    expect(client.got).toEqual(['1 RETAIN'])
    await rig.publish('x', '', 1, true)
    const late = rig.connect('d')
    late.subscribe('x')
    await rig.settle()
    expect(late.got).toEqual([])
  })
})

describe('retained in Redis', () => {
  const rules: readonly Rule[] = [
    ...QUEUE_AND_PUBSUB,
    ['message.publish', '#', 'on_message_retain'],
    ['message.publish', '#', 'on_retain_delete'],
    ['session.subscribed', '#', 'on_retain_lookup'],
  ]

  test('a message that is retained and stored comes once, flagged, in its stored place', async () => {
    const rig = new Rig({ rules })
    await rig.publish('queue/a', '1')
    await rig.publish('queue/a', '2', 1, true)
    await rig.publish('queue/a', '3')
    const client = rig.connect('c')
    client.subscribe('queue/a')
    await rig.settle()
    expect(client.got).toEqual(['1', '2 RETAIN', '3'])
  })

  test('a message that is only retained comes at once', async () => {
    const rig = new Rig({ rules })
    await rig.publish('x', '1', 0, true)
    const client = rig.connect('c')
    client.subscribe('x', 1)
    await rig.settle()
    expect(client.got).toEqual(['1 RETAIN'])
  })
})

describe('keep latest', () => {
  const rules: readonly Rule[] = [
    ['message.publish', '#', 'on_message_store_keep_latest'],
    ['session.subscribed', '#', 'on_message_fetch_for_keep_latest'],
    ['message.acked', '#', 'on_message_acked_for_keep_latest'],
  ]

  test('brings the last message and forgets it when it is acknowledged', async () => {
    const rig = new Rig({ rules })
    await rig.publish('x', '1')
    await rig.publish('x', '2')
    const client = rig.connect('c')
    client.subscribe('x')
    await rig.settle()
    expect(client.got).toEqual(['2'])
    client.ackAll()
    await rig.settle()
    expect(rig.pool.redis.latestCount).toBe(0)
    await rig.publish('x', '3')
    expect(client.got).toEqual(['2', '3'])
  })
})

describe('a publisher', () => {
  test('is not acknowledged before its store is confirmed', async () => {
    const rig = new Rig()
    const link = new PublisherStub()
    const publisher = rig.publisher('p', link)
    publisher.publish(packet('queue/a', '1', 1, 1))
    const answer = (await turn(), rig.pool.leave())
    expect(link.acks).toEqual([])
    answer()
    expect(link.acks).toEqual(['puback 1'])
  })

  test('that sends again what was not acknowledged leaves one record and is acknowledged', async () => {
    const rig = new Rig()
    const publisher = rig.publisher('p')
    publisher.publish(packet('queue/a', '1', 1, 1))
    publisher.close()
    await rig.settle()
    const link = new PublisherStub()
    rig.publisher('p', link).publish(packet('queue/a', '1', 1, 1))
    await rig.settle()
    expect(link.acks).toEqual(['puback 1'])
    expect(rig.pool.redis.records.size).toBe(1)
  })

  test('that sends the same again after its PUBACK has sent a new message', async () => {
    const rig = new Rig()
    const publisher = rig.publisher('p')
    for (let i = 0; i < 2; i++) {
      publisher.publish(packet('queue/a', '1', 1, 1))
      await rig.settle()
    }
    expect(rig.pool.redis.records.size).toBe(2)
  })

  test('QoS 2: the packet id alone is the message until PUBREL', async () => {
    const rig = new Rig()
    const link = new PublisherStub()
    const publisher = rig.publisher('p', link)
    publisher.publish(packet('queue/a', '1', 2, 7))
    await rig.settle()
    publisher.publish(packet('queue/a', '1', 2, 7))
    await rig.settle()
    expect(rig.pool.redis.records.size).toBe(1)
    expect(link.acks).toEqual(['pubrec 7', 'pubrec 7'])
    publisher.pubrel(7)
    publisher.publish(packet('queue/a', '1', 2, 7))
    await rig.settle()
    expect(rig.pool.redis.records.size).toBe(2)
  })

  test('QoS 2: a CONNECT that resumes no session frees the packet ids that were received', async () => {
    const rig = new Rig()
    const publisher = rig.publisher('p')
    publisher.publish(packet('queue/a', '1', 2, 7))
    await rig.settle()
    publisher.close()
    rig.newSession('p')
    rig.publisher('p').publish(packet('queue/a', '2', 2, 7))
    await rig.settle()
    expect(rig.pool.redis.records.size).toBe(2)
  })

  test('is closed unacknowledged when Redis stays away, and what it sends again is the same message', async () => {
    const rig = new Rig()
    rig.pool.away()
    const link = new PublisherStub()
    const publisher = rig.publisher('p', link)
    publisher.publish(packet('queue/a', '1', 1, 1))
    rig.clock.pass(9_999)
    publisher.sweep(rig.clock.now())
    expect(link.closed).toBeUndefined()
    rig.clock.pass(2)
    publisher.sweep(rig.clock.now())
    expect(link.closed).toBe('held')
    publisher.close()
    rig.pool.ready = true
    const back = new PublisherStub()
    rig.publisher('p', back).publish(packet('queue/a', '1', 1, 1))
    await rig.settle()
    expect(back.acks).toEqual(['puback 1'])
    expect(rig.pool.redis.records.size).toBe(1)
  })

  test('QoS 0 passes what is held', async () => {
    const rig = new Rig()
    const client = rig.connect('c')
    client.subscribe('live', 0)
    await rig.settle()
    rig.pool.away()
    const publisher = rig.publisher('p')
    publisher.publish(packet('queue/a', 'held', 1, 1))
    publisher.publish(packet('live', 'passes', 0, 0))
    expect(client.got).toEqual(['passes'])
  })
})

describe('a reload', () => {
  const noFetch = QUEUE_AND_PUBSUB.filter(([, , name]) => name !== 'on_message_fetch_for_queue')

  test('that takes the fetch rule: what is stored is served to its end, what comes after waits behind it', async () => {
    const rig = new Rig({ settings: { maxInflight: 1 } })
    const client = rig.connect('c')
    client.subscribe('queue/a')
    for (const payload of ['1', '2', '3']) await rig.publish('queue/a', payload)
    rig.swap(noFetch)
    await rig.publish('queue/a', '4')
    while (client.open.length > 0) {
      client.ackAll()
      await rig.settle()
    }
    expect(client.got).toEqual(['1', '2', '3', '4'])
  })

  test('that takes the fetch rule: another subscription of the client does not cut it short', async () => {
    const rig = new Rig({ settings: { maxInflight: 1 } })
    const client = rig.connect('c')
    client.subscribe('queue/a')
    for (const payload of ['1', '2', '3']) await rig.publish('queue/a', payload)
    rig.swap(noFetch)
    client.subscribe('queue/+')
    while (client.open.length > 0) {
      client.ackAll()
      await rig.settle()
    }
    expect(client.got).toEqual(['1', '2', '3'])
  })

  test('that takes the fetch rule while the session is away loses nothing either', async () => {
    const rig = new Rig()
    const client = rig.connect('c')
    client.subscribe('queue/a')
    await rig.settle()
    client.leave()
    await rig.publish('queue/a', '1')
    rig.swap(noFetch)
    await rig.publish('queue/a', '2')
    const again = rig.connect('c')
    await rig.settle()
    expect(again.payloads.toSorted()).toEqual(['1', '2'])
  })

  test('that brings a fetch rule: served from the store from then on, what was stored before is not owed', async () => {
    const rig = new Rig({ rules: noFetch })
    await rig.publish('queue/a', 'before')
    const client = rig.connect('c')
    client.subscribe('queue/a')
    await rig.settle()
    rig.swap(QUEUE_AND_PUBSUB)
    await rig.publish('queue/a', 'after')
    expect(client.got).toEqual(['after'])
  })

  test('that replaces the pool: the old one is read to its end, acknowledgements go where the message lies', async () => {
    const rig = new Rig({ settings: { maxInflight: 1 } })
    const client = rig.connect('c')
    client.subscribe('queue/a')
    for (const payload of ['1', '2']) await rig.publish('queue/a', payload)
    const next = new MemoryPool('pool1')
    rig.swap(QUEUE_AND_PUBSUB, next)
    let drained = false
    void rig.delivery.drained(rig.pool).then(() => { drained = true })
    const link = new PublisherStub()
    rig.publisher('p', link).publish(packet('queue/a', '3', 1, 9))
    for (let i = 0; i < 10; i++) {
      await rig.settle()
      if (next.waiting > 0) next.round()
      client.ackAll()
    }
    expect(client.got).toEqual(['1', '2', '3'])
    expect(rig.pool.redis.records.size).toBe(0)
    expect(drained).toBe(true)
  })
})

describe('a persistent session whose client is away', () => {
  const settings = { sessionExpiryMs: 60_000, maxSessions: 2 }

  test('ends after mqtt.session_expiry_interval, and not before', async () => {
    const rig = new Rig({ rules: [], settings })
    rig.connect('c').leave()
    rig.clock.pass(59_999)
    rig.delivery.sweep()
    expect(rig.delivery.session('c')).toBeDefined()
    rig.clock.pass(1)
    rig.delivery.sweep()
    expect(rig.delivery.session('c')).toBeUndefined()
    expect(rig.counters.sessionsExpired).toBe(1)
  })

  test('is not resumed when its time is over, also if nobody has looked since', () => {
    const rig = new Rig({ rules: [], settings })
    rig.connect('c').leave()
    rig.clock.pass(60_000)
    expect(rig.delivery.session('c')).toBeUndefined()
  })

  test('begins its time anew with each connection, and none passes while the client is there', () => {
    const rig = new Rig({ rules: [], settings })
    rig.connect('c').leave()
    rig.clock.pass(59_000)
    const back = rig.connect('c')
    rig.clock.pass(120_000)
    rig.delivery.sweep()
    back.leave()
    rig.clock.pass(59_000)
    rig.delivery.sweep()
    expect(rig.delivery.session('c')).toBeDefined()
  })

  test('is one of at most mqtt.max_sessions: the one longest away goes', () => {
    const rig = new Rig({ rules: [], settings })
    for (const clientid of ['a', 'b', 'c']) rig.connect(clientid).leave()
    rig.connect('b').leave()
    rig.delivery.sweep()
    expect(['a', 'b', 'c'].map((clientid) => rig.delivery.session(clientid) !== undefined)).toEqual([false, true, true])
  })

  test('goes as the one longest away, when ids and filters of all take too much', () => {
    const rig = new Rig({ rules: [] })
    const long = (letter: string) => letter.repeat(12 * 1024 * 1024)
    rig.connect(long('a')).leave()
    const wide = rig.connect('b')
    wide.subscribe(long('b'))
    wide.leave()
    rig.delivery.sweep()
    expect(rig.delivery.sessionCounts.all).toBe(2)
    rig.connect(long('c')).leave()
    rig.delivery.sweep()
    expect([long('a'), 'b', long('c')].map((clientid) => rig.delivery.session(clientid) !== undefined)).toEqual([false, true, true])
    // a client that is back takes nothing of it
    const back = rig.connect('b')
    rig.connect(long('d')).leave()
    rig.delivery.sweep()
    back.leave()
    expect(rig.delivery.sessionCounts.all).toBe(3)
    rig.delivery.sweep()
    expect(rig.delivery.sessionCounts.all).toBe(2)
  })

  test('takes what it waited for with it: its memory is free for others', async () => {
    const rig = new Rig({ rules: [], settings })
    const client = rig.connect('c')
    client.subscribe('x')
    client.leave()
    await rig.publish('x', '1')
    rig.clock.pass(60_000)
    rig.delivery.sweep()
    const again = rig.connect('c')
    again.subscribe('x')
    await rig.settle()
    expect(again.got).toEqual([])
  })
})
