import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { doctorText, type Diagnosis } from '../../src/cli/doctor-text.ts'
import type { PoolFacts } from '../../src/store/doctor/facts.ts'
import { findingsOf } from '../../src/store/doctor/findings.ts'
import { promisesOf } from '../../src/store/doctor/promises.ts'
import { clusterOf, poolOf, sentinelsOf, serverOf } from '../store/doctor/pool-facts.ts'

function diagnosisOf(facts: PoolFacts, tls = false): Diagnosis {
  return { name: facts.name, at: { file: 'redis.conf', line: 3 }, tls, looked: true, facts, promises: promisesOf(facts), findings: findingsOf(facts) }
}

const embedded = { state: 'not-started', keeps: true, installCommand: 'apt-get install redis-server' } as const

const POOLS: readonly Diagnosis[] = [
  diagnosisOf(poolOf({ name: 'all-well', waitReplicas: 1 }, { replicas: 1, minReplicas: 1 })),
  diagnosisOf(poolOf({ name: 'as-installed' }, { appendOnly: false, snapshots: '3600 1 300 100 60 10000', maxMemory: 0 })),
  diagnosisOf(poolOf({ name: 'cache', onFailure: 'pass', user: 'hook' }, { fsync: 'everysec', policy: 'allkeys-lru', usedMemory: 990_000, denied: [{ what: 'ZADD mqtt:topics', grant: '+zadd', isCertain: true, users: [] }], deniedChannels: ['mqtt:wake'] }), true),
  diagnosisOf(poolOf({ name: 'managed', user: 'hook', unseen: ['CONFIG GET: its user may not ask'] }, { fsync: undefined, snapshots: undefined, minReplicas: undefined })),
  diagnosisOf(poolOf({ name: 'guarded', type: 'sentinel', sentinels: sentinelsOf({ silent: ['10.0.0.4:26379: connection refused'], quorum: 4, downAfterMs: 30_000 }) }, { replicas: 2 })),
  diagnosisOf(poolOf({ name: 'parts', type: 'cluster', waitReplicas: 1, cluster: clusterOf(), servers: [1, 2, 3].map((i) => serverOf({ place: `10.0.0.${i}:6379`, replicas: i === 2 ? 0 : 1, minReplicas: 0 })) })),
  diagnosisOf(poolOf({ name: 'own', embedded }, { place: 'embedded', maxMemory: 0 })),
  diagnosisOf(poolOf({ name: 'own-in-memory', embedded: { ...embedded, state: 'running', keeps: false } }, { appendOnly: false })),
  { name: 'away', at: { file: 'redis.conf', line: 9 }, tls: false, looked: false, reason: 'connection refused' },
]

test('says in plain words what of each kind of Redis survives, and what to type', () => {
  expect(doctorText(POOLS)).toBe(readFileSync(new URL('doctor.out', import.meta.url), 'utf8'))
})

test('fits a terminal, except for what is to be typed', () => {
  const long = doctorText(POOLS).split('\n').filter((line) => line.length > 100 && !line.trimStart().startsWith('$'))
  expect(long).toEqual([])
})
