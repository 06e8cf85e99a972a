import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rule, rules } from '../support/rules.ts'
import { useWorld } from '../support/world.ts'

const world = useWorld({
  rules: rules(
    'node.name = node-7@lab',
    rule('client.connected.1', 'on_client_connected'),
    rule('client.connected.2', ['RPUSH log:${clientid} connected']),
    rule('client.connected.3', ['SET newest:${clientid} ${username}']),
    rule('client.disconnected.1', 'on_client_disconnected'),
    rule('client.disconnected.2', ['RPUSH log:${clientid} disconnected:${reason}']),
    rule('session.created.1', ['RPUSH log:${clientid} created']),
  ),
})

/** What the hooks of a client left in its log, when it has as many lines. */
async function hooksOf(clientid: string, count: number): Promise<string[]> {
  return await eventually(`${count} hooks of ${clientid}`, async () => {
    const lines = await world.redis.client.lrange(`log:${clientid}`, 0, -1)
    return lines.length >= count ? lines : undefined
  })
}

test('the node hash holds who is online, with the time of its coming', async () => {
  await world.connect('here-1')
  await world.connect('here-2')
  const { client: redis } = world.redis
  const node = await eventually('two clients in the node hash', async () => {
    const found = await redis.hgetall('mqtt:node:node-7@lab')
    return 'here-1' in found && 'here-2' in found ? found : undefined
  })
  for (const clientid of ['here-1', 'here-2']) {
    expect(node[clientid]).toBe(await redis.hget(`mqtt:client:${clientid}`, 'online_at'))
  }
})

test('a client whose socket is cut is offline', async () => {
  const client = await world.connectWire('cut')
  await eventually('it is online', async () => await world.redis.client.hget('mqtt:client:cut', 'state') === '1')
  client.cut()
  await eventually('it is offline', async () => await world.redis.client.hget('mqtt:client:cut', 'state') === '0')
  expect(await world.redis.client.hexists('mqtt:node:node-7@lab', 'cut')).toBe(0)
  expect(await hooksOf('cut', 3)).toEqual(['connected', 'created', 'disconnected:closed'])
})

test('on a takeover the old connection is disconnected before the new one is connected', async () => {
  const first = await world.connectWire('twin')
  await hooksOf('twin', 2)
  const second = await world.connectWire('twin')
  await first.closed
  expect(await hooksOf('twin', 5)).toEqual(['connected', 'created', 'disconnected:takeover', 'connected', 'created'])
  expect(await world.redis.client.hget('mqtt:client:twin', 'state')).toBe('1')
  expect(await world.redis.client.hexists('mqtt:node:node-7@lab', 'twin')).toBe(1)
  expect(second.open).toBe(true)
})

test('many takeovers at once leave the client online', async () => {
  const connections = await Promise.all(Array.from({ length: 8 }, async (_, i) => {
    // those that are taken over before CONNACK never hear of it
    const connection = await world.connectWire('crowd', { username: `number ${i}` }).catch(() => undefined)
    return { connection, username: `number ${i}` }
  }))
  const alive = await eventually('one connection is left', () => {
    const open = connections.filter(({ connection }) => connection?.open)
    return open.length === 1 ? open[0] : undefined
  })
  const { client: redis } = world.redis
  await eventually('the hook of the last one has run', async () => await redis.get('newest:crowd') === alive.username)
  expect(await redis.hget('mqtt:client:crowd', 'state')).toBe('1')
  expect(await redis.hget('mqtt:node:node-7@lab', 'crowd')).toBe(await redis.hget('mqtt:client:crowd', 'online_at'))
  const lines = (await redis.lrange('log:crowd', 0, -1)).filter((line) => line !== 'created')
  expect(lines.filter((_, i) => i % 2 === 0).every((line) => line === 'connected')).toBe(true)
  expect(lines.filter((_, i) => i % 2 === 1).every((line) => line === 'disconnected:takeover')).toBe(true)
})

test('the reason of the going is told', async () => {
  const polite = await world.connectWire('polite')
  await polite.disconnect()
  expect((await hooksOf('polite', 3))[2]).toBe('disconnected:normal')

  const silent = await world.connectWire('silent', { keepalive: 1 })
  await silent.closed
  expect((await hooksOf('silent', 3))[2]).toBe('disconnected:keepalive')

  const rude = await world.connectWire('rude')
  rude.sendBytes(Buffer.from([0x00, 0x00]))
  await rude.closed
  expect((await hooksOf('rude', 3))[2]).toBe('disconnected:protocol')
})

test('session.created comes after client.connected, and only for a session that was not resumed', async () => {
  const first = await world.connectWire('back', { clean: false })
  expect(first.connack.sessionPresent).toBe(false)
  await first.disconnect()
  await hooksOf('back', 3)
  const second = await world.connectWire('back', { clean: false })
  expect(second.connack.sessionPresent).toBe(true)
  await second.disconnect()
  expect(await hooksOf('back', 5)).toEqual(['connected', 'created', 'disconnected:normal', 'connected', 'disconnected:normal'])
})
