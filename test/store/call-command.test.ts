import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commandOf } from '../../src/store/call-command.ts'
import { startRedis, type RedisServer } from './redis-server.ts'
import { eventually } from '../support/eventually.ts'

// What src/store/call-command.ts takes for granted of ioredis' commands, which is half of it not declared.

let server: RedisServer
let redis: Redis
beforeAll(async () => {
  server = await startRedis()
  redis = new Redis(server.port, { commandTimeout: 200, retryStrategy: null })
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

/** Sends a call; returns all that it was told. */
function sent(name: string, args: (string | Buffer)[], binary = false): { readonly told: readonly unknown[] } {
  const told: unknown[] = []
  void redis.sendCommand(commandOf({ name, args, binary }, (error, reply) => { told.push(error ?? reply) }))
  return { told }
}

test('a call is told its reply, as text or as bytes, or the error, once', async () => {
  const text = sent('SET', ['key', Buffer.from('value')])
  const bytes = sent('GET', ['key'], true)
  const script = sent('evalsha', ['0'.repeat(40), '0'])
  const list = sent('HGETALL', ['nothing'])
  await eventually('replies', () => list.told.length > 0)
  expect(text.told).toEqual(['OK'])
  expect(bytes.told).toEqual([Buffer.from('value')])
  expect(script.told.map(String)).toEqual([expect.stringContaining('NOSCRIPT')])
  expect(list.told).toEqual([[]])
})

test('a call whose time is over is told so, and nothing more when its answer comes', async () => {
  server.freeze()
  const late = sent('PING', [])
  try {
    await eventually('the end of its time', () => late.told.length > 0)
  } finally {
    server.thaw()
  }
  const next = sent('ECHO', ['next'])
  await eventually('the next one', () => next.told.length > 0)
  expect(next.told).toEqual(['next'])
  expect(late.told.map(String)).toEqual(['Error: Command timed out'])
})

test('a call is told of a connection that is lost or ended', async () => {
  server.freeze()
  const lost = sent('PING', [])
  redis.stream.destroy()
  await eventually('its end', () => lost.told.length > 0)
  server.thaw()
  const after = sent('PING', [])
  await eventually('its end', () => after.told.length > 0)
  expect([...lost.told, ...after.told].map(String)).toEqual(['Error: Connection is closed.', 'Error: Connection is closed.'])
})
