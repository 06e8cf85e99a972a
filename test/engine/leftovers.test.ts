import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { compile } from '../../src/compile.ts'
import { settleLeftovers } from '../../src/engine/leftovers.ts'
import type { Rules } from '../../src/engine/rules.ts'
import { poolSpec, readyPool, type LogLine, type PoolKit } from '../store/pool-kit.ts'
import { startRedis, type RedisServer } from '../store/redis-server.ts'

let redis: RedisServer
let kit: PoolKit
let lines: LogLine[]

beforeAll(async () => { redis = await startRedis() })
afterAll(async () => { await redis.stop() })
beforeEach(async () => {
  await redis.client.flushall()
  kit = await readyPool(poolSpec(redis.port))
  lines = []
})
afterEach(async () => { await kit.pool.close() })

function rules(hook: string, name: string): Rules {
  const text = `node.name = n1\nbackend.redis.pool1.server = embedded\n`
    + `backend.redis.hook.${hook}.1 = {"action": {"function": "${name}"}, "pool": "pool1"}\n`
  const { program } = compile([{ name: 'test.conf', text }])
  if (program === undefined) throw new Error('the rules of the test have mistakes')
  return { program, pools: new Map([['pool1', kit.pool]]) }
}

const DISCONNECTED = ['client.disconnected', 'on_client_disconnected'] as const

async function settle(of: Rules): Promise<void> {
  const say = (level: LogLine['level']) => (fields: LogLine['fields'], message: string) => { lines.push({ level, fields, message }) }
  await settleLeftovers({ rules: of, now: () => 2_000, log: { info: say('info'), warn: say('warn'), error: say('error') } })
}

const presenceOf = (clientid: string): Promise<Record<string, string>> => redis.client.hgetall(`mqtt:client:${clientid}`)

it('sets offline whom the last run of this node left online, and nobody else', async () => {
  const online = (at: number): Record<string, string> => ({ state: '1', online_at: String(at), offline_at: 'undefined' })
  await redis.client.hset('mqtt:node:n1', { left: '1000', moved: '1000' })
  await redis.client.hset('mqtt:node:n2', { moved: '1001', other: '1000' })
  await redis.client.hset('mqtt:client:left', online(1_000))
  await redis.client.hset('mqtt:client:moved', online(1_001))
  await redis.client.hset('mqtt:client:other', online(1_000))
  await settle(rules(...DISCONNECTED))
  expect(await presenceOf('left')).toEqual({ state: '0', online_at: '1000', offline_at: '2000' })
  expect(await presenceOf('moved')).toEqual(online(1_001))
  expect(await presenceOf('other')).toEqual(online(1_000))
  expect(await redis.client.exists('mqtt:node:n1')).toBe(0)
  expect(await redis.client.hlen('mqtt:node:n2')).toBe(2)
  expect(lines).toEqual([{ level: 'info', fields: { pool: 'pool1', clients: 2 }, message: 'clients that the last run left online are offline now' }])
})

it('finds all of very many', async () => {
  const ids = Array.from({ length: 3_000 }, (_, i) => `client-${i}`)
  const filled = redis.client.pipeline()
  for (const id of ids) filled.hset('mqtt:node:n1', id, '1000').hset(`mqtt:client:${id}`, 'state', '1', 'online_at', '1000')
  await filled.exec()
  await settle(rules(...DISCONNECTED))
  expect(await redis.client.exists('mqtt:node:n1')).toBe(0)
  expect((await presenceOf('client-2999'))['state']).toBe('0')
})

it('touches nothing without a rule for it, and creates nothing when there is nothing', async () => {
  await redis.client.hset('mqtt:node:n1', 'left', '1000')
  await settle(rules('client.connected', 'on_client_connected'))
  expect(await redis.client.hlen('mqtt:node:n1')).toBe(1)
  await redis.client.flushall()
  await settle(rules(...DISCONNECTED))
  expect(await redis.client.dbsize()).toBe(0)
  expect(lines).toEqual([])
})

it('says what Redis refuses and goes on', async () => {
  await redis.client.set('mqtt:node:n1', 'something else')
  await settle(rules(...DISCONNECTED))
  expect(lines).toMatchObject([{ level: 'warn', fields: { pool: 'pool1' } }])
})
