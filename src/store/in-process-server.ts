import { randomBytes } from 'node:crypto'
import { chmodSync } from 'node:fs'
import { createServer } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { attachSession, createRedisCommandExecutor, RedisResult, RedisServerState, RedisValue, SocketConnectionTransport } from 'js-redis-server/core'

/**
 * The thread of the in-process store: js-redis-server on a Unix socket of this user's, and on nothing
 * else (its own `listen` takes every address of the machine). Says `listening` once it does.
 */

/** As many as a Redis has by default. */
const DATABASES = 16
/** It looks at every key each time. */
const EXPIRY_SWEEP_MS = 1_000

const state = new RedisServerState({ databaseCount: DATABASES, activeExpiryIntervalMs: EXPIRY_SWEEP_MS })
const executor = createRedisCommandExecutor()
readWithoutCopying()
tellMicroseconds()
tellIdentity()

// what whoever started this thread gives it
const { socketPath } = workerData as { readonly socketPath: string }
const server = createServer((socket) => {
  attachSession(new SocketConnectionTransport(socket), { state, executor, logger: console })
})
server.listen(socketPath, () => {
  chmodSync(socketPath, 0o600)
  parentPort?.postMessage('listening')
})

/**
 * It copies a sorted set for each command that looks into it, and once more for the listener of
 * keyspace notifications, which hookline does not use: with ten thousand messages in a log that made
 * each store twenty times as slow. None of its commands changes what `getSortedSet` answers.
 */
function readWithoutCopying(): void {
  for (const database of state.databases) {
    database.mutations.globalListeners.clear()
    database.getSortedSet = (key) => {
      const set = database.updateSortedSet(key, ({ zset }) => zset)
      return set.members.size === 0 ? null : set
    }
  }
}

/** Its TIME counts milliseconds; scores are microseconds, and which log is trimmed is said by their last digits. */
function tellMicroseconds(): void {
  override('time', () => {
    const ms = Date.now()
    const parts = [Math.floor(ms / 1_000), ms % 1_000 * 1_000 + Math.floor(performance.now() * 1_000) % 1_000]
    return RedisResult.create(RedisValue.array(parts.map((part) => RedisValue.bulkString(Buffer.from(String(part))))))
  })
}

/** Its INFO lacks what tells one run of a server from another, by which a pool knows that all it stored is still there. */
function tellIdentity(): void {
  const runId = randomBytes(20).toString('hex')
  override('info', (original) => {
    const text = String(original.value.value).replace(/^process_id:.*$/m, `process_id:${process.pid}\r\nrun_id:${runId}`)
    return RedisResult.create(RedisValue.bulkString(Buffer.from(text)))
  })
}

function override(name: string, answer: (original: RedisResult) => RedisResult): void {
  const definition = executor.getCommandDefinition(name)
  if (definition === undefined) throw new Error(`js-redis-server has no ${name}`)
  executor.registry.override({ ...definition, execute: (args, context) => answer(definition.execute(args, context)) })
}
