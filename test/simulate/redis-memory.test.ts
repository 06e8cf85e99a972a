import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { RedisMemory } from '../../src/simulate/redis-memory.ts'
import { startRedis, type RedisServer } from '../store/redis-server.ts'

let redis: RedisServer
beforeAll(async () => { redis = await startRedis() })
beforeEach(async () => { await redis.client.flushall() })
afterAll(async () => { await redis.stop() })

const record = (i: number, payload: number): readonly string[] => [
  'HSET', `mqtt:msg:00000000000${i}`, 'id', `00000000000${i}`, 'from', 'client-17', 'qos', '1', 'topic', 'sensors/attic/temp', 'payload', 'x'.repeat(payload), 'ts', '1700000000', 'retain', 'false',
]

test.each<readonly [what: string, command: (i: number) => readonly string[]]>([
  ['stored messages with short payloads', i => record(i, 20)],
  ['stored messages', i => record(i, 200)],
  ['a long log', i => ['ZADD', 'log', String(1_700_000_000_000_000 + i), `00000000000${i}`]],
  ['short logs', i => ['ZADD', `log${i % 400}`, String(1_700_000_000_000_000 + i), `00000000000${i}`]],
  ['texts', i => ['SET', `key${i}`, 'x'.repeat(i % 500)]],
  ['texts that expire', i => ['SETEX', `key${i}`, '100', 'value']],
  ['a long hash', i => ['HSET', 'hash', `client-${i}`, '1700000000']],
  ['short hashes', i => ['HSET', `hash${i % 400}`, `client-${i}`, '1700000000']],
  ['a list', i => ['RPUSH', 'list', `value-${i}`.repeat(10)]],
  ['a set', i => ['SADD', 'set', `member-${i}`]],
  ['a stream', i => ['XADD', 'stream', '*', 'topic', `a/${i}`, 'payload', 'x'.repeat(100)]],
  ['keys written over and over', i => ['SET', `key${i % 500}`, `value ${i}`.repeat(20)]],
])('counts about what Redis needs for %s', async (_, command) => {
  const memory = new RedisMemory()
  const before = await usedMemory()
  const sent = redis.client.pipeline()
  for (let i = 0; i < 4_000; i++) {
    const [name = '', ...args] = command(i)
    memory.apply('r', { name, args }, size)
    sent.call(name, ...args)
  }
  await sent.exec()
  const ratio = bytesOf(memory) / (await usedMemory() - before)
  expect(ratio).toBeGreaterThan(0.7)
  expect(ratio).toBeLessThan(1.5)
})

test('what is deleted, removed, or over is gone', () => {
  const memory = new RedisMemory()
  const apply = (line: string): void => {
    const [name = '', ...args] = line.split(' ')
    memory.apply('r', { name, args }, size)
  }
  for (const line of ['SET a 1', 'HSET h f 1', 'HDEL h f', 'SADD s m n', 'SREM s m n', 'ZADD z 1 m', 'ZREM z m', 'UNLINK a']) apply(line)
  expect(memory.held().size).toBe(0)
})

test('knows how long each key is kept, and which keys are cut', () => {
  const memory = new RedisMemory()
  const apply = (rule: string, line: string): void => {
    const [name = '', ...args] = line.split(' ')
    memory.apply(rule, { name, args }, size)
  }
  for (const line of ['SET a 1 EX 60', 'SET b 1 EX 60', 'SET b 1', 'HSET h f 1', 'EXPIRE h 7']) apply('kept', line)
  for (const line of ['RPUSH l x', 'LTRIM l -10 -1', 'XADD x MAXLEN ~ 10 * f v', 'INCR n']) apply('cut', line)
  expect([...memory.held().get('kept')?.bytes.keys() ?? []]).toEqual([60, undefined, 7])
  expect(memory.held().get('kept')?.cut).toBe(false)
  expect(memory.held().get('cut')).toMatchObject({ cut: true, bytes: expect.objectContaining({ size: 1 }) })
})

test('what was there before growth is measured is not fresh, however often it is written', () => {
  const memory = new RedisMemory()
  const apply = (line: string): void => {
    const [name = '', ...args] = line.split(' ')
    memory.apply('r', { name, args }, size)
  }
  apply('SET a 1')
  apply('HSET h f 1')
  memory.measureGrowth()
  apply('SET a 2')
  apply('HSET h f 2')
  expect(memory.held().get('r')?.bytes.get(undefined)?.fresh).toBe(0)
  apply('HSET h g 2')
  const { all, fresh } = memory.held().get('r')?.bytes.get(undefined) ?? { all: 0, fresh: 0 }
  expect(fresh).toBeGreaterThan(0)
  expect(fresh).toBeLessThan(all / 2)
})

async function usedMemory(): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.client.info('memory'))?.[1])
}

function size(arg: string | Buffer): number {
  return Buffer.byteLength(arg)
}

function bytesOf(memory: RedisMemory): number {
  return [...memory.held().values()].flatMap(({ bytes }) => [...bytes.values()]).reduce((sum, { all }) => sum + all, 0)
}
