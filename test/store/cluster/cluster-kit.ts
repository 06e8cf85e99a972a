import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { PoolSpec } from '../../../src/plan/program.ts'
import { poolSpec, readyPool, type PoolKit } from '../pool-kit.ts'
import { startCluster, type RedisCluster } from '../redis-cluster.ts'

export function clusterSpec({ addresses }: RedisCluster, more: Partial<PoolSpec> = {}): PoolSpec {
  return poolSpec(0, { type: 'cluster', server: addresses, ...more })
}

/** Three masters for all tests of a file, emptied before each, and a pool on them. */
export function useCluster(options: { readonly replicas: 0 | 1, readonly spec?: Partial<PoolSpec> }): { readonly cluster: RedisCluster, readonly kit: PoolKit } {
  let cluster: RedisCluster | undefined
  let kit: PoolKit | undefined
  beforeAll(async () => { cluster = await startCluster(options) }, 60_000)
  afterAll(async () => { await cluster?.stop() })
  beforeEach(async () => {
    const started = here(cluster)
    await started.flush()
    kit = await readyPool(clusterSpec(started, options.spec))
  })
  afterEach(async () => { await kit?.pool.close() })
  return { get cluster() { return here(cluster) }, get kit() { return here(kit) } }
}

function here<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it begins with the first test')
  return value
}
