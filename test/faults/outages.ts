import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../store/redis-server.ts'
import { between, oneOf } from './random.ts'
import { REDIS_DELAY_MS, type Targets } from './trial.ts'

/** A way in which Redis cannot do its work for a while. */
export type Outage = keyof typeof OUTAGES

interface Way {
  leave(targets: Targets): Promise<unknown>
  /** When this is done it could. */
  comeBack(targets: Targets): Promise<unknown>
}

let emptied = 0

export const OUTAGES = {
  'Redis killed': {
    leave: ({ redis }) => redis.kill(),
    comeBack: ({ redis }) => redis.start(),
  },
  'Redis frozen': {
    leave: async ({ redis }) => { redis.freeze() },
    comeBack: async ({ redis }) => { redis.thaw() },
  },
  'Redis refuses connections': {
    leave: ({ redisProxy }) => redisProxy.refuse(),
    comeBack: ({ redisProxy }) => redisProxy.open(),
  },
  'Redis silent, then its connections gone': {
    leave: async ({ redisProxy }) => { redisProxy.swallow() },
    async comeBack({ redisProxy }) {
      redisProxy.cut()
      redisProxy.delay(REDIS_DELAY_MS)
    },
  },
  'Redis slow': {
    leave: async ({ redisProxy, random }) => { redisProxy.delay(between(random, 100, 1_200)) },
    comeBack: async ({ redisProxy }) => { redisProxy.delay(REDIS_DELAY_MS) },
  },
  'Redis out of memory': {
    leave: ({ redis }) => redis.client.config('SET', 'maxmemory', '1'),
    comeBack: ({ redis }) => redis.client.config('SET', 'maxmemory', '0'),
  },
  'Redis a replica, read-only': {
    leave: async ({ redis }) => await redis.client.replicaof('127.0.0.1', await freePort()),
    comeBack: ({ redis }) => redis.client.replicaof('NO', 'ONE'),
  },
  'Redis without enough replicas': {
    leave: ({ redis }) => redis.client.config('SET', 'min-replicas-to-write', '1'),
    comeBack: ({ redis }) => redis.client.config('SET', 'min-replicas-to-write', '0'),
  },
  'Redis restarted empty': {
    async leave({ redis, dataGone }) {
      await redis.kill()
      renameSync(join(redis.folder, 'appendonlydir'), join(redis.folder, `appendonlydir.${++emptied}`))
      dataGone()
    },
    comeBack: ({ redis }) => redis.start(),
  },
} as const satisfies Readonly<Record<string, Way>>

/** Redis is away like this, and comes back. */
export async function goAway(outage: Outage, targets: Targets): Promise<void> {
  const { random, subscriberProxies, did, recovered } = targets
  const way: Way = OUTAGES[outage]
  await way.leave(targets)
  await sleep(between(random, 0, 1_500))
  // who comes while it is away is served when it is back
  oneOf(subscriberProxies, random).cut()
  await way.comeBack(targets)
  did(outage)
  await recovered(Date.now())
}
