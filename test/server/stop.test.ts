import { writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BrokerProcess } from '../support/broker-process.ts'
import { eventually } from '../support/eventually.ts'
import { MqttClient } from '../support/mqtt-client.ts'
import { rules, STORED } from '../support/rules.ts'
import { withPool } from '../support/world.ts'
import { type RedisServer, startRedis } from '../store/redis-server.ts'

// SPEC 5.4: stop accepting, publish wills, finish what is on its way to Redis, close, exit 0.

/** What a Redis that says nothing may keep a stop waiting. */
const SILENT_MS = 20_000

let redis: RedisServer
let broker: BrokerProcess

beforeEach(async () => {
  redis = await startRedis()
  broker = new BrokerProcess({ rules: withPool(rules(...STORED), redis.port) })
  await broker.start()
})

afterEach(async () => {
  await broker.remove()
  await redis.stop()
})

test('a stop under traffic exits with 0, and what was acknowledged is in Redis, each once', async () => {
  const acknowledged: string[] = []
  const publishers = await Promise.all(['a', 'b', 'c'].map((name) => MqttClient.connect(broker.port, `stop-${name}`)))
  const sending = publishers.map(async (publisher, i) => {
    for (let n = 1; publisher.connected; n++) {
      const payload = `${i}-${n}`
      // whoever is not acknowledged sends again to the next broker
      const taken = await publisher.publish('queue/stop', payload).then(() => true, () => false)
      if (taken) acknowledged.push(payload)
    }
  })
  await eventually(() => 'traffic', () => acknowledged.length > 300)
  expect(await broker.stop()).toBe(0)
  await Promise.all(sending)
  const ids = await redis.client.zrange('mqtt:msg:queue/stop', '0', '-1')
  const stored = await Promise.all(ids.map((id) => redis.client.hget(`mqtt:msg:${id}`, 'payload')))
  expect(acknowledged.filter((payload) => !stored.includes(payload))).toEqual([])
  expect(new Set(stored).size).toBe(stored.length)
})

test('the wills of those who are connected are stored', async () => {
  await MqttClient.connect(broker.port, 'stop-will', { will: { topic: 'queue/wills', payload: Buffer.from('gone'), qos: 1, retain: false } })
  expect(await broker.stop()).toBe(0)
  expect(await redis.client.zcard('mqtt:msg:queue/wills')).toBe(1)
})

test('a Redis that says nothing holds the stop up for a bounded time, and the exit code is 0', async () => {
  const publisher = await MqttClient.connect(broker.port, 'stop-silent', {
    will: { topic: 'queue/wills', payload: Buffer.from('gone'), qos: 1, retain: false },
  })
  redis.freeze()
  const refused = publisher.publish('queue/stop', 'one').then(() => 'acknowledged', () => 'not acknowledged')
  const askedAt = Date.now()
  expect(await broker.stop()).toBe(0)
  expect(Date.now() - askedAt).toBeLessThan(SILENT_MS)
  expect(await refused).toBe('not acknowledged')
  redis.thaw()
}, 60_000)

test('a stop while a reload waits for a pool that does not answer ends both', async () => {
  const from = broker.log.length
  const other = withPool(rules(...STORED), 1).replaceAll('pool1', 'pool2')
  writeFileSync(broker.file, broker.fileWith(withPool(rules(...STORED), redis.port) + other.replaceAll('.1 =', '.11 =').replaceAll('.2 =', '.12 =')))
  broker.signal('SIGHUP')
  expect(await broker.stop()).toBe(0)
  expect(broker.log.slice(from).some(({ msg }) => msg === 'stopped')).toBe(true)
}, 30_000)
