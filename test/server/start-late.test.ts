import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startRedis, type RedisServer } from '../store/redis-server.ts'
import { hookline, type HooklineProcess } from './hookline-process.ts'
import { tempFolder } from './temp-folder.ts'

// SPEC 5.4: a pool that rules need has 10 s to answer.

const RULE = 'backend.redis.hook.client.connected.1 = {"action": {"function": "on_client_connected"}, "pool": "pool1"}'

function start(port: number, ...lines: readonly string[]): HooklineProcess {
  const file = join(tempFolder(), 'rules.conf')
  writeFileSync(file, [
    `backend.redis.pool1.server = 127.0.0.1:${port}`, ...lines, 'listener.tcp.external = 0', 'listener.ws.external = off', RULE, '',
  ].join('\n'))
  return hookline(['start', file])
}

async function redisOf(...args: string[]): Promise<RedisServer> {
  const redis = await startRedis(...args)
  onTestFinished(() => redis.stop())
  return redis
}

/** Stands in for a Redis that is not there yet; returns how often it was spoken to. */
async function standIn(port: number, says: (socket: Socket) => void) {
  let visits = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    visits++
    sockets.add(socket)
    socket.on('error', () => {})
    says(socket)
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    visits: () => visits,
    async leave() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

test('a Redis that comes while hookline waits for it is taken', async () => {
  const redis = await redisOf()
  await redis.kill()
  const nobody = await standIn(redis.port, (socket) => socket.destroy())
  const it = start(redis.port)
  await eventually('it has tried twice', () => nobody.visits() >= 2)
  await nobody.leave()
  await redis.start()
  await it.lines('ready', 1)
})

test('a Redis that still loads its data is waited for', async () => {
  const redis = await redisOf()
  await redis.kill()
  let loading = 0
  const loader = await standIn(redis.port, (socket) => socket.on('data', (bytes) => {
    loading++
    for (const _ of bytes.toString().matchAll(/^\*\d+\r$/gm)) socket.write('-LOADING Redis is loading the dataset in memory\r\n')
  }))
  const it = start(redis.port)
  await eventually('it was told to wait', () => loading >= 1)
  await loader.leave()
  await redis.start()
  await it.lines('ready', 1)
})

test.each([
  ['a wrong password', ['--requirepass', 'right'], ['backend.redis.pool1.password = wrong'], /password/],
  ['no password where one is needed', ['--requirepass', 'right'], [], /password/],
  ['a database that there is not', [], ['backend.redis.pool1.database = 99'], /database|DB index/i],
] as const)('%s is said with the setting to mend, exit 2', async (_, args, lines, words) => {
  const redis = await redisOf(...args)
  const it = start(redis.port, ...lines)
  expect(await it.exit).toBe(2)
  expect(it.stderr()).toMatch(words)
  expect(it.stderr()).toContain('backend.redis.pool1.server = ')
  expect(it.stderr()).not.toContain('wrong ')
  expect(it.stderr()).not.toMatch(/\bat .*\.js:\d+/)
}, 30_000)
