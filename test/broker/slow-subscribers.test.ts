import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rule, rules, STORED } from '../support/rules.ts'
import { useWorld } from '../support/world.ts'

const world = useWorld({
  rules: rules(...STORED, rule('client.disconnected.1', ['SADD gone ${clientid}'])),
})

/** A window of them (32) is more than the kernel keeps for a socket that is not read from (some 10 MB). */
const MESSAGES = 50
const PAYLOAD = Buffer.alloc(480 * 1024, 'x')
/** Far below the 10 s after which a subscriber that does not read is closed. Milliseconds. */
const SLOWEST_ACK_MS = 3_000

const STUCK = [
  { clientid: 'stuck-pubsub', topic: 'pubsub/slow', qos: 1 },
  { clientid: 'stuck-queue', topic: 'queue/slow', qos: 2 },
  { clientid: 'stuck-uncovered', topic: 'free/slow', qos: 1 },
  { clientid: 'stuck-qos0', topic: 'free/slow', qos: 0 },
] as const

test('subscribers that never read slow no publisher and no other subscriber; they are closed, each with a line in the log', async () => {
  const connections = []
  for (const { clientid, topic, qos } of STUCK) {
    const stuck = await world.connectWire(clientid)
    await stuck.subscribe(topic, qos)
    stuck.pause()
    connections.push(stuck)
  }
  const other = await world.connect('reader')
  await other.subscribe('pubsub/other', 1)
  const pub = await world.connect('writer')

  let slowest = 0
  for (let i = 0; i < MESSAGES; i++) {
    const began = Date.now()
    await Promise.all(['pubsub/slow', 'queue/slow', 'free/slow'].map((topic) => pub.publish(topic, PAYLOAD, { qos: 2 })))
    await pub.publish('pubsub/other', String(i))
    slowest = Math.max(slowest, Date.now() - began)
  }
  expect(slowest).toBeLessThan(SLOWEST_ACK_MS)
  await other.waitForCount(MESSAGES, SLOWEST_ACK_MS)
  expect(other.payloads()).toEqual(Array.from({ length: MESSAGES }, (_, i) => String(i)))

  await eventually('all of them are gone', async () => await world.redis.client.scard('gone') >= STUCK.length, 20_000)
  expect(other.connected && pub.connected).toBe(true)
  for (const stuck of connections) {
    stuck.resume()
    await stuck.closed
  }
  const logged = new Set(world.broker.log.map((line) => line['clientid']))
  expect(STUCK.filter(({ clientid }) => !logged.has(clientid)).map(({ clientid }) => clientid)).toEqual([])
}, 60_000)

test('a subscriber that reads but never acknowledges is left alone', async () => {
  const silent = await world.connectWire('silent')
  await silent.subscribe('pubsub/silent', 1)
  const pub = await world.connect('silent-pub')
  for (let i = 0; i < 100; i++) await pub.publish('pubsub/silent', String(i))
  // the default window
  while (silent.all('publish').length < 32) await silent.next('publish')
  await silent.ping()
  expect(silent.all('publish')).toHaveLength(32)
  expect(silent.open).toBe(true)
})
