import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rule, rules, STORED } from '../support/rules.ts'
import { useWorld } from '../support/world.ts'

const QUEUE_LENGTH = 10
const world = useWorld({
  rules: rules(
    `mqtt.max_mqueue_len = ${QUEUE_LENGTH}`,
    ...STORED,
    rule('message.acked.3', ['SADD acked:${clientid} ${topic}'], '#'),
  ),
})

test('a wildcard subscription gets live what a rule stores, each message once', async () => {
  const sub = await world.connect('wild')
  await sub.subscribe('pubsub/wild/#', 1)
  const pub = await world.connect('wild-pub')
  for (const topic of ['pubsub/wild/a', 'pubsub/wild/b', 'pubsub/wild/a']) await pub.publish(topic, topic)
  await sub.waitForCount(3)
  expect(sub.payloads()).toEqual(['pubsub/wild/a', 'pubsub/wild/b', 'pubsub/wild/a'])
  await eventually('message.acked ran for both topics', async () => {
    const topics = await world.redis.client.smembers('acked:wild')
    return topics.length === 2
  })
})

test('an acknowledgement by a wildcard subscriber of a queue removes the message', async () => {
  const sub = await world.connect('wild-queue')
  await sub.subscribe('queue/wild/+', 1)
  const pub = await world.connect('wild-queue-pub')
  await pub.publish('queue/wild/a', 'hello')
  await sub.waitForCount(1)
  await eventually('an empty queue', async () => await world.redis.client.exists('mqtt:msg:queue/wild/a') === 0)
})

test('while its subscriber is away the newest messages are kept, the oldest go', async () => {
  const sub = await world.connect('away', { clean: false })
  await sub.subscribe('free/+', 1)
  await sub.disconnect()
  const pub = await world.connect('away-pub')
  for (let i = 1; i <= QUEUE_LENGTH + 5; i++) await pub.publish('free/one', String(i))
  const back = await world.connect('away', { clean: false })
  await back.waitForCount(QUEUE_LENGTH)
  await pub.publish('free/one', 'live')
  await back.waitUntil((messages) => messages.some(({ payload }) => payload === 'live'))
  expect(back.payloads()).toEqual([...Array.from({ length: QUEUE_LENGTH }, (_, i) => String(i + 6)), 'live'])
})

test('a clean session leaves nothing behind', async () => {
  const sub = await world.connect('clean-away')
  await sub.subscribe('free/clean', 1)
  await sub.disconnect()
  const pub = await world.connect('clean-away-pub')
  await pub.publish('free/clean', 'missed')
  const back = await world.connect('clean-away')
  await back.subscribe('free/clean', 1)
  await pub.publish('free/clean', 'live')
  await back.waitForCount(1)
  expect(back.payloads()).toEqual(['live'])
})

test('QoS 0 messages of the time away are not kept', async () => {
  const sub = await world.connect('away-0', { clean: false })
  await sub.subscribe('free/zero', 1)
  await sub.disconnect()
  const pub = await world.connect('away-0-pub')
  await pub.publish('free/zero', 'missed', { qos: 0 })
  await pub.publish('free/zero', 'kept', { qos: 1 })
  const back = await world.connect('away-0', { clean: false })
  await back.waitForCount(1)
  expect(back.payloads()).toEqual(['kept'])
})

test('what a client unsubscribed does not come any more', async () => {
  const sub = await world.connect('leaving')
  await sub.subscribe('free/a', 1)
  await sub.subscribe('free/b', 1)
  await sub.unsubscribe('free/a')
  const pub = await world.connect('leaving-pub')
  await pub.publish('free/a', 'no')
  await pub.publish('free/b', 'yes')
  await sub.waitForCount(1)
  expect(sub.payloads()).toEqual(['yes'])
})
