import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rule, rules } from '../support/rules.ts'
import { useWorld } from '../support/world.ts'

const world = useWorld({
  rules: rules(
    'node.name = hooks@lab',
    rule('client.connected.1', ['RPUSH log:${clientid} connected:${username}:${node}']),
    rule('session.created.1', ['RPUSH log:${clientid} created']),
    rule('session.subscribed.1', ['RPUSH log:${clientid} subscribed:${topic}:${qos}'], '#'),
    rule('session.subscribed.2', ['RPUSH log:${clientid} second:${topic}'], 'rooms/+/light'),
    rule('session.unsubscribed.1', ['RPUSH log:${clientid} unsubscribed:${topic}'], '#'),
    rule('message.publish.10', ['RPUSH order:${topic} ten'], '#'),
    rule('message.publish.9', ['RPUSH order:${topic} nine'], '#'),
    rule('message.publish.last', ['RPUSH order:${topic} last'], '#'),
    rule('message.publish.11', ['HSET ids:${topic} ${payload} ${msgid}:${retain}'], '#'),
    rule('message.deliver.1', ['RPUSH log:${clientid} delivered:${msgid}:${topic}:${qos}'], '#'),
    rule('message.acked.1', ['RPUSH log:${clientid} acked:${msgid}:${topic}:${qos}'], '#'),
  ),
})

async function hooksOf(clientid: string, count: number): Promise<string[]> {
  return await eventually(`${count} hooks of ${clientid}`, async () => {
    const lines = await world.redis.client.lrange(`log:${clientid}`, 0, -1)
    return lines.length >= count ? lines : undefined
  })
}

test('a client leaves its hooks in order: connected, created, subscribed, unsubscribed', async () => {
  const client = await world.connect('through', { username: 'alice' })
  await client.subscribe('rooms/+/light', 1)
  await client.subscribe('rooms/1/light', 2)
  await client.unsubscribe('rooms/+/light')
  // was not subscribed
  await client.unsubscribe('rooms/9')
  await client.unsubscribe('rooms/1/light')
  expect(await hooksOf('through', 8)).toEqual([
    'connected:alice:hooks@lab', 'created',
    'subscribed:rooms/+/light:1', 'second:rooms/+/light',
    'subscribed:rooms/1/light:2', 'second:rooms/1/light',
    'unsubscribed:rooms/+/light', 'unsubscribed:rooms/1/light',
  ])
})

test('session.unsubscribed does not run because a connection or session ends', async () => {
  const client = await world.connect('ending')
  await client.subscribe('ending/a', 1)
  await client.disconnect()
  await world.connect('ending')
  expect(await hooksOf('ending', 5)).toEqual(['connected::hooks@lab', 'created', 'subscribed:ending/a:1', 'connected::hooks@lab', 'created'])
})

test('for what a resumed session brings back no command of session.subscribed runs', async () => {
  const client = await world.connect('resumed', { clean: false })
  await client.subscribe('resumed/a', 1)
  await client.disconnect()
  const back = await world.connect('resumed', { clean: false })
  // the hooks of its coming wait for those of its going before, what it subscribes to does not
  await hooksOf('resumed', 4)
  await back.subscribe('resumed/b', 1)
  expect(await hooksOf('resumed', 5)).toEqual([
    'connected::hooks@lab', 'created', 'subscribed:resumed/a:1', 'connected::hooks@lab', 'subscribed:resumed/b:1',
  ])
})

test('rules of one hook run in the order of their numbers, words after numbers', async () => {
  const pub = await world.connect('ordering')
  await pub.publish('ordering', 'x')
  expect(await world.redis.client.lrange('order:ordering', 0, -1)).toEqual(['nine', 'ten', 'last'])
})

test.each([1, 2] as const)('delivered and acked carry the message id of the publish (QoS %i)', async (qos) => {
  const topic = `ids/${qos}`
  const sub = await world.connect(`ids-${qos}`)
  await sub.subscribe(topic, 2)
  const pub = await world.connect(`ids-pub-${qos}`)
  await pub.publish(topic, 'x', { qos })
  const [id] = (await world.redis.client.hget(`ids:${topic}`, 'x'))?.split(':') ?? []
  const hooks = await hooksOf(`ids-${qos}`, 5)
  expect(hooks.slice(3)).toEqual([`delivered:${id}:${topic}:${qos}`, `acked:${id}:${topic}:${qos}`])
})

test('QoS 0 is delivered and never acked', async () => {
  const sub = await world.connect('ids-0')
  await sub.subscribe('ids/0', 0)
  const pub = await world.connect('ids-pub-0')
  await pub.publish('ids/0', 'x')
  await pub.publish('ids/0', 'y')
  const hooks = await hooksOf('ids-0', 5)
  expect(hooks.slice(3).map((line) => line.split(':')[0])).toEqual(['delivered', 'delivered'])
})

test('message.publish sees the retain flag as it was sent', async () => {
  const pub = await world.connect('retaining')
  await pub.publish('retaining', 'x', { retain: true })
  expect(await world.redis.client.hget('ids:retaining', 'x')).toMatch(/:true$/)
})
