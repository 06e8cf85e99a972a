import { diskOf, type Disk } from './disk.ts'
import type { ClusterFacts, PoolFacts, SentinelFacts, ServerFacts } from './facts.ts'

/** Something about a pool that its owner should know. */
export interface Finding {
  readonly name: string
  /** `danger`: a message that was acknowledged can be lost, or none can be stored. `note`: it could be better, or worse one day. */
  readonly severity: 'danger' | 'note'
  /** The server that is meant; absent of what concerns the pool. */
  readonly place: string | undefined
  readonly sentence: string
  readonly remedies: readonly Remedy[]
}

/** A line to type: a command of that server or of each sentinel, a line of the rules, or a command of a shell. */
export interface Remedy {
  readonly in: 'redis' | 'sentinels' | 'rules' | 'shell'
  readonly line: string
}

interface Row<Subject> {
  readonly name: string
  readonly severity: Finding['severity']
  readonly test: (subject: Subject, pool: PoolFacts) => boolean
  readonly sentence: (subject: Subject, pool: PoolFacts) => string
  readonly remedies?: (subject: Subject, pool: PoolFacts) => readonly Remedy[]
}

/** All that is to be said of a pool, the dangers first. Pure. */
export function findingsOf(pool: PoolFacts): readonly Finding[] {
  const found = [
    ...apply(POOL_ROWS, pool, pool),
    ...pool.sentinels === undefined ? [] : apply(SENTINEL_ROWS, pool.sentinels, pool),
    ...pool.cluster === undefined ? [] : apply(CLUSTER_ROWS, pool.cluster, pool),
    ...pool.servers.flatMap((server) => apply(SERVER_ROWS, server, pool, server.place)),
  ]
  return [...found.filter(({ severity }) => severity === 'danger'), ...found.filter(({ severity }) => severity === 'note')]
}

function apply<Subject>(rows: readonly Row<Subject>[], subject: Subject, pool: PoolFacts, place?: string): Finding[] {
  return rows.filter(({ test }) => test(subject, pool)).map(({ name, severity, sentence, remedies }) => ({
    name, severity, place, sentence: sentence(subject, pool), remedies: remedies?.(subject, pool) ?? [],
  }))
}

/** Below it scripts and commands of ours are missing (SPEC). */
const OLDEST = { Redis: [6, 2], Valkey: [7, 2] } as const
/** Milliseconds. Half of the minute that a lost position goes back (SPEC 3). */
const MAX_CLOCK_OFFSET_MS = 30_000
/** Of `maxmemory`. */
const NEARLY_FULL = 0.9
/** Milliseconds that a publisher waits at most (SPEC 4.2). */
const LONGEST_HOLD_MS = 10_000
const ALL_SLOTS = 16_384
/** A majority of fewer does not survive the loss of one. */
const FEWEST_VOTERS = 3

const POOL_ROWS: readonly Row<PoolFacts>[] = [
  {
    name: 'memory-only', severity: 'danger',
    test: ({ embedded }) => embedded?.keeps === false,
    sentence: ({ embedded }) => `the embedded store ${embedded?.state === 'running' ? 'runs' : 'will run'} in the broker's process: what it holds is gone when that ends`,
    remedies: ({ embedded }) => embedded === undefined ? [] : [{ in: 'shell', line: embedded.installCommand }],
  },
  {
    name: 'goes-on-unstored', severity: 'danger',
    test: ({ onFailure }) => onFailure === 'pass',
    sentence: () => 'on_failure is pass: while Redis is away or refuses, messages are acknowledged and not stored',
    remedies: ({ name }) => [{ in: 'rules', line: `backend.redis.${name}.on_failure = hold` }],
  },
]

const SENTINEL_ROWS: readonly Row<SentinelFacts>[] = [
  {
    name: 'sentinels-too-few', severity: 'danger',
    test: ({ watching }) => watching < FEWEST_VOTERS,
    sentence: ({ watching }) => `${count(watching, 'sentinel')} ${watching === 1 ? 'watches' : 'watch'} the master: with fewer than three the loss of one machine can leave no majority to replace it`,
  },
  {
    name: 'quorum-out-of-reach', severity: 'danger',
    test: ({ watching, quorum }) => quorum > watching,
    sentence: ({ watching, quorum }) => `a quorum of ${quorum} cannot be reached by ${count(watching, 'sentinel')}: a lost master is never replaced`,
    remedies: ({ watching, master }) => [{ in: 'sentinels', line: `SENTINEL SET ${master} quorum ${Math.floor(watching / 2) + 1}` }],
  },
  {
    name: 'sentinels-silent', severity: 'note',
    test: ({ silent }) => silent.length > 0,
    sentence: ({ silent, listed }) => `${silent.length} of ${count(listed, 'sentinel')} that the rules name ${silent.length === 1 ? 'does' : 'do'} not answer: ${silent.join('; ')}`,
  },
  {
    name: 'failover-slow', severity: 'note',
    test: ({ downAfterMs }) => downAfterMs >= LONGEST_HOLD_MS,
    sentence: ({ downAfterMs }) => `the sentinels wait ${downAfterMs / 1_000} s before they replace a master: publishers wait at most ${LONGEST_HOLD_MS / 1_000} s and are then disconnected, to send again`,
    remedies: ({ master }) => [{ in: 'sentinels', line: `SENTINEL SET ${master} down-after-milliseconds 3000` }],
  },
]

const CLUSTER_ROWS: readonly Row<ClusterFacts>[] = [
  {
    name: 'cluster-down', severity: 'danger',
    test: ({ state }) => state !== 'ok',
    sentence: ({ state }) => `the cluster is in state ${state}: it takes no messages`,
  },
  {
    name: 'slots-unassigned', severity: 'danger',
    test: ({ slotsAssigned }) => slotsAssigned < ALL_SLOTS,
    sentence: ({ slotsAssigned }) => `${ALL_SLOTS - slotsAssigned} of ${ALL_SLOTS} slots belong to no master: topics in them cannot be stored`,
  },
  {
    name: 'cluster-master-silent', severity: 'danger',
    test: ({ silent }) => silent.length > 0,
    sentence: ({ silent }) => `${count(silent.length, 'master')} of the cluster ${silent.length === 1 ? 'does' : 'do'} not answer: ${silent.join('; ')}`,
  },
  {
    name: 'cluster-masters-too-few', severity: 'danger',
    test: ({ masters }) => masters < FEWEST_VOTERS,
    sentence: ({ masters }) => `the cluster has ${count(masters, 'master')}: with fewer than three no majority replaces a lost one`,
  },
]

const SERVER_ROWS: readonly Row<ServerFacts>[] = [
  {
    name: 'too-old', severity: 'danger',
    test: ({ product, version }) => version !== undefined && isBelow(version, OLDEST[product]),
    sentence: ({ product, version }) => `${product} ${version} is too old: hookline needs ${product} ${OLDEST[product].join('.')} or newer`,
  },
  {
    name: 'replica', severity: 'danger',
    test: ({ role }) => role === 'replica',
    sentence: () => 'it is a replica, which takes no messages: name the master, or the sentinels',
  },
  {
    name: 'loading', severity: 'danger',
    test: ({ loading }) => loading === true,
    sentence: () => 'it is still reading its data: messages wait until it has',
  },
  {
    name: 'append-failed', severity: 'danger',
    test: ({ appendOnly, lastAppendOk }) => appendOnly === true && lastAppendOk === false,
    sentence: () => 'its last write to the append-only file failed: it refuses messages until the disk takes them; look for a full disk',
  },
  {
    name: 'snapshot-failed', severity: 'danger',
    test: ({ snapshots, lastSnapshotOk }) => snapshots !== '' && lastSnapshotOk === false,
    sentence: () => 'its last snapshot failed: it refuses messages until one succeeds (unless stop-writes-on-bgsave-error is no); look for a full disk',
    remedies: () => redis('BGSAVE'),
  },
  {
    name: 'user-may-not', severity: 'danger',
    test: ({ denied }) => denied !== undefined && denied.length > 0,
    sentence: ({ denied = [] }) => `its user may not do what the rules need: ${some(denied.map(({ what }) => what))}`,
    remedies: ({ denied = [] }, { user }) => redis(`ACL SETUSER ${user} ${[...new Set(denied.map(({ grant }) => grant))].join(' ')}`),
  },
  {
    name: 'unknown-command', severity: 'danger',
    test: ({ unknownCommands = [] }) => unknownCommands.length > 0,
    sentence: ({ unknownCommands = [] }) => `it does not know commands of the rules: ${some(unknownCommands.map(({ name, users: [user] }) => user === undefined ? name : `${name} (${user.hook}.${user.number})`))}`,
  },
  ...diskRow('no-persistence', 'nothing', 'it keeps nothing on disk: what it holds is gone when it ends', () => ['CONFIG SET appendonly yes', 'CONFIG SET appendfsync always', 'CONFIG REWRITE']),
  ...diskRow('snapshots-only', 'snapshots', 'it keeps snapshots only: what came after the last one is gone when it ends', () => ['CONFIG SET appendonly yes', 'CONFIG SET appendfsync always', 'CONFIG REWRITE']),
  ...diskRow('fsync-every-second', 'every-second', 'appendfsync is everysec: what came in the last second may not be on the disk yet', () => ['CONFIG SET appendfsync always', 'CONFIG REWRITE']),
  ...diskRow('fsync-never', 'when-the-system-likes', 'appendfsync is no: the system writes to the disk when it likes, on Linux within about 30 s', () => ['CONFIG SET appendfsync always', 'CONFIG REWRITE']),
  ...diskRow('fsync-not-while-rewriting', 'not-while-rewriting', 'no-appendfsync-on-rewrite is yes: while it rewrites its file nothing is forced to the disk', () => ['CONFIG SET no-appendfsync-on-rewrite no', 'CONFIG REWRITE']),
  ...diskRow('persistence-unseen', 'unknown', 'whether it keeps on disk what it confirms cannot be seen: ask whoever runs it, or let our user ask', ({ user }) => [`ACL SETUSER ${user} +info +config|get`]),
  {
    name: 'empties-its-replicas', severity: 'danger',
    test: (server) => diskOf(server) === 'nothing' && (server.replicas ?? 0) > 0,
    sentence: () => 'it keeps nothing and has replicas: if it is restarted before another takes over, they copy its emptiness',
  },
  {
    name: 'evicts-messages', severity: 'danger',
    test: evicts,
    sentence: ({ policy = '' }) => `maxmemory-policy is ${policy}: when its memory is full it throws away ${policy.startsWith('volatile-') ? 'messages that will expire' : 'any key, messages too'}`,
    remedies: () => redis('CONFIG SET maxmemory-policy noeviction', 'CONFIG REWRITE'),
  },
  {
    name: 'replicas-missing', severity: 'danger',
    test: ({ replicas }, { waitReplicas }) => replicas !== undefined && replicas < waitReplicas,
    sentence: ({ replicas = 0 }, { waitReplicas }) => `wait_replicas is ${waitReplicas}, and it has ${count(replicas, 'replica')} up to date: no message is acknowledged until it has more`,
  },
  {
    name: 'replicas-not-waited-for', severity: 'danger',
    test: ({ replicas }, { waitReplicas, type }) => waitReplicas === 0 && (replicas === undefined ? type !== 'single' : replicas > 0),
    sentence: ({ replicas }) => `${replicas === undefined ? 'replicas are' : `it has ${count(replicas, 'replica')}, ${replicas === 1 ? 'which is' : 'which are'}`} not waited for: if one takes over, what it had not received is lost`,
    remedies: (_, { name }) => [{ in: 'rules', line: `backend.redis.${name}.wait_replicas = 1` }],
  },
  {
    name: 'no-replica', severity: 'danger',
    test: ({ replicas }, { type }) => replicas === 0 && type !== 'single',
    sentence: (_, { type }) => `it has no replica up to date: if it is lost, ${type === 'cluster' ? 'its part of the topics waits' : 'the sentinels have nothing to put in its place'}`,
  },
  {
    name: 'confirms-while-cut-off', severity: 'note',
    test: ({ replicas, minReplicas }, { waitReplicas }) => (replicas ?? 0) > 0 && minReplicas === 0 && waitReplicas === 0,
    sentence: () => 'min-replicas-to-write is 0: cut off from its replicas it goes on confirming, while another may take over',
    remedies: () => redis('CONFIG SET min-replicas-to-write 1', 'CONFIG REWRITE'),
  },
  {
    name: 'too-few-replicas-to-write', severity: 'danger',
    test: ({ replicas, minReplicas }) => replicas !== undefined && minReplicas !== undefined && replicas < minReplicas,
    sentence: ({ replicas = 0, minReplicas }) => `min-replicas-to-write is ${minReplicas}, and it has ${count(replicas, 'replica')} up to date: it refuses messages`,
  },
  {
    name: 'alone', severity: 'note',
    test: ({ replicas, role }, { type, embedded, waitReplicas }) => replicas === 0 && role === 'master' && type === 'single' && embedded === undefined && waitReplicas === 0,
    sentence: () => 'it has no replica: if its disk is lost, so is all that it holds',
  },
  {
    name: 'memory-nearly-full', severity: 'note',
    test: ({ maxMemory = 0, usedMemory = 0 }) => maxMemory > 0 && usedMemory >= NEARLY_FULL * maxMemory,
    sentence: ({ maxMemory = 0, usedMemory = 0 }) => `${Math.floor(usedMemory / maxMemory * 100)} % of its maxmemory is in use`,
  },
  {
    name: 'memory-unbounded', severity: 'note',
    test: ({ maxMemory }, { embedded }) => maxMemory === 0 && embedded === undefined,
    sentence: () => 'it has no maxmemory: where the machine runs out of memory, the system may kill it',
    remedies: () => redis('CONFIG SET maxmemory <bytes>', 'CONFIG REWRITE'),
  },
  {
    name: 'clocks-differ', severity: 'note',
    test: ({ clockOffsetMs = 0 }) => Math.abs(clockOffsetMs) >= MAX_CLOCK_OFFSET_MS,
    sentence: ({ clockOffsetMs = 0 }) => `its clock is ${Math.round(Math.abs(clockOffsetMs) / 1_000)} s ${clockOffsetMs > 0 ? 'ahead of' : 'behind'} that of this machine: a subscriber whose position is no longer stored may miss messages or get some again`,
  },
  {
    name: 'user-may-not-hear', severity: 'note',
    test: ({ deniedChannels }) => deniedChannels !== undefined && deniedChannels.length > 0,
    sentence: ({ deniedChannels = [] }) => `its user may not use our channels (${deniedChannels.join(', ')}): orders are not heard, and other brokers learn of messages within 30 s`,
    remedies: ({ deniedChannels = [] }, { user }) => redis(`ACL SETUSER ${user} ${deniedChannels.map((channel) => `&${channel}`).join(' ')} +subscribe +publish +pubsub|numsub`),
  },
]

/** Of every finding that there is. */
export const FINDING_NAMES: readonly string[] = [...POOL_ROWS, ...SENTINEL_ROWS, ...CLUSTER_ROWS, ...SERVER_ROWS].map(({ name }) => name)

function diskRow(name: string, disk: Disk, sentence: string, commands: (pool: PoolFacts) => readonly string[]): readonly Row<ServerFacts>[] {
  return [{
    name, severity: 'danger',
    // the store in the broker's process has a line of its own
    test: (server, { embedded }) => diskOf(server) === disk && embedded?.keeps !== false,
    sentence: () => sentence,
    remedies: (_, pool) => redis(...commands(pool)),
  }]
}

/** When its memory is full it throws away what rules have stored. */
export function evicts({ maxMemory, policy }: ServerFacts, { storesExpiring }: PoolFacts): boolean {
  if (maxMemory === undefined || maxMemory === 0 || policy === undefined) return false
  return policy.startsWith('allkeys-') || (policy.startsWith('volatile-') && storesExpiring)
}

function redis(...lines: string[]): Remedy[] {
  return lines.map((line) => ({ in: 'redis', line }))
}

function isBelow(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ours = 0, ourMinor = 0] = version.split('.').map(Number)
  return ours < major || (ours === major && ourMinor < minor)
}

export function count(number: number, what: string): string {
  return `${number === 0 ? 'no' : number} ${what}${number === 1 ? '' : 's'}`
}

const SHOWN = 6

function some(texts: readonly string[]): string {
  const more = texts.length - SHOWN
  return texts.slice(0, SHOWN).join(', ') + (more > 0 ? `, and ${more} more` : '')
}
