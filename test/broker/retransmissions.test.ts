import { describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rules, STORED } from '../support/rules.ts'
import { useWorld } from '../support/world.ts'

const world = useWorld({ rules: rules(...STORED) })

const persistent = { clean: false }

function stored(topic: string): Promise<number> {
  return world.redis.client.zcard(`mqtt:msg:${topic}`)
}

/** The broker has read all that was sent: Redis answers nothing, but PINGREQ is answered. */
async function whileRedisIsFrozen(work: () => Promise<void>): Promise<void> {
  world.redis.freeze()
  try {
    await work()
  } finally {
    world.redis.thaw()
  }
}

describe.each([1, 2] as const)('QoS %i', (qos) => {
  test.each([true, false])('sent again before its acknowledgement (DUP %s), a message is one record and is acknowledged once', async (dup) => {
    const topic = `queue/before/${qos}/${dup}`
    const clientid = `before-${qos}-${dup}`
    const ack = qos === 1 ? 'puback' : 'pubrec'
    const first = await world.connectWire(clientid, persistent)
    await whileRedisIsFrozen(async () => {
      first.publish(topic, 'hello', { messageId: 7, qos })
      await first.ping()
      first.cut()
    })
    const second = await world.connectWire(clientid, persistent)
    second.publish(topic, 'hello', { messageId: 7, qos, dup })
    expect((await second.next(ack)).messageId).toBe(7)
    await second.ping()
    expect(second.all(ack)).toHaveLength(1)
    expect(await stored(topic)).toBe(1)
  })

  test('another payload under the same packet id is another message', async () => {
    const topic = `queue/other/${qos}`
    const first = await world.connectWire(`other-${qos}`, persistent)
    await whileRedisIsFrozen(async () => {
      first.publish(topic, 'one', { messageId: 7, qos })
      await first.ping()
      first.cut()
    })
    const second = await world.connectWire(`other-${qos}`, persistent)
    second.publish(topic, 'two', { messageId: 7, qos })
    await second.next(qos === 1 ? 'puback' : 'pubrec')
    const ids = await eventually('two records', async () => {
      const found = await world.redis.client.zrange(`mqtt:msg:${topic}`, '0', '-1')
      return found.length === 2 ? found : undefined
    })
    const payloads = await Promise.all(ids.map((id) => world.redis.client.hget(`mqtt:msg:${id}`, 'payload')))
    expect(payloads).toEqual(['one', 'two'])
  })
})

test('after its PUBACK the same PUBLISH is a new message, even with DUP', async () => {
  const pub = await world.connectWire('after', persistent)
  for (const dup of [false, true]) {
    pub.publish('queue/after', 'hello', { messageId: 7, dup })
    await pub.next('puback')
  }
  expect(await stored('queue/after')).toBe(2)
})

test('a QoS 2 packet id stands for its message until PUBREL, also over a reconnect', async () => {
  const topic = 'queue/until-pubrel'
  const first = await world.connectWire('releasing', persistent)
  first.publish(topic, 'hello', { messageId: 7, qos: 2 })
  await first.next('pubrec')
  first.publish(topic, 'hello', { messageId: 7, qos: 2, dup: true })
  await first.next('pubrec')
  first.cut()
  const second = await world.connectWire('releasing', persistent)
  expect(second.connack.sessionPresent).toBe(true)
  second.publish(topic, 'hello', { messageId: 7, qos: 2, dup: true })
  await second.next('pubrec')
  expect(await stored(topic)).toBe(1)

  second.send({ cmd: 'pubrel', messageId: 7 })
  expect((await second.next('pubcomp')).messageId).toBe(7)
  second.publish(topic, 'hello', { messageId: 7, qos: 2 })
  await second.next('pubrec')
  expect(await stored(topic)).toBe(2)
})

test('after a CONNECT that resumes no session an acknowledged QoS 2 packet id is free', async () => {
  const topic = 'queue/new-session'
  for (let i = 0; i < 2; i++) {
    const pub = await world.connectWire('restarting-device', { clean: true })
    pub.publish(topic, 'hello', { messageId: 1, qos: 2 })
    await pub.next('pubrec')
    pub.cut()
    await pub.closed
  }
  expect(await stored(topic)).toBe(2)
})

test('PUBREL of an unknown packet id is answered', async () => {
  const pub = await world.connectWire('unknown-pubrel')
  pub.send({ cmd: 'pubrel', messageId: 99 })
  expect((await pub.next('pubcomp')).messageId).toBe(99)
})

test('acknowledgements leave in the order of the messages', async () => {
  const pub = await world.connectWire('in-order')
  for (let messageId = 1; messageId <= 100; messageId++) {
    pub.publish(messageId % 2 === 0 ? 'queue/in-order' : 'free/in-order', 'x', { messageId, qos: messageId % 3 === 0 ? 2 : 1 })
  }
  await eventually('all acknowledgements', () => pub.received.length > 100)
  expect(pub.received.slice(1).map(({ messageId }) => messageId)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
})
