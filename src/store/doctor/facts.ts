import type { Refusal, RulePart } from '../../check/told.ts'

/*
 * What can be known of a pool from outside, as data: `look.ts` asks for it, `findings.ts` and
 * `promises.ts` judge it. Undefined is what could not be seen.
 */

export interface PoolFacts {
  readonly name: string
  readonly type: 'single' | 'sentinel' | 'cluster'
  /** `not-started`: no broker runs it now, and this is what it will be. Absent: a Redis of somebody else's. */
  readonly embedded: EmbeddedFacts | undefined
  readonly onFailure: 'hold' | 'pass'
  readonly waitReplicas: number
  /** Of its ACL. */
  readonly user: string
  /** Some rule stores messages that expire. */
  readonly storesExpiring: boolean
  /** Those that take writes; several of a cluster. */
  readonly servers: readonly ServerFacts[]
  readonly sentinels: SentinelFacts | undefined
  readonly cluster: ClusterFacts | undefined
  /** What could not be seen, and why, each as a clause. */
  readonly unseen: readonly string[]
}

export interface EmbeddedFacts {
  readonly state: 'running' | 'not-started'
  /** What it holds is on disk; false of the one in the broker's process. */
  readonly keeps: boolean
  /** What installs a server that keeps its data. */
  readonly installCommand: string
}

/** One server (redis.io/commands/info, redis.io/commands/config-get). */
export interface ServerFacts {
  /** `host:port`, or a Unix socket. */
  readonly place: string
  readonly product: 'Redis' | 'Valkey'
  readonly version: string | undefined
  readonly role: 'master' | 'replica' | undefined
  readonly loading: boolean | undefined
  readonly appendOnly: boolean | undefined
  readonly fsync: 'always' | 'everysec' | 'no' | undefined
  /** `no-appendfsync-on-rewrite yes` says no. */
  readonly fsyncDuringRewrite: boolean | undefined
  /** `save`: pairs of seconds and changes; empty without snapshots. */
  readonly snapshots: string | undefined
  readonly lastAppendOk: boolean | undefined
  readonly lastSnapshotOk: boolean | undefined
  /** Bytes; 0 without limit. */
  readonly maxMemory: number | undefined
  readonly usedMemory: number | undefined
  readonly policy: string | undefined
  /** Replicas that are connected and up to date. */
  readonly replicas: number | undefined
  /** `min-replicas-to-write`. */
  readonly minReplicas: number | undefined
  /** How far its clock is ahead of ours, in milliseconds. */
  readonly clockOffsetMs: number | undefined
  /** What the rules' functions and commands need and our user may not. */
  readonly denied: readonly Refusal[] | undefined
  /** The same of the channels on which brokers and applications are heard. */
  readonly deniedChannels: readonly string[] | undefined
  /** Commands of rules that it does not know, in capitals. */
  readonly unknownCommands: readonly UnknownCommand[] | undefined
}

export interface UnknownCommand {
  readonly name: string
  readonly users: readonly RulePart[]
}

/** redis.io/docs/latest/operate/oss_and_stack/management/sentinel */
export interface SentinelFacts {
  /** The name that they know it by. */
  readonly master: string
  /** That the rules name. */
  readonly listed: number
  /** Those of them that do not answer, as `host:port: why`. */
  readonly silent: readonly string[]
  /** That watch this master, as they say. */
  readonly watching: number
  /** So many must find the master gone. */
  readonly quorum: number
  readonly replicas: number
  /** Milliseconds without an answer until a master counts as gone. */
  readonly downAfterMs: number
}

/** redis.io/commands/cluster-info, redis.io/commands/cluster-nodes */
export interface ClusterFacts {
  readonly state: string
  readonly slotsAssigned: number
  readonly masters: number
  /** Masters that do not answer, as `host:port: why`. */
  readonly silent: readonly string[]
}
