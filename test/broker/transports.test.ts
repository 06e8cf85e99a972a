import { beforeAll, describe, expect, test } from 'vitest'
import type { IClientOptions } from 'mqtt'
import { WebSocket } from 'ws'
import { certificateText, tlsListener } from '../certificates/files.ts'
import { eventually } from '../support/eventually.ts'
import type { MqttClient } from '../support/mqtt-client.ts'
import { rule, rules, STORED } from '../support/rules.ts'
import { WebSocketWire } from '../support/web-socket-wire.ts'
import { useWorld } from '../support/world.ts'

/** The walk-through of stored messages with MQTT.js over each kind of listener, and between them. */

const world = useWorld({
  rules: rules(
    ...STORED, rule('client.disconnected.1', ['HSET gone ${clientid} ${reason}']),
    'listener.ws.external = 127.0.0.1:0', ...tlsListener('listener.ssl.external'), ...tlsListener('listener.wss.external', 'path = /secure'),
  ),
})

const CA = { ca: certificateText('ca.pem') }

/** What MQTT.js must be told to come over each. */
const TRANSPORTS: Readonly<Record<string, () => IClientOptions>> = {
  tcp: () => ({ protocol: 'mqtt', port: world.broker.portOf('tcp') }),
  ssl: () => ({ protocol: 'mqtts', port: world.broker.portOf('ssl'), ...CA }),
  ws: () => ({ protocol: 'ws', port: world.broker.portOf('ws'), path: '/mqtt' }),
  wss: () => ({ protocol: 'wss', port: world.broker.portOf('wss'), path: '/secure', wsOptions: CA }),
  // MQTT.js as it runs in a page, on the page's WebSocket
  browser: () => ({ protocol: 'ws', port: world.broker.portOf('ws'), path: '/mqtt', forceNativeWebSocket: true }),
}
const NAMES = Object.keys(TRANSPORTS)

beforeAll(() => {
  // Node 20 has none of its own
  if (!('WebSocket' in globalThis)) Object.assign(globalThis, { WebSocket })
})

function connect(transport: string, clientId: string, options: IClientOptions = {}): Promise<MqttClient> {
  return world.connect(clientId, { ...TRANSPORTS[transport]?.(), ...options })
}

describe.each(NAMES)('over %s', (name) => {
  test('a message is in Redis when its publisher has the acknowledgement, comes live, and is gone when it is acknowledged', async () => {
    const topic = `queue/live/${name}`
    const sub = await connect(name, `live-sub-${name}`)
    await sub.subscribe(topic, 2)
    const pub = await connect(name, `live-pub-${name}`)
    for (const qos of [1, 2, 0] as const) await pub.publish(topic, `hello ${qos}`, { qos })
    await sub.waitForCount(3)
    expect(sub.payloads().toSorted()).toEqual(['hello 0', 'hello 1', 'hello 2'])
    await eventually('an empty queue', async () => await world.redis.client.exists(`mqtt:msg:${topic}`) === 0)
  })

  test('what was published while nobody listened comes in order, once', async () => {
    const topic = `queue/offline/${name}`
    const pub = await connect(name, `offline-pub-${name}`)
    const sent = Array.from({ length: 200 }, (_, i) => String(i))
    // at once: a page's client puts all of it into one frame
    await Promise.all(sent.map((payload) => pub.publish(topic, payload)))
    expect(await world.redis.client.zcard(`mqtt:msg:${topic}`)).toBe(200)
    const sub = await connect(name, `offline-sub-${name}`, { clean: false })
    await sub.subscribe(topic, 1)
    await sub.waitForCount(200)
    expect(sub.payloads()).toEqual(sent)
    await eventually('an empty queue', async () => await world.redis.client.exists(`mqtt:msg:${topic}`) === 0)
  })

  test('a persistent session is resumed over another one', async () => {
    const clientId = `mover-${name}`
    const first = await connect(name, clientId, { clean: false })
    await first.subscribe(`pubsub/move/${name}`, 1)
    await first.disconnect()
    const pub = await connect('tcp', `move-pub-${name}`)
    await pub.publish(`pubsub/move/${name}`, 'while away')
    const second = await connect(name === 'tcp' ? 'wss' : 'tcp', clientId, { clean: false })
    expect(second.sessionPresent).toBe(true)
    await second.waitForCount(1)
    expect(second.payloads()).toEqual(['while away'])
  })

  test('a payload of a megabyte goes both ways', async () => {
    const sub = await connect(name, `large-sub-${name}`)
    await sub.subscribe(`pubsub/large/${name}`, 1)
    const payload = Buffer.alloc(1_000_000, 'x')
    const pub = await connect(name, `large-pub-${name}`)
    await pub.publish(`pubsub/large/${name}`, payload)
    await sub.waitForCount(1)
    expect(sub.payloads()).toEqual([payload.toString()])
  })

  test('a will comes when the connection is cut', async () => {
    const heir = await connect('tcp', `heir-${name}`)
    await heir.subscribe(`pubsub/will/${name}`, 1)
    const dying = await connect(name, `dying-${name}`, { will: { topic: `pubsub/will/${name}`, payload: Buffer.from('bye'), qos: 1, retain: false } })
    // who is cut off before the broker knows that CONNACK is on the wire was never there
    await dying.publish(`free/${name}`, 'here')
    dying.destroySocket()
    await heir.waitForCount(1)
    expect(heir.payloads()).toEqual(['bye'])
    expect(await eventually('it is gone', async () => await world.redis.client.hget('gone', `dying-${name}`) ?? undefined)).toBe('closed')
  })
})

test.each(NAMES.flatMap((from, i) => [[from, NAMES[(i + 1) % NAMES.length] ?? 'tcp']]))('a client id that comes over %s is taken over by %s', async (from, to) => {
  const clientId = `twin-${from}-${to}`
  const first = await connect(from, clientId)
  const second = await connect(to, clientId)
  await first.closed
  expect(await eventually('the first is gone', async () => await world.redis.client.hget('gone', clientId) ?? undefined)).toBe('takeover')
  await second.publish('pubsub/twins', 'still here')
})

test('a page that publishes more at once than one packet may hold is served', async () => {
  const page = await connect('browser', 'eager-page')
  await Promise.all(Array.from({ length: 50 }, () => page.publish('free/eager', Buffer.alloc(100_000, 'x'))))
  expect(page.connected).toBe(true)
})

test('a WebSocket client that never reads slows nobody, and is closed with a line in the log', async () => {
  const stuck = await WebSocketWire.open(`ws://127.0.0.1:${world.broker.portOf('ws')}/mqtt`)
  await stuck.connected('stuck-page')
  for (const [i, topic] of ['pubsub/stuck', 'free/stuck'].entries()) stuck.send({ cmd: 'subscribe', messageId: i + 1, subscriptions: [{ topic, qos: 1 }] })
  await stuck.waitFor('suback', 2)
  stuck.socket.pause()
  const pub = await connect('tcp', 'stuck-pub')
  const other = await connect('browser', 'stuck-other')
  await other.subscribe('pubsub/other', 1)
  const payload = Buffer.alloc(480 * 1024, 'x')
  let slowest = 0
  // a window of them (32) is more than the kernel keeps
  for (let i = 0; i < 50; i++) {
    const began = Date.now()
    await Promise.all(['pubsub/stuck', 'free/stuck'].map((topic) => pub.publish(topic, payload)))
    await pub.publish('pubsub/other', String(i))
    slowest = Math.max(slowest, Date.now() - began)
  }
  expect(slowest).toBeLessThan(3_000)
  await other.waitForCount(50)
  expect(await eventually('it is gone', async () => await world.redis.client.hget('gone', 'stuck-page') ?? undefined, 20_000)).toBe('limit')
  expect(world.broker.log.filter((line) => line['clientid'] === 'stuck-page')).toMatchObject([{ reason: 'not_reading' }])
  stuck.socket.resume()
  await stuck.waitForClose()
}, 60_000)
