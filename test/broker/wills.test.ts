import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rules, STORED } from '../support/rules.ts'
import { useWorld } from '../support/world.ts'

const world = useWorld({ rules: rules(...STORED) })

function will(topic: string, qos: 0 | 1 | 2 = 1) {
  return { topic, payload: Buffer.from('I am gone'), qos, retain: false }
}

test.each([1, 2] as const)('a will of QoS %i is stored and delivered when the socket is cut', async (qos) => {
  const topic = `pubsub/wills/${qos}`
  const sub = await world.connect(`heir-${qos}`)
  await sub.subscribe(topic, 2)
  const dying = await world.connectWire(`dying-${qos}`, { will: will(topic, qos) })
  dying.cut()
  await sub.waitForCount(1)
  expect(sub.messages).toEqual([{ topic, payload: 'I am gone', qos, retain: false, dup: false }])
  const [id] = await world.redis.client.zrange(`mqtt:msg:${topic}`, '0', '-1')
  expect(await world.redis.client.hgetall(`mqtt:msg:${id}`)).toMatchObject({ id, from: `dying-${qos}`, payload: 'I am gone', qos: String(qos) })
})

test('a will reaches a subscriber that comes later', async () => {
  const dying = await world.connectWire('dying-early', { will: will('queue/wills') })
  dying.cut()
  await eventually('the will is stored', async () => await world.redis.client.exists('mqtt:msg:queue/wills') === 1)
  const sub = await world.connect('late-heir')
  await sub.subscribe('queue/wills', 1)
  await sub.waitForCount(1)
  expect(sub.payloads()).toEqual(['I am gone'])
})

test('a will is published when the keepalive runs out, and when the client is taken over', async () => {
  const sub = await world.connect('heir-of-two')
  await sub.subscribe('pubsub/wills/two', 1)
  const silent = await world.connectWire('dying-silent', { keepalive: 1, will: will('pubsub/wills/two') })
  await silent.closed
  await sub.waitForCount(1)
  const old = await world.connectWire('dying-twin', { will: will('pubsub/wills/two') })
  await world.connectWire('dying-twin')
  await old.closed
  await sub.waitForCount(2)
})

test('a client that says goodbye leaves no will', async () => {
  const sub = await world.connect('no-heir')
  await sub.subscribe('pubsub/wills/none', 1)
  const polite = await world.connectWire('polite', { will: will('pubsub/wills/none') })
  await polite.disconnect()
  const dying = await world.connectWire('dying-after', { will: { ...will('pubsub/wills/none'), payload: Buffer.from('marker') } })
  dying.cut()
  await sub.waitForCount(1)
  expect(sub.payloads()).toEqual(['marker'])
})

test('a broker that is asked to stop publishes the wills, and exits with 0', async () => {
  await world.connectWire('dying-with-broker', { will: will('queue/wills/last', 2) })
  expect(await world.broker.stop()).toBe(0)
  const [id] = await world.redis.client.zrange('mqtt:msg:queue/wills/last', '0', '-1')
  expect(await world.redis.client.hget(`mqtt:msg:${id}`, 'from')).toBe('dying-with-broker')
  await world.broker.start()
})
