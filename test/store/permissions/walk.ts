import type { Effect, Outcome } from '../../../src/actions/effect.ts'
import { compile } from '../../../src/compile.ts'
import { ACTIONS } from '../../../src/actions/index.ts'
import type { PoolSpec, Program } from '../../../src/plan/program.ts'
import type { OpenPool } from '../../../src/store/open-pool.ts'
import { rule } from '../../support/rules.ts'
import { command, goodPage, message, retained, store, submit, withResolvers } from '../pool-kit.ts'

/** A rule for every function, and commands. */
const RULES = [
  ...ACTIONS.flatMap(({ name, hooks }, i) => hooks.map((hook) => rule(`${hook}.${i + 1}`, name))),
  rule('message.publish.90', ['HSET "last seen:${clientid}" ${topic} 1', 'PUBLISH said:${clientid} ${topic}', 'INCR count*:${node}:n'], '#'),
].join('\n')

export function everyRule(...lines: readonly string[]): { readonly program: Program, readonly spec: PoolSpec } {
  const { program, diagnostics } = compile([{ name: 'a.conf', text: [RULES, ...lines.map((line) => `backend.redis.pool1.${line}`)].join('\n') }])
  const spec = program?.pools.get('pool1')
  if (program === undefined || spec === undefined) throw new Error(JSON.stringify(diagnostics))
  return { program, spec }
}

/** For preparing what EMQ X may have left. */
export interface Preparer {
  hset(key: string, values: object): Promise<unknown>
  zadd(key: string, score: string, member: string): Promise<unknown>
  set(key: string, value: string): Promise<unknown>
  del(key: string): Promise<unknown>
}

/** Has the pool do all that rules and the broker can ask of it. Rejects where something was refused. */
export async function walk(pool: OpenPool, prepare: Preparer): Promise<void> {
  await prepare.hset('mqtt:sub:c1', { 'a/#': '1' })
  for (const id of ['old1', 'old2']) {
    await prepare.hset(`mqtt:msg:${id}`, { id, topic: 'old/topic', payload: 'x', ts: '1600000000' })
    await prepare.zadd('mqtt:msg:old/topic', '1', id)
  }
  await prepare.hset('mqtt:retain:old/hash', { id: 'r', payload: 'x' })
  await prepare.set('mqtt:retain:old/string', 'old1')
  await prepare.zadd('mqtt:retain:old/zset', '1', 'old1')

  await done(pool, { kind: 'online', clientid: 'c1', node: 'n1', now: 1_700_000_000, lastFence: 0 })
  await proxySubscriptions(pool, 'c1')
  const [first, second] = [message('t'), message('t')]
  await done(pool, store(first, 60), store(second, 60))
  // again, and for ever: the expiry is taken away
  await done(pool, store(first))
  await done(pool, command('hset', 'last seen:c1', 't', '1'), command('publish', 'said:c1', 't'), command('incr', 'count*:hookline@127.0.0.1:n'))
  await done(pool, { kind: 'retain', record: message('r', { retain: true }), expirySeconds: 60 }, { kind: 'latest', record: message('l'), expirySeconds: 60 })
  await done(pool, { kind: 'latest', record: message('l'), expirySeconds: undefined }, { kind: 'retain', record: message('r'), expirySeconds: undefined })

  await goodPage(pool, 'old/topic')
  const { entries } = await goodPage(pool, 't', { kind: 'pubsub', clientid: 'c1' })
  if (entries.length !== 2) throw new Error(`${entries.length} messages`)
  await asked((tell) => { pool.bodies([first.id], tell) })
  await asked((tell) => { pool.latest('l', tell) })
  for (const topic of ['r', 'old/hash', 'old/string', 'old/zset', 'none']) await good(retained(pool, topic))
  await good(retained(pool, 't', { kind: 'pubsub', clientid: 'c2', after: undefined }))
  for (const index of ['logs', 'retained', 'latest'] as const) {
    await asked((tell) => { pool.topics({ index, prefix: '', after: undefined, limit: 10, done: tell }) })
  }
  await asked((tell) => { pool.changedTopics({ after: undefined, since: 0, limit: 10, done: tell }) })
  await asked((tell) => { pool.presentClients('n1', undefined, tell) })

  await done(pool, { kind: 'ack-pubsub', clientid: 'c1', topic: 't', msgid: first.id })
  // a position that is moved, and one that is no longer stored
  await done(pool, { kind: 'ack-pubsub', clientid: 'c1', topic: 't', msgid: second.id })
  await done(pool, { kind: 'ack-queue', topic: 't', msgid: second.id }, { kind: 'ack-queue', topic: 't', msgid: first.id })
  await goodPage(pool, 't', { kind: 'pubsub', clientid: 'c1' })
  await done(pool, { kind: 'ack-latest', topic: 'l', msgid: 'another' }, { kind: 'retain-delete', record: message('r', { retain: true }) })
  const latest = message('l')
  await done(pool, { kind: 'latest', record: latest, expirySeconds: 60 })
  await done(pool, { kind: 'ack-latest', topic: 'l', msgid: latest.id })
  // a record that has expired: its id is trimmed by who reads
  const gone = message('gone')
  await done(pool, store(gone, 60))
  await prepare.del(`mqtt:msg:${gone.id}`)
  await goodPage(pool, 'gone')
  await done(pool, { kind: 'offline', clientid: 'c1', node: 'n1', now: 1_700_000_001, fence: 1_700_000_000 })
}

async function done(pool: OpenPool, ...effects: readonly Effect[]): Promise<void> {
  const outcomes: readonly Outcome[] = await submit(pool, effects)
  for (const outcome of outcomes) if (!outcome.ok) throw new Error(outcome.message)
}

async function proxySubscriptions(pool: OpenPool, clientid: string): Promise<void> {
  await asked((tell) => { pool.proxySubscriptions(clientid, tell) })
}

async function asked(ask: (tell: (found: unknown) => void) => void): Promise<void> {
  const { promise, resolve } = withResolvers<unknown>()
  ask(resolve)
  await good(promise)
}

async function good(found: Promise<unknown>): Promise<void> {
  const it = await found
  if (it instanceof Error) throw it
}
