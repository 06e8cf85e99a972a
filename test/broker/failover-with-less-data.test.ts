import { expect, onTestFailed, onTestFinished, test } from 'vitest'
import { startFakeSentinel } from '../store/fake-sentinel.ts'
import { startRedis } from '../store/redis-server.ts'
import { BrokerProcess } from '../support/broker-process.ts'
import { eventually } from '../support/eventually.ts'
import { MqttClient } from '../support/mqtt-client.ts'
import { rules, STORED } from '../support/rules.ts'

/** DELIVERY 7.4: the new master's clock may be behind what subscribers have read. Microseconds. */
const A_DAY_US = 86_400_000_000

test('a subscriber that has read further than a new master knows of gets what is stored from then on', async () => {
  const [old, next, sentinel] = await Promise.all([startRedis(), startRedis(), startFakeSentinel()])
  const broker = new BrokerProcess({
    rules: rules(...STORED, `backend.redis.pool1.server = 127.0.0.1:${sentinel.port}`, 'backend.redis.pool1.sentinel = mymaster'),
  })
  onTestFailed(() => { process.stderr.write(`the broker said:\n${broker.stderr}\n`) })
  onTestFinished(async () => { await Promise.all([broker.remove(), old.stop(), next.stop(), sentinel.stop()]) })
  await old.client.set('mqtt:clock', String(Date.now() * 1_000 + A_DAY_US))
  sentinel.view = { port: old.port, epoch: 1 }
  await broker.start()

  const topics = ['pubsub/a', 'queue/a']
  const subscriber = await MqttClient.connect(broker.port, 'subscriber', { clean: false })
  const publisher = await MqttClient.connect(broker.port, 'publisher')
  for (const topic of topics) {
    await subscriber.subscribe(topic, 1)
    await publisher.publish(topic, 'before', { qos: 1 })
  }
  await eventually('both came', () => subscriber.messages.length === 2)
  await eventually('both are acknowledged', async () => await old.client.zcard('mqtt:msg:queue/a') === 0 && await old.client.exists('mqtt:acked:subscriber:pubsub/a') === 1)

  const from = broker.log.length
  sentinel.view = { port: next.port, epoch: 2 }
  await broker.waitForLog('Redis is back', { from })
  for (const topic of topics) await publisher.publish(topic, 'after', { qos: 1 })
  for (const topic of topics) {
    await eventually(`what is stored on ${topic} comes`, () => subscriber.payloads(topic).length === 2)
    expect(subscriber.payloads(topic)).toEqual(['before', 'after'])
  }
  await Promise.all([subscriber.cut(), publisher.cut()])
})
