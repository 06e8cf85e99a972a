import { describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rules, STORED } from '../support/rules.ts'
import { useWorld } from '../support/world.ts'
import { openWire } from '../support/wire-connection.ts'

const world = useWorld({ rules: rules(...STORED) })

/** A PUBLISH whose topic no client library would send. */
function rawPublish(topic: string): Buffer {
  const name = Buffer.from(topic)
  return Buffer.concat([Buffer.from([0x30, 2 + name.length, 0, name.length]), name])
}

describe('a PUBLISH that cannot be ends its connection, and no other', () => {
  test.each([
    ['with a multi-level wildcard', rawPublish('a/#')],
    ['with a single-level wildcard', rawPublish('a/+/b')],
    ['without a topic', rawPublish('')],
    ['with a null character', rawPublish('a\0b')],
    ['to $SYS', rawPublish('$SYS/uptime')],
    ['with packet id 0', Buffer.from([0x32, 5, 0, 1, 0x61, 0, 0])],
    ['with QoS 3', Buffer.from([0x36, 5, 0, 1, 0x61, 0, 1])],
  ])('%s', async (name, bytes) => {
    const bystander = await world.connect(`bystander ${name}`)
    const rude = await world.connectWire(`rude ${name}`)
    rude.sendBytes(bytes)
    await rude.closed
    await bystander.publish('queue/bystander', 'still here')
    expect(bystander.connected).toBe(true)
  })
})

test('a filter that is none is refused with 128, the others of its SUBSCRIBE are granted', async () => {
  const sub = await world.connectWire('mixed')
  sub.send({
    cmd: 'subscribe', messageId: 1,
    subscriptions: [{ topic: 'good/1', qos: 1 }, { topic: 'a/#/b', qos: 1 }, { topic: 'a+', qos: 0 }, { topic: 'good/2', qos: 2 }],
  })
  expect((await sub.next('suback')).granted).toEqual([1, 128, 128, 2])
  const pub = await world.connect('mixed-pub')
  await pub.publish('good/2', 'hello')
  expect((await sub.next('publish')).topic).toBe('good/2')
})

test('bytes that are no MQTT end their connection only', async () => {
  const bystander = await world.connect('bystander of noise')
  const noise = await openWire(world.broker.port)
  noise.sendBytes(Buffer.from('GET / HTTP/1.1\r\nHost: broker\r\n\r\n'))
  await noise.closed
  await bystander.publish('queue/noise', 'still here')
})

test('a client without an id has a clean session or none', async () => {
  const nameless = await openWire(world.broker.port)
  // CONNECT of MQTT 3.1.1 without the clean session flag, keepalive 0, empty id: no library writes it
  nameless.sendBytes(Buffer.from([0x10, 12, 0, 4, ...Buffer.from('MQTT'), 4, 0, 0, 0, 0, 0]))
  expect((await nameless.next('connack')).returnCode).toBe(2)
  await nameless.closed
  expect((await world.connectWire('', { clean: true })).connack.returnCode).toBe(0)
})

test('acknowledgements of unknown packet ids are no error', async () => {
  const client = await world.connectWire('confused')
  client.send({ cmd: 'puback', messageId: 11 })
  client.send({ cmd: 'pubcomp', messageId: 12 })
  client.send({ cmd: 'pubrec', messageId: 13 })
  expect((await client.next('pubrel')).messageId).toBe(13)
  await client.ping()
})

test('long and hostile ids, topics and payloads are stored as they are', async () => {
  const topic = `queue/${'x'.repeat(2_000)}/ {}:*\u00e9`
  const pub = await world.connect(`long ${'y'.repeat(2_000)}`)
  await pub.publish(topic, Buffer.alloc(200_000, 'z'))
  const [id] = await world.redis.client.zrange(`mqtt:msg:${topic}`, '0', '-1')
  expect(await world.redis.client.hstrlen(`mqtt:msg:${id}`, 'payload')).toBe(200_000)
})

test('a topic named like a message id harms its publisher only', async () => {
  const pub = await world.connect('id-topic')
  await pub.publish('queue/id', 'hello')
  const [id] = await world.redis.client.zrange('mqtt:msg:queue/id', '0', '-1')
  const rude = await world.connectWire('id-topic-2')
  rude.publish(id ?? '', 'x', { messageId: 1 })
  await rude.closed
  const sub = await world.connect('id-topic-sub')
  await sub.subscribe('queue/id', 1)
  await sub.waitForCount(1)
  expect(sub.payloads()).toEqual(['hello'])
  await eventually('an empty queue', async () => await world.redis.client.exists('mqtt:msg:queue/id') === 0)
})
