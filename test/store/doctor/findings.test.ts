import { expect, test } from 'vitest'
import type { PoolFacts, ServerFacts } from '../../../src/store/doctor/facts.ts'
import { FINDING_NAMES, findingsOf } from '../../../src/store/doctor/findings.ts'
import { promisesOf, type Kept } from '../../../src/store/doctor/promises.ts'
import { clusterOf, poolOf, sentinelsOf, serverOf } from './pool-facts.ts'

const memoryOnly = { state: 'running', keeps: false, installCommand: 'apt-get install redis-server' } as const
const guarded = { waitReplicas: 1 }
const WELL_GUARDED = { replicas: 2, minReplicas: 1 }

/** Each finding, of a pool that is well but for that. */
const CASES: Readonly<Record<string, PoolFacts>> = {
  'memory-only': poolOf({ embedded: memoryOnly }, { appendOnly: false }),
  'goes-on-unstored': poolOf({ onFailure: 'pass' }),
  'sentinels-too-few': sentinelPool({ watching: 2, listed: 2 }),
  'quorum-out-of-reach': sentinelPool({ quorum: 4 }),
  'sentinels-silent': sentinelPool({ silent: ['10.0.0.4:26379: connection refused'] }),
  'failover-slow': sentinelPool({ downAfterMs: 30_000 }),
  'cluster-down': clusterPool({ state: 'fail' }),
  'slots-unassigned': clusterPool({ slotsAssigned: 10_923 }),
  'cluster-master-silent': clusterPool({ silent: ['10.0.0.3:6379: no answer'] }),
  'cluster-masters-too-few': clusterPool({ masters: 2 }),
  'too-old': poolOf({}, { version: '6.0.16' }),
  replica: poolOf({}, { role: 'replica' }),
  loading: poolOf({}, { loading: true }),
  'append-failed': poolOf({}, { lastAppendOk: false }),
  'snapshot-failed': poolOf({}, { snapshots: '3600 1', lastSnapshotOk: false }),
  'user-may-not': poolOf({ user: 'hook' }, { denied: [{ what: 'ZADD mqtt:topics', grant: '+zadd', isCertain: true, users: [] }, { what: 'SCRIPT LOAD', grant: '+script|load', isCertain: true, users: [] }, { what: 'GET mqtt:clock', grant: '~mqtt:*', isCertain: true, users: [] }, { what: 'SET mine', grant: '~mine', isCertain: true, users: [] }] }),
  'no-persistence': poolOf({}, { appendOnly: false }),
  'snapshots-only': poolOf({}, { appendOnly: false, snapshots: '3600 1 300 100' }),
  'fsync-every-second': poolOf({}, { fsync: 'everysec' }),
  'fsync-never': poolOf({}, { fsync: 'no' }),
  'fsync-not-while-rewriting': poolOf({}, { fsyncDuringRewrite: false }),
  'persistence-unseen': poolOf({}, { fsync: undefined }),
  'empties-its-replicas': poolOf(guarded, { appendOnly: false, ...WELL_GUARDED }),
  'evicts-messages': poolOf({}, { policy: 'allkeys-lru' }),
  'replicas-missing': poolOf(guarded, { replicas: 0 }),
  'replicas-not-waited-for': poolOf({}, WELL_GUARDED),
  'no-replica': sentinelPool({}, { replicas: 0, minReplicas: 0 }, { waitReplicas: 0 }),
  'confirms-while-cut-off': poolOf({}, { replicas: 2, minReplicas: 0 }),
  'too-few-replicas-to-write': poolOf({ waitReplicas: 1 }, { replicas: 1, minReplicas: 2 }),
  alone: poolOf({}, {}),
  'memory-nearly-full': poolOf({}, { usedMemory: 950_000 }),
  'memory-unbounded': poolOf({}, { maxMemory: 0 }),
  'clocks-differ': poolOf({}, { clockOffsetMs: -31_000 }),
  'unknown-command': poolOf({}, { unknownCommands: [{ name: 'HEXPIRE', users: [{ hook: 'message.publish', number: '1', command: 0 }] }] }),
  'user-may-not-hear': poolOf({ user: 'hook' }, { deniedChannels: ['mqtt:wake', 'mqtt_channel'] }),
}

function sentinelPool(sentinels: Parameters<typeof sentinelsOf>[0], server: Partial<ServerFacts> = WELL_GUARDED, more: Partial<PoolFacts> = guarded): PoolFacts {
  return poolOf({ type: 'sentinel', sentinels: sentinelsOf(sentinels), ...more }, server)
}

function clusterPool(cluster: Parameters<typeof clusterOf>[0]): PoolFacts {
  const servers = [1, 2, 3].map((i) => serverOf({ place: `10.0.0.${i}:6379`, ...WELL_GUARDED }))
  return poolOf({ type: 'cluster', cluster: clusterOf(cluster), servers, ...guarded })
}

const names = (pool: PoolFacts): readonly string[] => findingsOf(pool).map(({ name }) => name)

test('every finding has a case', () => {
  expect(Object.keys(CASES).sort()).toEqual([...FINDING_NAMES].sort())
})

test.each(Object.entries(CASES))('%s is found, and only what comes with it', (name, pool) => {
  expect(names(pool)).toContain(name)
  const others = names(pool).filter((other) => other !== name && other !== 'alone')
  expect(others).toEqual(COMES_WITH[name] ?? [])
})

/** What is true of those pools as well. */
const COMES_WITH: Readonly<Record<string, readonly string[]>> = {
  'empties-its-replicas': ['no-persistence'],
  'confirms-while-cut-off': ['replicas-not-waited-for'],
}

test('nothing is found where all is well', () => {
  expect(names(poolOf(guarded, WELL_GUARDED))).toEqual([])
  expect(names(sentinelPool({}))).toEqual([])
  expect(names(clusterPool({}))).toEqual([])
})

test('dangers come first', () => {
  const severities = findingsOf(poolOf({}, { maxMemory: 0, fsync: 'no', clockOffsetMs: 60_000, loading: true })).map(({ severity }) => severity)
  expect(severities).toEqual([...severities].sort())
  expect(new Set(severities)).toEqual(new Set(['danger', 'note']))
})

test('a policy that evicts what expires endangers only rules that let messages expire', () => {
  const policy = 'volatile-ttl'
  expect(names(poolOf({ storesExpiring: true }, { policy }))).toContain('evicts-messages')
  expect(names(poolOf({ storesExpiring: false }, { policy }))).not.toContain('evicts-messages')
  expect(names(poolOf({}, { policy, maxMemory: 0 }))).not.toContain('evicts-messages')
})

test('Valkey has versions of its own', () => {
  expect(names(poolOf({}, { product: 'Valkey', version: '7.2.0' }))).not.toContain('too-old')
  expect(names(poolOf({}, { product: 'Valkey', version: '7.1.0' }))).toContain('too-old')
  expect(names(poolOf({}, { version: '10.0.0' }))).not.toContain('too-old')
})

test('what is missing of a user is said as ACL SETUSER takes it', () => {
  const pool = CASES['user-may-not']
  if (pool === undefined) throw new Error('no case')
  expect(findingsOf(pool)[0]?.remedies[0]?.line).toBe('ACL SETUSER hook +zadd +script|load ~mqtt:* ~mine')
})

const VERDICTS: readonly (readonly [what: string, pool: PoolFacts, kept: Partial<Record<string, Kept>>])[] = [
  ['fsync always', poolOf(), { 'broker-killed': 'yes', 'redis-killed': 'yes', 'power-lost': 'yes', 'master-lost': 'none', 'redis-away': 'yes', 'memory-full': 'yes' }],
  ['fsync everysec', poolOf({}, { fsync: 'everysec' }), { 'broker-killed': 'yes', 'redis-killed': 'partly', 'power-lost': 'partly' }],
  ['fsync no', poolOf({}, { fsync: 'no' }), { 'redis-killed': 'yes', 'power-lost': 'partly' }],
  ['no fsync while rewriting', poolOf({}, { fsyncDuringRewrite: false }), { 'redis-killed': 'yes', 'power-lost': 'partly' }],
  ['snapshots', poolOf({}, { appendOnly: false, snapshots: '60 1' }), { 'broker-killed': 'yes', 'redis-killed': 'no', 'power-lost': 'no' }],
  ['memory', poolOf({}, { appendOnly: false }), { 'broker-killed': 'yes', 'redis-killed': 'no', 'power-lost': 'no' }],
  ['CONFIG forbidden', poolOf({}, { fsync: undefined, snapshots: undefined }), { 'redis-killed': 'unknown', 'power-lost': 'unknown', 'memory-full': 'yes' }],
  ['the store in the process', poolOf({ embedded: memoryOnly }, { appendOnly: false }), { 'broker-killed': 'no', 'redis-killed': 'no', 'power-lost': 'no' }],
  ['replicas, none waited for', poolOf({}, { replicas: 2 }), { 'master-lost': 'no' }],
  ['replicas waited for', poolOf(guarded, { replicas: 2 }), { 'master-lost': 'yes' }],
  ['too few replicas', poolOf({ waitReplicas: 2 }, { replicas: 1 }), { 'master-lost': 'no' }],
  ['pass', poolOf({ onFailure: 'pass' }), { 'redis-away': 'no', 'memory-full': 'no' }],
  ['eviction', poolOf({}, { policy: 'allkeys-lfu' }), { 'memory-full': 'no' }],
  ['no limit', poolOf({}, { maxMemory: 0 }), { 'memory-full': 'yes' }],
]

test.each(VERDICTS)('%s: what survives', (_, pool, kept) => {
  expect(Object.fromEntries(promisesOf(pool).map((verdict) => [verdict.name, verdict.kept]))).toMatchObject(kept)
})

test('of several servers the worst counts', () => {
  const servers = [serverOf(), serverOf({ fsync: 'everysec' }), serverOf()]
  expect(promisesOf(poolOf({ type: 'cluster', servers })).find(({ name }) => name === 'power-lost')?.kept).toBe('partly')
})

test('a promise that one Redis can keep and that is broken or unseen is a danger', () => {
  for (const pool of [...Object.values(CASES), ...VERDICTS.map(([, each]) => each)]) {
    const broken = promisesOf(pool).some(({ kept }) => kept === 'no' || kept === 'partly' || kept === 'unknown')
    if (broken) expect(findingsOf(pool).filter(({ severity }) => severity === 'danger'), JSON.stringify(pool)).not.toEqual([])
  }
})
