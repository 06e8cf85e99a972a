import { openWay } from '../../src/store/way.ts'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { PoolSpec } from '../../src/plan/program.ts'
import { CommandFailure, createLoneCommands, type LoneCommands } from '../../src/store/lone-commands.ts'
import { readyPool, poolSpec } from './pool-kit.ts'
import { freePort, startRedis, until, type RedisServer } from './redis-server.ts'

let redis: RedisServer
beforeAll(async () => { redis = await startRedis() })
afterAll(async () => { await redis.stop() })

test.each([
  ['a status', ['SET', 'a', '1'], { kind: 'status', text: 'OK' }],
  ['a text that looks like a status', ['ECHO', 'OK'], { kind: 'bytes', bytes: Buffer.from('OK') }],
  ['an integer of 64 bits', ['INCRBY', 'n', '9223372036854775807'], { kind: 'integer', text: '9223372036854775807' }],
  ['nothing', ['GET', 'no such key'], { kind: 'nil' }],
  ['a list that is not there', ['LPOP', 'none', '2'], { kind: 'nil' }],
  ['an empty list', ['LRANGE', 'none', '0', '-1'], { kind: 'list', items: [] }],
  ['lists in lists, with an error', ['EVAL', 'return {1, {"a", {}}, redis.error_reply("ERR inside"), false}', '0'], {
    kind: 'list', items: [
      { kind: 'integer', text: '1' },
      { kind: 'list', items: [{ kind: 'bytes', bytes: Buffer.from('a') }, { kind: 'list', items: [] }] },
      { kind: 'error', text: 'ERR inside' },
      { kind: 'nil' },
    ],
  }],
  ['an error', ['NO-SUCH-COMMAND'], { kind: 'error', text: "ERR unknown command 'NO-SUCH-COMMAND', with args beginning with: " }],
])('%s comes as Redis sent it', async (_, args, reply) => {
  expect(await run(lone(), ...args)).toEqual(reply)
})

test('bytes go and come as they are', async () => {
  const bytes = Buffer.from([0, 255, 13, 10, 36, 49])
  const commands = lone()
  await commands.run([Buffer.from('SET'), bytes, bytes])
  expect(await commands.run([Buffer.from('get'), bytes])).toEqual({ kind: 'bytes', bytes })
})

test('a long reply in many pieces is one reply', async () => {
  const commands = lone()
  const value = Buffer.alloc(3 * 1024 * 1024, 'x')
  await commands.run([Buffer.from('SET'), Buffer.from('long'), value])
  const reply = await run(commands, 'GET', 'long')
  expect(reply.kind === 'bytes' && reply.bytes.equals(value)).toBe(true)
})

test('a reply beyond 16 MB is given up, and the next command has its own', async () => {
  const commands = lone()
  await redis.client.setrange('longer', 17 * 1024 * 1024, 'x')
  expect(await failure(run(commands, 'GET', 'longer'))).toEqual(['too-long', 'its reply is longer than 16 MB'])
  expect(await run(commands, 'STRLEN', 'longer')).toEqual({ kind: 'integer', text: String(17 * 1024 * 1024 + 1) })
})

test('commands of several askers go one after another', async () => {
  const commands = lone()
  const replies = await Promise.all(Array.from({ length: 100 }, () => run(commands, 'INCR', 'counter')))
  expect(replies).toEqual(Array.from({ length: 100 }, (_, i) => ({ kind: 'integer', text: String(i + 1) })))
})

test('what would change or hold up its connection is not sent', async () => {
  const commands = lone()
  for (const args of [['SELECT', '3'], ['multi'], ['BLPOP', 'a', '0'], ['Subscribe', 'a'], ['xread', 'BLOCK', '0', 'STREAMS', 's', '$']]) {
    expect((await failure(run(commands, ...args)))[0]).toBe('unfit')
  }
})

test('it works in the database of the pool, and in no other if Redis has not so many', async () => {
  await run(lone({ database: 5 }), 'SET', 'where', 'five')
  expect(await redis.client.exists('where')).toBe(0)
  expect((await failure(run(lone({ database: 99 }), 'SET', 'where', 'nowhere')))).toEqual(['absent', expect.stringContaining('out of range')])
})

test('a Redis that is not there is said', async () => {
  const port = await freePort()
  const commands = lone({ server: [{ host: '127.0.0.1', port }] })
  expect(await failure(run(commands, 'PING'))).toEqual(['absent', 'connection refused'])
})

test('a refused password is said in the words of Redis', async () => {
  const locked = await startRedis('--requirepass', 'right')
  onTestFinished(() => locked.stop())
  const server = [{ host: '127.0.0.1', port: locked.port }]
  expect(await failure(run(lone({ server, password: 'wrong' }), 'PING'))).toEqual(['absent', expect.stringMatching(/^WRONGPASS/)])
  expect(await run(lone({ server, password: 'right' }), 'PING')).toEqual({ kind: 'status', text: 'PONG' })
  expect(await run(lone({ server }), 'PING')).toEqual({ kind: 'error', text: 'NOAUTH Authentication required.' })
})

test('a reply that comes too late is not taken for that of the next command', async () => {
  const commands = lone({}, 300)
  await run(commands, 'SET', 'late', 'late')
  redis.freeze()
  expect(await failure(run(commands, 'GET', 'late'))).toEqual(['absent', 'no answer'])
  redis.thaw()
  expect(await run(commands, 'ECHO', 'next')).toEqual({ kind: 'bytes', bytes: Buffer.from('next') })
})

test('a pool takes commands, on a connection that goes with it', async () => {
  const { pool } = await readyPool(poolSpec(redis.port))
  expect(await pool.command([Buffer.from('ECHO'), Buffer.from('hello')])).toEqual({ kind: 'bytes', bytes: Buffer.from('hello') })
  expect(await clients()).toContain('name=hookline-pool1-commands')
  await pool.close()
  await until(async () => !(await clients()).includes('name=hookline-pool1-commands'), 'the connection is gone')
  expect((await failure(pool.command([Buffer.from('PING')])))[0]).toBe('absent')
})

test('a pool says how long it is away and why, and how much waits', async () => {
  const own = await startRedis()
  onTestFinished(() => own.stop())
  const { pool } = await readyPool(poolSpec(own.port))
  onTestFinished(() => pool.close())
  expect(pool.outage).toBeUndefined()
  const before = Date.now()
  await own.kill()
  await until(() => pool.outage?.clause === 'connection refused', 'it is away')
  expect(pool.outage?.since).toBeGreaterThanOrEqual(before)
  pool.submit({ order: {}, effects: [], hold: true, bytes: 1, cancelled: false, done() {} })
  expect(pool.load).toEqual({ waiting: 1, sent: 0 })
  await own.start()
  await until(() => pool.outage === undefined, 'it is back')
})

function lone(spec: Partial<PoolSpec> = {}, timeoutMs?: number): LoneCommands {
  const wanted = poolSpec(redis.port, spec)
  const way = openWay({ spec: wanted })
  onTestFinished(() => way.end())
  const commands = createLoneCommands({ spec: wanted, line: way.line(), ...(timeoutMs === undefined ? {} : { timeoutMs }) })
  onTestFinished(() => commands.close())
  return commands
}

function run(commands: LoneCommands, ...args: readonly string[]): ReturnType<LoneCommands['run']> {
  return commands.run(args.map((arg) => Buffer.from(arg)))
}

/** Reason and clause; fails if there is a reply. */
async function failure(reply: Promise<unknown>): Promise<readonly [string, string]> {
  const error: unknown = await reply.then(() => undefined, (reason: unknown) => reason)
  if (!(error instanceof CommandFailure)) throw new Error('it has not failed as it should', { cause: error })
  return [error.reason, error.message]
}

async function clients(): Promise<string> {
  return String(await redis.client.client('LIST'))
}
