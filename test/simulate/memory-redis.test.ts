import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Effect } from '../../src/actions/effect.ts'
import type { MessageRecord } from '../../src/actions/message-record.ts'
import { msgidMaker } from '../../src/actions/msgid.ts'
import { memoryStore } from '../../src/simulate/memory-store.ts'
import { SIMULATED } from '../../src/simulate/memory-commands.ts'
import { realStore } from '../../src/simulate/real-store.ts'
import { StillClock } from '../../src/simulate/still-clock.ts'
import type { TestStore } from '../../src/simulate/test-store.ts'
import { poolSpec, submit } from '../store/pool-kit.ts'
import { startRedis, type RedisServer } from '../store/redis-server.ts'

/*
 * The Redis in memory does what a real one does: the same effects and commands, answered alike,
 * leave the same keys with the same time to live.
 */

let redis: RedisServer
beforeAll(async () => { redis = await startRedis() })
afterAll(() => redis.stop())

/** Later than any real clock. */
const START_MS = 4_000_000_000_000

type Act = { readonly effect: Effect } | { readonly passMs: number }

const key = fc.constantFrom('k1', 'k2', 'k3')
const word = fc.constantFrom('a', 'b', 'ä', '', '7', '-2', '1.5', 'x y')
const number = fc.constantFrom('0', '1', '-1', '3', '2.5', 'nan')
const most = fc.constantFrom('0', '1', '2', '-1')
const seconds = fc.constantFrom('1', '10', '100', '0')
const id = fc.constantFrom('1-1', '2', '5-0', '*')

/** Arguments that each command might be given, some of them wrong. A command that is not here fails the test of the list. */
const ARGUMENTS: Readonly<Record<string, readonly fc.Arbitrary<string>[]>> = {
  del: [key, key], unlink: [key], expire: [key, seconds], pexpire: [key, fc.constantFrom('1000', '60000')], persist: [key],
  rename: [key, key], renamenx: [key, key],
  set: [key, word], setnx: [key, word], setex: [key, seconds, word], psetex: [key, fc.constant('5000'), word], getset: [key, word], getdel: [key],
  append: [key, word], incr: [key], decr: [key], incrby: [key, number], decrby: [key, number], incrbyfloat: [key, fc.constantFrom('1.5', '2', 'x')],
  mset: [key, word, key, word], msetnx: [key, word, key, word],
  hset: [key, word, word], hmset: [key, word, word], hsetnx: [key, word, word], hdel: [key, word, word], hincrby: [key, word, number], hincrbyfloat: [key, word, fc.constantFrom('1.5', 'x')],
  lpush: [key, word, word], rpush: [key, word, word], lpushx: [key, word], rpushx: [key, word], lpop: [key], rpop: [key, fc.constantFrom('1', '2', '0')],
  ltrim: [key, most, most], lrem: [key, most, word], lset: [key, most, word], rpoplpush: [key, key], lmove: [key, key, fc.constantFrom('LEFT', 'right', 'up'), fc.constantFrom('left', 'RIGHT')],
  sadd: [key, word, word], srem: [key, word], smove: [key, key, word],
  zadd: [key, number, word], zincrby: [key, number, word], zrem: [key, word], zremrangebyrank: [key, most, most],
  zremrangebyscore: [key, fc.constantFrom('-inf', '(0', '1'), fc.constantFrom('+inf', '(3', '1')], zpopmin: [key], zpopmax: [key, fc.constantFrom('1', '2')],
  xadd: [key, id, word, word], xtrim: [key, fc.constant('MAXLEN'), most], xdel: [key, fc.constantFrom('1-1', '2-0')],
  publish: [word, word], spublish: [word, word],
}

/** What may stand behind them. */
const OPTIONS: Readonly<Record<string, fc.Arbitrary<readonly string[]>>> = {
  set: fc.constantFrom([], ['EX', '10'], ['px', '5000'], ['NX'], ['xx', 'EX', '9'], ['KEEPTTL'], ['bad']),
  expire: fc.constantFrom([], ['NX'], ['XX'], ['GT'], ['LT']),
}

const command: fc.Arbitrary<Act> = fc.constantFrom(...SIMULATED).chain((name) => fc.tuple(
  fc.tuple(...ARGUMENTS[name] ?? []), OPTIONS[name] ?? fc.constant([]),
).map(([args, options]) => ({ effect: { kind: 'command', name, args: [...args, ...options] } })))

const topic = fc.constantFrom('t1', 't2')
const expiry = fc.constantFrom(undefined, 5, 60)
const nth = fc.nat(5)
const makeId = msgidMaker('00000000000')
const nextId = () => makeId(START_MS)
const IDS = Array.from({ length: 6 }, nextId)
const idAt = (i: number) => IDS[i] ?? ''
const record = (i: number, topic: string): MessageRecord => (
  { id: idAt(i), from: 'c', qos: 1, topic, payload: Buffer.from(`payload ${i}`), ts: 4_000_000_000, retain: true }
)
const effect: fc.Arbitrary<Effect> = fc.oneof(
  fc.record({ kind: fc.constant('store' as const), record: fc.tuple(nth, topic).map(([i, topic]) => record(i, topic)), expirySeconds: expiry }),
  fc.record({ kind: fc.constant('retain' as const), record: fc.tuple(nth, topic).map(([i, topic]) => record(i, topic)), expirySeconds: expiry }),
  fc.record({ kind: fc.constant('retain-delete' as const), record: fc.tuple(nth, topic).map(([i, topic]) => record(i, topic)) }),
  fc.record({ kind: fc.constant('latest' as const), record: fc.tuple(nth, topic).map(([i, topic]) => record(i, topic)), expirySeconds: expiry }),
  fc.record({ kind: fc.constantFrom('ack-queue' as const, 'ack-latest' as const), topic, msgid: nth.map(idAt) }),
  fc.record({ kind: fc.constant('ack-pubsub' as const), clientid: fc.constantFrom('c', 'd'), topic, msgid: nth.map(idAt) }),
  fc.record({ kind: fc.constant('online' as const), clientid: fc.constantFrom('c', 'd'), node: fc.constantFrom('n1', 'n2'), now: fc.constantFrom(5, 6, 7), lastFence: fc.constantFrom(0, 5, 6) }),
  fc.record({ kind: fc.constant('offline' as const), clientid: fc.constantFrom('c', 'd'), node: fc.constantFrom('n1', 'n2'), now: fc.constantFrom(7, 8), fence: fc.constantFrom(5, 6, 7) }),
)

const pass: fc.Arbitrary<Act> = fc.constantFrom(1_000, 6_000, 61_000).map((passMs) => ({ passMs }))

async function play(acts: readonly Act[], store: TestStore, clock: StillClock) {
  const answers: unknown[] = []
  for (const act of acts) {
    if ('passMs' in act) {
      clock.pass(act.passMs)
      await store.pass(act.passMs)
      continue
    }
    const answered = submit(store.pool, [act.effect])
    await store.work()
    // of several mistakes Redis names the one that it meets first
    answers.push(...(await answered).map((outcome) => outcome.ok ? outcome : 'refused'))
  }
  const snapshot = await store.snapshot()
  await store.close()
  return { answers, keys: Object.fromEntries(snapshot) }
}

async function bothWays(acts: readonly Act[]) {
  const [one, other] = [new StillClock(START_MS), new StillClock(START_MS)]
  const simulated = await play(acts, memoryStore('pool1', one), one)
  const real = await play(acts, await realStore({ spec: poolSpec(redis.port), clock: other, boot: '00000000000', besideOthers: false }), other)
  return { simulated, real }
}

test('every simulated command has arguments here', () => {
  expect(Object.keys(ARGUMENTS).sort()).toEqual([...SIMULATED].sort())
})

test.each([['commands', command], ['functions', fc.oneof({ weight: 8, arbitrary: effect.map((effect) => ({ effect })) }, { weight: 1, arbitrary: pass })]] as const)(
  'the same %s leave the same keys in memory and in Redis', async (_, act) => {
    await fc.assert(fc.asyncProperty(fc.array(act, { minLength: 10, maxLength: 40, size: 'max' }), async (acts) => {
      const { simulated, real } = await bothWays(acts)
      expect(simulated).toEqual(real)
    }), { numRuns: 40, seed: Number(process.env['MODEL_SEED'] ?? 1) })
  }, 60_000)

test('what is left in the database of others is left alone', async () => {
  await redis.client.set('theirs', '1')
  const clock = new StillClock(START_MS)
  const options = { spec: poolSpec(redis.port), clock, boot: '00000000000' }
  await expect(realStore({ ...options, besideOthers: false })).rejects.toThrow('it is not empty')
  await play([{ effect: { kind: 'store', record: record(0, 't1'), expirySeconds: 5 } }, { effect: { kind: 'command', name: 'set', args: ['k1', 'x'] } }, { passMs: 9_000 }],
    await realStore({ ...options, besideOthers: true }), clock)
  expect(await redis.client.keys('*')).toEqual(['theirs'])
  await redis.client.set('mqtt:topics', '1')
  await expect(realStore({ ...options, besideOthers: true })).rejects.toThrow('it holds mqtt:topics, which a broker uses')
  await redis.client.flushall()
})
