import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { rule } from '../support/rules.ts'
import { freePort, startRedis, type RedisServer } from '../store/redis-server.ts'
import { Commands } from './commands.ts'

let redis: RedisServer
beforeAll(async () => { redis = await startRedis() })
afterAll(async () => { await redis.stop() })
beforeEach(async () => { await redis.client.flushall() })

describe('a reply', () => {
  test.each(['redis-replies-typed.out', 'redis-replies-raw.out'])('is printed as redis-cli prints it: %s', async (name) => {
    const commands = await withBroker()
    await prepare()
    // what redis-cli wrote for the same commands on the same data
    const golden = readFileSync(new URL(name, import.meta.url), 'latin1')
    let written = ''
    for (const line of golden.split('\n').filter(text => text.startsWith('$ redis-cli '))) {
      const { bytes } = await commands.shell(line.replace('$ redis-cli', 'hookline redis'))
      written += `${line}\n${bytes.toString('latin1')}`
    }
    expect(written).toBe(golden)
  })

  test('is an error: exit 1', async () => {
    const commands = await withBroker()
    await redis.client.rpush('list', 'a')
    expect(await commands.run('redis', '--no-raw', 'incr', 'list')).toMatchObject({
      code: 1, out: '(error) WRONGTYPE Operation against a key holding the wrong kind of value\n', err: '',
    })
  })

  test('is a report in lines, printed as such also with types', async () => {
    const commands = await withBroker()
    const { out } = await commands.run('redis', '--no-raw', 'info', 'server')
    expect(out).toMatch(/^# Server\r\nredis_version:/)
    expect(out.endsWith('\r\n')).toBe(true)
  })

  test('of any length comes whole', async () => {
    const commands = await withBroker()
    await redis.client.setrange('long', 9_999_999, 'x')
    const { bytes } = await commands.run('redis', 'get', 'long')
    expect(bytes.length).toBe(10_000_001)
    await redis.client.setrange('long', 16 * 1024 * 1024, 'x')
    expect(await commands.run('redis', 'get', 'long')).toMatchObject({ code: 2, out: '', err: expect.stringContaining('longer than 16 MB: ask for less') })
  })
})

test('arguments are bytes, also those that are no UTF-8, and those that begin with a dash are the command\'s', async () => {
  const commands = await withBroker()
  expect(await commands.shell(`hookline redis set "$(printf '\\377 k')" "$(printf '\\303\\050-\\001')"`)).toMatchObject({ code: 0, out: 'OK\n' })
  expect(await redis.client.getBuffer(Buffer.from([255, 32, 107]))).toEqual(Buffer.from([0xc3, 0x28, 45, 1]))
  expect((await commands.shell(`hookline redis get "$(printf '\\377 k')"`)).bytes).toEqual(Buffer.from([0xc3, 0x28, 45, 1, 10]))
  expect(await commands.run('redis', 'echo', '--pool')).toMatchObject({ code: 0, out: '--pool\n' })
  expect(await commands.run('redis', 'rpush', 'list', '-1', '', '--raw', '-h')).toMatchObject({ code: 0, out: '4\n' })
  expect(await redis.client.lrange('list', 0, -1)).toEqual(['-1', '', '--raw', '-h'])
})

test('what would hold up or change a connection is not sent, with what to type instead, exit 2', async () => {
  const commands = await withBroker()
  for (const args of [['SUBSCRIBE', 'news'], ['blpop', 'list', '0'], ['multi']]) {
    expect(await commands.run('redis', ...args)).toMatchObject({
      code: 2, out: '',
      err: `hookline: ${args[0]?.toLowerCase()} is not sent: it would hold up or change the connection that the next command has too; type redis-cli -h 127.0.0.1 -p ${redis.port} for it\n`,
    })
  }
})

test('where rules use several pools one is named, in whose database the command runs', async () => {
  const commands = new Commands()
  await commands.start(`${POOL(redis.port)}backend.redis.pool2.server = 127.0.0.1:${redis.port}\nbackend.redis.pool2.database = 2\n`
    + `${RULE}\n${RULE.replace('publish.1', 'publish.2').replace('pool1', 'pool2')}\n`)
  expect(await commands.run('redis', 'ping')).toMatchObject({ code: 2, err: 'hookline: its rules use several pools, name one with --pool: pool1, pool2\n' })
  expect(await commands.run('redis', '--pool', 'pool3', 'ping')).toMatchObject({ code: 2, err: 'hookline: its rules use no pool pool3; they use pool1, pool2\n' })
  expect(await commands.run('redis', '--pool', 'pool2', 'set', 'in two', '2')).toMatchObject({ code: 0 })
  expect(await commands.run('redis', '--pool', 'pool1', 'exists', 'in two')).toMatchObject({ out: '0\n' })
  expect(await commands.run('redis', '--pool', 'pool2', 'exists', 'in two')).toMatchObject({ out: '1\n' })
})

test('without a pool, and without its Redis, it says so, exit 2', async () => {
  const commands = new Commands()
  const broker = await commands.start(POOL(await freePort()))
  expect(await commands.run('redis', 'ping')).toMatchObject({ code: 2, err: 'hookline: its rules use no pool\n' })
  broker.signal('SIGTERM')
  await broker.exit
  const own = await startRedis()
  try {
    await commands.start(`${POOL(own.port)}${RULE}\n`)
    await own.kill()
    expect(await commands.run('redis', 'ping')).toMatchObject({ code: 2, err: 'hookline: the Redis of pool1 is not there: connection refused\n' })
  } finally {
    await own.stop()
  }
})

test('it looks into the embedded store too', async () => {
  const commands = new Commands()
  await commands.start(`backend.redis.pool1.server = embedded\n${RULE}\n`)
  expect(await commands.run('redis', 'set', 'a', 'b')).toMatchObject({ code: 0, out: 'OK\n' })
  expect(await commands.run('redis', 'keys', '*')).toMatchObject({ code: 0, out: 'a\n' })
})

const RULE = rule('message.publish.1', 'on_message_publish', '#')
const POOL = (port: number): string => `backend.redis.pool1.server = 127.0.0.1:${port}\n`

async function withBroker(): Promise<Commands> {
  const commands = new Commands()
  await commands.start(`${POOL(redis.port)}${RULE}\n`)
  return commands
}

/** The data of the golden files: redis-cli was asked on the same. */
async function prepare(): Promise<void> {
  const { client } = redis
  await client.set('text', 'a "quoted" \\ text\n\ttwo lines\r\u0007\b é')
  await client.set(Buffer.from('binary'), Buffer.from([0, 1, 127, 128, 255]))
  await client.set('empty', '')
  await client.rpush('list', ...Array.from({ length: 12 }, (_, i) => `item ${i + 1}`))
  await client.hset('hash', 'field', 'value', 'other', '')
}
