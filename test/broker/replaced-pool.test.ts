import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RedisServer, startRedis } from '../store/redis-server.ts'
import { eventually } from '../support/eventually.ts'
import { rule, rules } from '../support/rules.ts'
import { useWorld, withPool } from '../support/world.ts'

/** What waits for a Redis that is away when a reload puts another in its place. */

const RULES = rules(
  rule('client.connected.1', 'on_subscribe_lookup'),
  rule('session.subscribed.1', 'on_retain_lookup', '#'),
  rule('message.publish.1', 'on_message_retain', '#'),
)

const world = useWorld({ rules: RULES })
let other: RedisServer

beforeAll(async () => { other = await startRedis() })
afterAll(async () => { await other.stop() })

async function reloadTo({ port }: RedisServer): Promise<void> {
  const from = world.broker.log.length
  writeFileSync(world.broker.file, world.broker.fileWith(withPool(RULES, port)))
  world.broker.signal('SIGHUP')
  await world.broker.waitForLog('reload applied', { from })
}

test('a client that came meanwhile is subscribed to what the new one lists', async () => {
  await other.client.hset('mqtt:sub:patient', 'patient/in', '1')
  await world.redis.kill()
  const device = await world.connect('patient')
  await reloadTo(other)
  const app = await world.connect('app')
  await eventually('it is subscribed', async () => {
    await app.publish('patient/in', 'hello', { qos: 0 })
    return device.messages.length > 0
  })
  await world.redis.start()
})

test('a client that has subscribed meanwhile is sent what the new one has retained, once', async () => {
  const retained = { id: '0', from: 'app', qos: '1', topic: 'sensor/1', payload: 'warm', ts: '1', retain: 'true' }
  await world.redis.client.hset('mqtt:retain:sensor/1', retained)
  await other.kill()
  const device = await world.connect('reader')
  await device.subscribe('sensor/1', 1)
  await reloadTo(world.redis)
  await device.waitForCount(1)
  await device.subscribe('sensor/2', 1)
  expect(device.payloads()).toEqual(['warm'])
})
