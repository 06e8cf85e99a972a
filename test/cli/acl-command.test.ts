import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { tempFolder } from '../server/temp-folder.ts'
import { startRedis, until } from '../store/redis-server.ts'
import { eventually } from '../support/eventually.ts'
import { MqttClient } from '../support/mqtt-client.ts'
import { rule, rules } from '../support/rules.ts'
import { Commands } from './commands.ts'

const EVERY_FUNCTION = rules(
  rule('client.connected.1', 'on_client_connected'), rule('client.connected.2', 'on_subscribe_lookup'), rule('client.disconnected.1', 'on_client_disconnected'),
  rule('message.publish.1', 'on_message_publish', 'queue/#'), rule('message.publish.2', 'on_message_publish', 'pubsub/#'),
  rule('message.publish.3', 'on_message_retain', '#'), rule('message.publish.4', 'on_retain_delete', '#'), rule('message.publish.5', 'on_message_store_keep_latest', 'latest/#'),
  rule('message.publish.6', ['HSET "last of:${clientid}" ${topic} ${payload}', 'PUBLISH said:${topic} ${msgid}'], '#'),
  rule('session.subscribed.1', 'on_message_fetch_for_queue', 'queue/#'), rule('session.subscribed.2', 'on_message_fetch_for_pubsub', 'pubsub/#'),
  rule('session.subscribed.3', 'on_retain_lookup', '#'), rule('session.subscribed.4', 'on_message_fetch_for_keep_latest', 'latest/#'),
  rule('message.acked.1', 'on_message_acked_for_queue', 'queue/#'), rule('message.acked.2', 'on_message_acked_for_pubsub', 'pubsub/#'), rule('message.acked.3', 'on_message_acked_for_keep_latest', 'latest/#'),
)

test('a broker works end to end as the user that it has printed, and so do adopt and doctor', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const commands = new Commands()
  const text = `${EVERY_FUNCTION}${['server = 127.0.0.1:' + redis.port, 'username = hookline', 'password = s3cret'].map(line => `backend.redis.pool1.${line}\n`).join('')}`
  const file = join(tempFolder(), 'rules.conf')
  writeFileSync(file, text)
  const typed = await commands.shell(`hookline acl pool1 -f ${file} --password-hash --also adopt,doctor | redis-cli -p ${redis.port}`)
  expect(typed.out).toBe('OK\n')
  expect(typed.err).not.toContain('s3cret')

  await redis.client.hset('mqtt:sub:device', 'ordered/before', '1')
  const ear = redis.client.duplicate()
  onTestFinished(() => { ear.disconnect() })
  await ear.subscribe('mqtt:wake')
  const broker = await commands.start(text)
  const connect = async (name: string): Promise<MqttClient> => {
    const client = await MqttClient.connect(broker.port, name)
    onTestFinished(() => client.cut())
    return client
  }
  const publisher = await connect('publisher')
  await publisher.publish('queue/a', 'q', { qos: 1 })
  await publisher.publish('pubsub/a', 'p', { qos: 2 })
  await publisher.publish('latest/a', 'l', { qos: 1 })
  await publisher.publish('kept/a', 'r', { qos: 1, retain: true })

  const device = await connect('device')
  await eventually('it is online', async () => await redis.client.hget('mqtt:client:device', 'state') === '1')
  for (const filter of ['queue/#', 'pubsub/a', 'latest/+', 'kept/#']) await device.subscribe(filter, 1)
  await eventually('all that is stored has come', () => ['q', 'p', 'l', 'r'].every(it => device.payloads().includes(it)))
  await eventually('it is acknowledged', async () => await redis.client.exists('mqtt:msg:queue/a', 'mqtt:latest:latest/a') === 0 && await redis.client.exists('mqtt:acked:device:pubsub/a') === 1)
  // a live one, what was subscribed by Redis, and an order
  await publisher.publish('queue/b', 'live', { qos: 1 })
  await publisher.publish('ordered/before', 'by Redis', { qos: 1 })
  await redis.client.publish('mqtt_channel', JSON.stringify({ type: 'subscribe', topic: 'ordered/now', clientid: 'device', qos: 1 }))
  await eventually('the order is carried out', async () => {
    await publisher.publish('ordered/now', 'by order', { qos: 1 })
    return device.payloads('ordered/now').length > 0
  })
  await publisher.publish('kept/a', '', { qos: 1, retain: true })
  await eventually('the live ones have come', () => ['live', 'by Redis'].every(it => device.payloads().includes(it)))
  await device.disconnect()
  await eventually('it is offline', async () => await redis.client.hget('mqtt:client:device', 'state') === '0')

  expect(await commands.run('adopt', 'pool1', '-f', file)).toMatchObject({ code: 0, err: '' })
  const { out } = await commands.run('doctor', '--json', '-f', file)
  expect(JSON.parse(out)).toMatchObject({ pools: [{ looked: true, facts: { unseen: [], servers: [{ denied: [], deniedChannels: [] }] } }] })
  await until(async () => (await redis.client.exists('mqtt:retain:kept/a')) === 0, 'the retained message is deleted')
  expect(await redis.client.call('ACL', 'LOG')).toEqual([])
}, 60_000)
