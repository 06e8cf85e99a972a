import { afterEach, beforeEach, expect, test } from 'vitest'
import { ConformanceRig, eventually, subscribe } from './conformance-rig.ts'

/** What the broker says and counts of clients that it throws out, or refuses something. */

let rig: ConformanceRig

beforeEach(async () => { rig = await ConformanceRig.start({ idleTimeoutMs: 200, maxSubscriptions: 1, maxTopicLevels: 3 }) })
afterEach(() => rig.close())

/** As `status` shows them. */
const counted = () => rig.broker.closures.map(({ reason, why, count }) => `${count} ${reason}: ${why}`)

test('each reason to throw a client out is counted, the most frequent first', async () => {
  const qos3 = await rig.connect('qos3')
  qos3.send(Buffer.from([0x36, 5, 0, 1, 0x61, 0, 1]))
  const deep = await rig.connect('deep')
  deep.send({ cmd: 'publish', topic: 'a/b/c/d', payload: '', qos: 0, retain: false, dup: false })
  const reserved = await rig.connect('reserved')
  reserved.send({ cmd: 'publish', topic: '$SYS/a', payload: '', qos: 0, retain: false, dup: false })
  await rig.connect('twice')
  await rig.connect('twice')
  await rig.connect('twice')
  rig.dial()
  await eventually(() => counted().sort()).toEqual([
    '1 limit: a topic of more levels than mqtt.max_topic_levels',
    '1 no_connect: its CONNECT did not come within mqtt.idle_timeout',
    '1 protocol: QoS 3',
    '1 protocol: a topic of $SYS/, which is not for clients',
    '2 takeover: its client id came again',
  ])
  expect(counted()[0]).toBe('2 takeover: its client id came again')
  expect(rig.logged.filter((line) => line.startsWith('a client was closed: '))).toHaveLength(3)
  expect(rig.logged).toHaveLength(3)
})

test('who is silent for too long is counted, who leaves is not', async () => {
  const silent = await rig.connect('silent', { keepalive: 1 })
  const leaving = await rig.connect('leaving')
  leaving.socket.destroy()
  await eventually(() => silent.heard).toContain('closed')
  expect(counted()).toEqual(['1 keepalive: it sent nothing for one and a half times its keepalive'])
  expect(rig.logged).toEqual([])
})

test('a hundred refused filters are counted, and a few of them logged, whatever their length', async () => {
  const client = await rig.connect('greedy')
  client.send(subscribe(1, ['first', 0]))
  const long = 'x'.repeat(60_000)
  for (let n = 0; n < 100; n++) client.send(subscribe(2 + n, [`${n}${long}`, 0]))
  await eventually(() => rig.broker.counters.subscriptionsRefused).toBe(100)
  expect(rig.logged).toHaveLength(20)
  expect(Math.max(...rig.logged.map(({ length }) => length))).toBeLessThan(500)
})

test('a flood of closures is counted, and a few of them logged', async () => {
  for (let n = 0; n < 50; n++) {
    const client = await rig.connect('wrong')
    client.send(Buffer.from([0x36, 5, 0, 1, 0x61, 0, 1]))
    await eventually(() => client.heard).toContain('closed')
  }
  expect(counted()).toEqual(['50 protocol: QoS 3'])
  expect(rig.logged).toHaveLength(20)
})
