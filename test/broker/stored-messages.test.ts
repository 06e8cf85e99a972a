import { describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rule, rules, STORED } from '../support/rules.ts'
import { useWorld } from '../support/world.ts'

const world = useWorld({
  rules: rules(
    ...STORED,
    rule('message.publish.2', 'on_message_store_keep_latest', 'latest/#'),
    rule('session.subscribed.3', 'on_message_fetch_for_keep_latest', 'latest/#'),
    rule('message.acked.3', 'on_message_acked_for_keep_latest', 'latest/#'),
  ),
})

const QOS = [0, 1, 2] as const

describe.each(['queue', 'pubsub'])('%s', (kind) => {
  for (const published of [1, 2] as const) {
    for (const granted of [1, 2] as const) {
      test(`a message stored with QoS ${published} comes to a subscription of QoS ${granted} with the lower of both`, async () => {
        const topic = `${kind}/qos/${published}/${granted}`
        const pub = await world.connect(`pub-${topic}`)
        await pub.publish(topic, 'stored', { qos: published })
        const sub = await world.connect(`sub-${topic}`)
        await sub.subscribe(topic, granted)
        await pub.publish(topic, 'live', { qos: published })
        await sub.waitForCount(2)
        const qos = Math.min(published, granted)
        expect(sub.messages).toEqual([
          { topic, payload: 'stored', qos, retain: false, dup: false },
          { topic, payload: 'live', qos, retain: false, dup: false },
        ])
      })
    }
  }

  test('a QoS 0 message is not stored, and comes live', async () => {
    const topic = `${kind}/qos0`
    const sub = await world.connect(`sub-${topic}`)
    await sub.subscribe(topic, 1)
    const pub = await world.connect(`pub-${topic}`)
    await pub.publish(topic, 'live', { qos: 0 })
    await sub.waitForCount(1)
    expect(sub.messages).toEqual([{ topic, payload: 'live', qos: 0, retain: false, dup: false }])
    expect(await world.redis.client.exists(`mqtt:msg:${topic}`)).toBe(0)
  })

  test('a subscription of QoS 0 fetches nothing, and takes nothing out of the store', async () => {
    const topic = `${kind}/granted0`
    const pub = await world.connect(`pub-${topic}`)
    await pub.publish(topic, 'stored')
    const sub = await world.connect(`sub-${topic}`)
    await sub.subscribe(topic, 0)
    await pub.publish(topic, 'live')
    await sub.waitForCount(1)
    expect(sub.messages).toEqual([{ topic, payload: 'live', qos: 0, retain: false, dup: false }])
    expect(await world.redis.client.zcard(`mqtt:msg:${topic}`)).toBe(2)
  })

  test('a subscriber that comes while messages are being published gets each once, in order', async () => {
    const topic = `${kind}/meanwhile`
    const pub = await world.connect(`pub-${topic}`)
    const sub = await world.connect(`sub-${topic}`)
    const count = 600
    const acknowledged = []
    for (let i = 0; i < count; i++) {
      acknowledged.push(pub.publish(topic, String(i)))
      if (i === count / 2) {
        await acknowledged[count / 4]
        await sub.subscribe(topic, 1)
      }
    }
    await Promise.all(acknowledged)
    await sub.waitForCount(count)
    expect(sub.payloads()).toEqual(Array.from({ length: count }, (_, i) => String(i)))
  })

  test('a client that subscribes again gets what is new, not what it acknowledged', async () => {
    const topic = `${kind}/again`
    const pub = await world.connect(`pub-${topic}`)
    const sub = await world.connect(`sub-${topic}`)
    await sub.subscribe(topic, 1)
    await pub.publish(topic, 'one')
    await sub.waitForCount(1)
    await sub.subscribe(topic, 1)
    await pub.publish(topic, 'two')
    await sub.waitUntil((messages) => messages.some(({ payload }) => payload === 'two'))
    expect(sub.payloads()).toEqual(['one', 'two'])
  })

  test('a subscriber that unsubscribed gets no more, and later what came meanwhile', async () => {
    const topic = `${kind}/paused`
    const pub = await world.connect(`pub-${topic}`)
    const sub = await world.connect(`sub-${topic}`)
    await sub.subscribe(topic, 1)
    await pub.publish(topic, 'one')
    await sub.waitForCount(1)
    await sub.unsubscribe(topic)
    await pub.publish(topic, 'two')
    expect(sub.payloads()).toEqual(['one'])
    await sub.subscribe(topic, 1)
    await sub.waitForCount(2)
    expect(sub.payloads()).toEqual(['one', 'two'])
  })
})

test('overlapping subscriptions bring a message once', async () => {
  const pub = await world.connect('pub-overlap')
  const sub = await world.connect('sub-overlap')
  await sub.subscribe('queue/overlap/a', 1)
  await sub.subscribe('queue/overlap/+', 2)
  await pub.publish('queue/overlap/a', 'one', { qos: 2 })
  await pub.publish('queue/overlap/a', 'two', { qos: 2 })
  await sub.waitUntil((messages) => messages.some(({ payload }) => payload === 'two'))
  expect(sub.messages.map(({ payload, qos }) => [payload, qos])).toEqual([['one', 2], ['two', 2]])
})

test('of two connected subscribers of a queue each is sent the message', async () => {
  const topic = 'queue/both'
  const subs = [await world.connect('both-a'), await world.connect('both-b')]
  for (const sub of subs) await sub.subscribe(topic, 1)
  const pub = await world.connect('both-pub')
  await pub.publish(topic, 'one')
  for (const sub of subs) await sub.waitForCount(1)
  await eventually('an empty queue', async () => await world.redis.client.exists(`mqtt:msg:${topic}`) === 0)
})

describe('keep latest', () => {
  test('only the last message is kept, whatever its QoS', async () => {
    const pub = await world.connect('pub-latest')
    for (const qos of QOS) await pub.publish('latest/qos', `qos ${qos}`, { qos })
    await pub.publish('latest/qos', 'last', { qos: 0 })
    await eventually('the last message', async () => await world.redis.client.hget('mqtt:latest:latest/qos', 'payload') === 'last')
    expect(await world.redis.client.hgetall('mqtt:latest:latest/qos')).toEqual({
      id: expect.stringMatching(/^[0-9A-Za-z]{20}$/), from: 'pub-latest', qos: '0', topic: 'latest/qos', payload: 'last',
      ts: expect.stringMatching(/^\d{10}$/), retain: 'false',
    })
  })

  test('a later subscriber gets it, and its acknowledgement deletes it', async () => {
    // no log beside it: what the log serves, keep latest does not
    const pub = await world.connect('pub-latest-2')
    await pub.publish('latest/kept', 'old', { qos: 1 })
    await pub.publish('latest/kept', 'new', { qos: 1 })
    const sub = await world.connect('sub-latest-2')
    await sub.subscribe('latest/kept', 1)
    await sub.waitForCount(1)
    expect(sub.payloads()).toEqual(['new'])
    await eventually('it is deleted', async () => await world.redis.client.exists('mqtt:latest:latest/kept') === 0)
  })

  test('an acknowledgement of an older message leaves the newer one', async () => {
    const sub = await world.connectWire('sub-latest-3')
    await sub.subscribe('latest/newer', 1)
    const pub = await world.connect('pub-latest-3')
    await pub.publish('latest/newer', 'old')
    const old = await sub.next('publish')
    await pub.publish('latest/newer', 'new')
    await sub.next('publish')
    sub.send({ cmd: 'puback', messageId: old.messageId })
    await sub.ping()
    // a command of the same broker after the ack: what the ack wrote is there
    await pub.publish('latest/other', 'marker')
    expect(await world.redis.client.hget('mqtt:latest:latest/newer', 'payload')).toBe('new')
  })
})
