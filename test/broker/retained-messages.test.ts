import { afterEach, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rule, rules } from '../support/rules.ts'
import { useWorld } from '../support/world.ts'

const world = useWorld({
  rules: rules(
    rule('message.publish.1', 'on_message_publish', 'pubsub/#'),
    rule('message.publish.2', 'on_message_retain', '#'),
    rule('message.publish.3', 'on_retain_delete', '#'),
    rule('session.subscribed.1', 'on_retain_lookup', '#'),
    rule('session.subscribed.2', 'on_message_fetch_for_pubsub', 'pubsub/#'),
    rule('message.acked.1', 'on_message_acked_for_pubsub', 'pubsub/#'),
  ),
})

// a test that failed in between leaves it frozen
afterEach(() => { world.redis.thaw() })

test.each([0, 1, 2] as const)('a retained message of QoS 1 comes to a subscription of QoS %i, flagged', async (granted) => {
  const topic = `state/${granted}`
  const pub = await world.connect(`pub-${topic}`)
  await pub.publish(topic, 'on', { qos: 1, retain: true })
  const sub = await world.connect(`sub-${topic}`)
  await sub.subscribe(topic, granted)
  await sub.waitForCount(1)
  expect(sub.messages).toEqual([{ topic, payload: 'on', qos: Math.min(1, granted), retain: true, dup: false }])
})

test('to a subscription that is there a retained message comes live, without the flag', async () => {
  const sub = await world.connect('sub-live')
  await sub.subscribe('state/live', 1)
  const pub = await world.connect('pub-live')
  await pub.publish('state/live', 'on', { qos: 1, retain: true })
  await sub.waitForCount(1)
  expect(sub.messages.map(({ retain }) => retain)).toEqual([false])
})

test('a message that one SUBSCRIBE finds both retained and stored comes once, flagged, in its stored place', async () => {
  const topic = 'pubsub/both'
  const pub = await world.connect('pub-both')
  await pub.publish(topic, 'one', { qos: 1 })
  await pub.publish(topic, 'two', { qos: 1, retain: true })
  await pub.publish(topic, 'three', { qos: 1 })
  const sub = await world.connect('sub-both')
  await sub.subscribe(topic, 1)
  await pub.publish(topic, 'four', { qos: 1 })
  await sub.waitUntil((messages) => messages.some(({ payload }) => payload === 'four'))
  expect(sub.messages.map(({ payload, retain }) => [payload, retain]))
    .toEqual([['one', false], ['two', true], ['three', false], ['four', false]])
})

test('an acknowledged retained message comes again to each new subscription, the acknowledged others do not', async () => {
  const topic = 'pubsub/known'
  const pub = await world.connect('pub-known')
  await pub.publish(topic, 'one', { qos: 1 })
  await pub.publish(topic, 'state', { qos: 1, retain: true })
  for (const expected of [['one', 'state', 'live'], ['state', 'live']]) {
    const sub = await world.connect('sub-known', { clean: false })
    await sub.subscribe(topic, 1)
    await sub.waitForCount(expected.length - 1)
    await pub.publish(topic, 'live', { qos: 1 })
    await sub.waitUntil((messages) => messages.some(({ payload }) => payload === 'live'))
    expect(sub.payloads()).toEqual(expected)
    await sub.unsubscribe(topic)
    await sub.disconnect()
  }
})

test('a retained message of QoS 0 is kept too', async () => {
  const pub = await world.connect('pub-qos0')
  await pub.publish('state/qos0', 'on', { qos: 0, retain: true })
  // the same connection's next message is acknowledged after it
  await pub.publish('state/other', 'on', { qos: 1 })
  expect(await world.redis.client.hget('mqtt:retain:state/qos0', 'payload')).toBe('on')
})

test('who has unsubscribed before Redis answers is not sent what was retained', async () => {
  const pub = await world.connect('pub-left')
  for (const topic of ['left/gone', 'left/again', 'left/last']) await pub.publish(topic, topic, { qos: 1, retain: true })
  const sub = await world.connectWire('sub-left')
  world.redis.freeze()
  await sub.subscribe('left/gone', 1)
  await sub.subscribe('left/again', 0)
  sub.send({ cmd: 'unsubscribe', messageId: 1, unsubscriptions: ['left/gone', 'left/again'] })
  await sub.next('unsuback')
  await sub.subscribe('left/again', 1)
  world.redis.thaw()
  await sub.subscribe('left/last', 1)
  await eventually('the last one', () => sub.all('publish').some(({ topic }) => topic === 'left/last'))
  expect(sub.all('publish').map(({ topic, qos }) => [topic, qos])).toEqual([['left/again', 1], ['left/last', 1]])
})
