import { diskOf, type Disk } from './disk.ts'
import type { PoolFacts, ServerFacts } from './facts.ts'
import { evicts } from './findings.ts'

/** What becomes of a message that was acknowledged, in one of the cases against which SPEC 4 promises something. */
export interface Verdict {
  readonly name: string
  /** To follow "an acknowledged message survives when". */
  readonly when: string
  /** `none`: there is nothing that could keep it. */
  readonly kept: Kept
  /** In plain words. */
  readonly sentence: string
}

export type Kept = 'yes' | 'none' | 'partly' | 'unknown' | 'no'

type Judgement = readonly [kept: Kept, sentence: string]

/** The worst comes last: of several servers it counts. */
const ORDER: readonly Kept[] = ['yes', 'none', 'unknown', 'partly', 'no']

interface Case {
  readonly name: string
  readonly when: string
  readonly judge: (server: ServerFacts, pool: PoolFacts) => Judgement
}

/** Every promise that depends on Redis, judged. Pure. */
export function promisesOf(pool: PoolFacts): readonly Verdict[] {
  return PROMISES.map(({ name, when, judge }) => {
    const judgements = pool.servers.map((server) => judge(server, pool))
    const [kept, sentence] = judgements.toSorted((a, b) => ORDER.indexOf(b[0]) - ORDER.indexOf(a[0]))[0] ?? ['unknown', 'no server was seen'] as const
    return { name, when, kept, sentence }
  })
}

const GONE_WITH_THE_BROKER: Judgement = ['no', 'no: all messages are gone']
const UNSEEN: Judgement = ['unknown', 'cannot be seen']
const WAITS = 'publishers wait, and are not acknowledged'

/** A write reaches the system before it is confirmed, except while the disk is busy with the one before ("Redis persistence"; redis.conf, appendfsync). */
const KILLED: Readonly<Record<Disk, Judgement>> = {
  always: ['yes', 'yes'],
  'not-while-rewriting': ['yes', 'yes'],
  'every-second': ['partly', 'yes, but for up to two seconds while its disk is slow'],
  'when-the-system-likes': ['yes', 'yes'],
  snapshots: ['no', 'no: what came after the last snapshot is lost'],
  nothing: ['no', 'no: all messages are lost'],
  unknown: UNSEEN,
}

const POWER: Readonly<Record<Disk, Judgement>> = {
  always: ['yes', 'yes'],
  'not-while-rewriting': ['partly', 'yes, but while it rewrites its file up to half a minute is lost'],
  'every-second': ['partly', 'what came in the last second is lost'],
  'when-the-system-likes': ['partly', 'what came in the last half minute is lost'],
  snapshots: ['no', 'no: what came after the last snapshot is lost'],
  nothing: ['no', 'no: all messages are lost'],
  unknown: UNSEEN,
}

const PROMISES: readonly Case[] = [
  {
    name: 'broker-killed', when: 'the broker is killed',
    judge: (_, { embedded }) => embedded?.keeps === false ? GONE_WITH_THE_BROKER : ['yes', 'yes'],
  },
  {
    name: 'redis-killed', when: 'Redis is killed',
    judge: (server, { embedded }) => embedded?.keeps === false ? GONE_WITH_THE_BROKER : KILLED[diskOf(server)],
  },
  {
    name: 'power-lost', when: 'its machine loses power',
    judge: (server, { embedded }) => embedded?.keeps === false ? GONE_WITH_THE_BROKER : POWER[diskOf(server)],
  },
  { name: 'master-lost', when: 'the master is lost', judge: masterLost },
  { name: 'redis-away', when: 'Redis is away', judge: (_, { onFailure }) => onFailure === 'hold' ? ['yes', `yes: ${WAITS}`] : ['no', 'no: messages go on unstored'] },
  { name: 'memory-full', when: 'memory is full', judge: memoryFull },
]

function masterLost({ replicas }: ServerFacts, { type, waitReplicas, embedded }: PoolFacts): Judgement {
  if (embedded !== undefined) return ['none', 'there is no other: its disk is all there is']
  if (replicas === 0 && waitReplicas === 0) {
    return type === 'single'
      ? ['none', 'there is no other: its disk is all there is']
      : ['no', 'no: there is nothing to take over']
  }
  if (waitReplicas === 0) return replicas === undefined ? UNSEEN : ['no', 'no: what the next one had not received is lost']
  if (replicas === undefined) return UNSEEN
  if (replicas < waitReplicas) return ['no', 'no message is acknowledged: too few replicas']
  return waitReplicas >= replicas
    ? ['yes', 'yes: every replica has it']
    : ['yes', `yes, if one of the ${waitReplicas} of ${replicas} replicas that have it takes over`]
}

function memoryFull(server: ServerFacts, pool: PoolFacts): Judgement {
  const { maxMemory, policy = '' } = server
  if (maxMemory === undefined && pool.embedded === undefined) return UNSEEN
  if (evicts(server, pool)) return ['no', `no: ${policy.startsWith('volatile-') ? 'messages that will expire' : 'messages'} are thrown away for new ones`]
  if (pool.onFailure === 'pass') return ['no', 'no: messages go on unstored']
  if (maxMemory === undefined || maxMemory === 0) return ['yes', 'yes: it has no limit of its own; killed by the system is killed']
  return ['yes', `yes: Redis refuses, ${WAITS}`]
}
