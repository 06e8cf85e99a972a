import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest'
import { startCluster, type RedisCluster } from '../store/redis-cluster.ts'
import { BrokerProcess } from '../support/broker-process.ts'
import { eventually } from '../support/eventually.ts'
import { MqttClient } from '../support/mqtt-client.ts'
import { rule, rules, STORED } from '../support/rules.ts'

/*
 * The walk-through of "EMQ X 4.4, Redis backend" on `type = cluster`: all functions and commands, with
 * exact topics and with wildcards, and topics whose braces would decide about slots.
 */

let cluster: RedisCluster
let broker: BrokerProcess
const clients: MqttClient[] = []

function poolOn({ addresses }: RedisCluster): string {
  return rules(
    'backend.redis.pool1.type = cluster',
    // one that is down, and a replica or a master: any node that answers will do
    `backend.redis.pool1.server = 127.0.0.1:1, ${addresses.slice(-2).map(({ host, port }) => `${host}:${port}`).join(', ')}`,
  )
}

const RULES = [
  ...STORED,
  rule('message.publish.2', 'on_message_retain', 'state/#'),
  rule('message.publish.3', 'on_retain_delete', 'state/#'),
  rule('session.subscribed.3', 'on_retain_lookup', 'state/#'),
  rule('message.publish.4', 'on_message_store_keep_latest', 'latest/#'),
  rule('session.subscribed.4', 'on_message_fetch_for_keep_latest', 'latest/#'),
  rule('message.acked.4', 'on_message_acked_for_keep_latest', 'latest/#'),
  rule('client.connected.1', 'on_client_connected'),
  rule('client.connected.2', 'on_subscribe_lookup'),
  rule('client.disconnected.1', 'on_client_disconnected'),
  rule('message.publish.5', ['HSET last:${clientid} topic ${topic} payload ${payload}', 'RPUSH seen:${topic} ${clientid}', 'PUBLISH told ${topic}'], 'noted/#'),
]

beforeAll(async () => {
  cluster = await startCluster({ replicas: 0 })
  broker = new BrokerProcess({ rules: rules('node.name = first', ...RULES) + poolOn(cluster) })
  await broker.start()
}, 60_000)
afterAll(async () => {
  await broker.remove()
  await cluster.stop()
})
beforeEach(() => {
  onTestFailed(() => { process.stderr.write(`the broker said:\n${broker.stderr}\n`) })
})
afterEach(async () => { await Promise.all(clients.splice(0).map((client) => client.cut())) })

async function connect(clientId: string, to = broker): Promise<MqttClient> {
  const client = await MqttClient.connect(to.port, clientId)
  clients.push(client)
  return client
}

describe.each([
  ['queue/a/b', 'queue/a/b'], ['queue/{a}/{b}', 'queue/{a}/{b}'], ['queue/+/{c}', 'queue/x/{c}'], ['queue/}{/#', 'queue/}{/x'],
])('a queue subscribed as %s', (filter, topic) => {
  test('has what was published while nobody listened, once, and then it is gone', async () => {
    const pub = await connect('pub')
    for (const payload of ['one', 'two', 'three']) await pub.publish(topic, payload, { qos: 1 })
    expect(await cluster.client.zcard(`mqtt:msg:${topic}`)).toBe(3)
    const sub = await connect(`sub ${filter}`)
    await sub.subscribe(filter, 1)
    await sub.waitForCount(3)
    expect(sub.payloads()).toEqual(['one', 'two', 'three'])
    await eventually('an empty queue', async () => await cluster.client.exists(`mqtt:msg:${topic}`) === 0)
    await pub.publish(topic, 'four', { qos: 2 })
    await sub.waitForCount(4)
    expect(sub.payloads()).toEqual(['one', 'two', 'three', 'four'])
    await eventually('no record', async () => (await cluster.keys()).every((key) => !/^mqtt:msg:\w{20}$/.test(key)))
  })
})

test('pubsub messages arrive once at each of two subscribers of a wildcard, also after they reconnect', async () => {
  const pub = await connect('pub')
  const topics = Array.from({ length: 12 }, (_, i) => `pubsub/${i}`)
  for (const topic of topics) await pub.publish(topic, 'one', { qos: 1 })
  for (const name of ['first', 'second']) {
    const sub = await connect(name)
    await sub.subscribe('pubsub/#', 1)
    await sub.waitForCount(12)
    expect(sub.messages.map(({ topic }) => topic).toSorted()).toEqual(topics.toSorted())
    await eventually('all positions', async () => (await cluster.keys()).filter((key) => key.startsWith(`mqtt:acked:${name}:`)).length === 12)
    await sub.disconnect()
  }
  await pub.publish('pubsub/3', 'two', { qos: 1 })
  for (const name of ['first', 'second']) {
    const again = await connect(name)
    await again.subscribe('pubsub/#', 1)
    await again.waitForCount(1)
    await pub.publish('pubsub/end', name, { qos: 1 })
    await again.waitUntil((messages) => messages.some(({ payload }) => payload === name))
    expect(again.payloads('pubsub/3')).toEqual(['two'])
    expect(again.payloads('pubsub/4')).toEqual([])
  }
})

test('a backlog and what comes meanwhile reach a subscriber in order, each once', async () => {
  const pub = await connect('pub')
  const sent = Array.from({ length: 600 }, (_, i) => String(i))
  await Promise.all(sent.slice(0, 400).map((payload) => pub.publish('pubsub/many', payload, { qos: 1 })))
  const sub = await connect('of many')
  await sub.subscribe('pubsub/many', 1)
  await Promise.all(sent.slice(400).map((payload) => pub.publish('pubsub/many', payload, { qos: 1 })))
  await sub.waitForCount(600)
  expect(sub.payloads()).toEqual(sent)
})

test('retained messages reach later subscribers, flagged, of exact topics and of wildcards; an empty one removes them', async () => {
  const pub = await connect('pub')
  // nothing acknowledges QoS 0: the connection's next message is acknowledged after it
  await pub.publish('state/{b}', 'off', { qos: 0, retain: true })
  await pub.publish('state/a', 'on', { qos: 1, retain: true })
  const [exact, wild] = [await connect('exact'), await connect('wild')]
  await exact.subscribe('state/a', 1)
  await wild.subscribe('state/#', 1)
  await exact.waitForCount(1)
  await wild.waitForCount(2)
  expect(exact.messages).toEqual([{ topic: 'state/a', payload: 'on', qos: 1, retain: true, dup: false }])
  expect(wild.messages.map(({ topic, retain }) => `${topic} ${retain}`).toSorted()).toEqual(['state/a true', 'state/{b} true'])
  await pub.publish('state/a', '', { qos: 1, retain: true })
  expect(await cluster.client.exists('mqtt:retain:state/a')).toBe(0)
  const late = await connect('late')
  await late.subscribe('state/#', 1)
  await late.waitForCount(1)
  expect(late.messages.map(({ topic }) => topic)).toEqual(['state/{b}'])
})

test('the latest message of a topic waits for whoever comes, and is gone when acknowledged', async () => {
  const pub = await connect('pub')
  for (const payload of ['one', 'two']) await pub.publish('latest/{x}', payload, { qos: 1 })
  const sub = await connect('latest')
  await sub.subscribe('latest/+', 1)
  await sub.waitForCount(1)
  expect(sub.payloads()).toEqual(['two'])
  await eventually('it is gone', async () => await cluster.client.exists('mqtt:latest:latest/{x}') === 0)
})

test('clients are online and offline, and subscribed to what `mqtt:sub` says', async () => {
  await cluster.client.hset('mqtt:sub:device', 'device/down', '1')
  const device = await connect('device')
  await eventually('online', async () => await cluster.client.hget('mqtt:client:device', 'state') === '1')
  expect(await cluster.client.hget('mqtt:node:first', 'device')).toBe(await cluster.client.hget('mqtt:client:device', 'online_at'))
  const pub = await connect('pub')
  await eventually('a message at the device', async () => {
    await pub.publish('device/down', 'hello', { qos: 1 })
    return device.messages.length > 0
  })
  await device.disconnect()
  await eventually('offline', async () => await cluster.client.hget('mqtt:client:device', 'state') === '0')
  await eventually('unlisted', async () => await cluster.client.hget('mqtt:node:first', 'device') === null)
})

test('commands are carried out in order, each at the master of its key', async () => {
  const told: [topic: string, there: Promise<number>][] = []
  const [node] = cluster.nodes
  const listener = node?.client.duplicate()
  await listener?.subscribe('told')
  listener?.on('message', (_, topic: string) => { told.push([topic, cluster.client.exists(`seen:${topic}`)]) })
  const pub = await connect('noter')
  for (let i = 0; i < 10; i++) await pub.publish(`noted/${i}`, `payload ${i}`, { qos: 1 })
  expect(await cluster.client.hgetall('last:noter')).toEqual({ topic: 'noted/9', payload: 'payload 9' })
  for (let i = 0; i < 10; i++) expect(await cluster.client.lrange(`seen:noted/${i}`, 0, -1)).toEqual(['noter'])
  await eventually('all were told', () => told.length === 10)
  expect(await Promise.all(told.map(([, there]) => there))).toEqual(Array(10).fill(1))
  listener?.disconnect()
})

test('clients that a broker left online when it was killed are offline after its next start', async () => {
  const left = await connect('left behind')
  await eventually('online', async () => await cluster.client.hget('mqtt:client:left behind', 'state') === '1')
  await broker.restart()
  expect(await cluster.client.hget('mqtt:client:left behind', 'state')).toBe('0')
  expect(await cluster.client.hget('mqtt:node:first', 'left behind')).toBeNull()
  await left.cut()
})

test('what another broker stored is found by itself, by exact topics and by wildcards (SPEC 4.3)', async () => {
  const second = new BrokerProcess({ rules: rules('node.name = second', ...RULES) + poolOn(cluster) })
  try {
    await second.start()
    const [exact, wild] = [await connect('exact far'), await connect('wild far')]
    await exact.subscribe('queue/far/exact', 1)
    await wild.subscribe('pubsub/far/+', 1)
    const far = await connect('far', second)
    const sent = Array.from({ length: 5 }, (_, i) => String(i))
    for (const payload of sent) {
      await far.publish('queue/far/exact', payload)
      await far.publish('pubsub/far/{x}', payload)
    }
    await exact.waitForCount(sent.length, 35_000)
    await wild.waitForCount(sent.length, 35_000)
    expect([exact.payloads(), wild.payloads()]).toEqual([sent, sent])
  } finally {
    await second.remove()
  }
}, 60_000)
