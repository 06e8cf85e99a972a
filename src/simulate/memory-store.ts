import type { StillClock } from './still-clock.ts'
import { isShown, shownKey, type KeySnapshot } from './key-snapshot.ts'
import { MemoryPool } from './memory-pool.ts'
import { MemoryRedis } from './memory-redis.ts'
import type { TestStore } from './test-store.ts'

/** A Redis in memory that lives by the clock of the test. */
export function memoryStore(name: string, clock: StillClock): TestStore {
  const redis = new MemoryRedis(() => clock.now())
  const pool = new MemoryPool(name, redis)
  return {
    pool,
    unsimulated: redis.unsimulated,
    command([command = '', ...args]) {
      const outcome = redis.apply({ kind: 'command', name: command.toLowerCase(), args })
      return Promise.resolve(outcome.ok ? undefined : outcome.message)
    },
    // the clock is the test's
    pass: () => Promise.resolve(),
    snapshot: () => Promise.resolve(snapshotOf(redis)),
    work() {
      const worked = pool.waiting > 0
      if (worked) pool.round()
      return Promise.resolve(worked)
    },
    close: () => Promise.resolve(),
  }
}

/** What a Redis in memory holds. */
export function snapshotOf({ keyspace }: MemoryRedis): KeySnapshot {
  return new Map(keyspace.keys().filter(isShown).flatMap((key) => {
    const [value, expiresAt] = [keyspace.value(key), keyspace.expiresAt(key)]
    return value === undefined ? [] : [[key, shownKey(key, value, expiresAt === undefined ? undefined : expiresAt - keyspace.now())] as const]
  }))
}
