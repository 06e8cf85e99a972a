import type { ClusterFacts, PoolFacts, SentinelFacts, ServerFacts } from '../../../src/store/doctor/facts.ts'

/** One that keeps all it can. */
export function serverOf(more: Partial<ServerFacts> = {}): ServerFacts {
  return {
    place: '10.0.0.1:6379', product: 'Redis', version: '7.2.4', role: 'master', loading: false, appendOnly: true, fsync: 'always', fsyncDuringRewrite: true,
    snapshots: '', lastAppendOk: true, lastSnapshotOk: true, maxMemory: 1_000_000, usedMemory: 100_000, policy: 'noeviction', replicas: 0, minReplicas: 0,
    clockOffsetMs: 5, denied: [], deniedChannels: [], unknownCommands: [], ...more,
  }
}

/** A pool of one such server. */
export function poolOf(more: Partial<PoolFacts> = {}, server: Partial<ServerFacts> = {}): PoolFacts {
  return {
    name: 'pool1', type: 'single', embedded: undefined, onFailure: 'hold', waitReplicas: 0, user: 'default', storesExpiring: true,
    servers: [serverOf(server)], sentinels: undefined, cluster: undefined, unseen: [], ...more,
  }
}

export function sentinelsOf(more: Partial<SentinelFacts> = {}): SentinelFacts {
  return { master: 'mymaster', listed: 3, silent: [], watching: 3, quorum: 2, replicas: 2, downAfterMs: 3_000, ...more }
}

export function clusterOf(more: Partial<ClusterFacts> = {}): ClusterFacts {
  return { state: 'ok', slotsAssigned: 16_384, masters: 3, silent: [], ...more }
}
