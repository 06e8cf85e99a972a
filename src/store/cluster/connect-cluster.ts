import type { Answer, Call, Connection, ConnectionEvents } from '../connection.ts'
import type { WriteCall } from '../round.ts'
import { CallFailed } from './ask.ts'
import { carryOut, type Round } from './carry-out.ts'
import { createIndexes } from './indexes.ts'
import type { NodeOptions } from './node.ts'
import { openNodes } from './nodes.ts'
import type { ClusterRead } from './reads.ts'
import { CLUSTER_SCRIPTS } from './scripts.ts'

export interface ClusterTarget extends Omit<NodeOptions, 'scripts'> {
  /** Unique per opened pool. */
  readonly boot: string
}

/** How often topics that hold nothing are looked for. Milliseconds. */
const SWEEP_MS = 600_000
/** Reads that bring bodies at once, so that what is on its way is bounded. */
const READS_AT_ONCE = 64
const LOST: Answer = { ok: false, failure: { kind: 'unknown', message: 'connection lost' } }

/**
 * In the place of a connection to one server: takes the same rounds, and carries out on a cluster what
 * their calls mean, in as many steps as it takes (DELIVERY 7.3). The answers are the same too, so that
 * what becomes of a round is decided in one place for all kinds of Redis.
 */
export function connectCluster({ boot, ...options }: ClusterTarget, events: ConnectionEvents): Connection {
  let progress: Round['progress'] = new WeakMap()
  const nodes = openNodes({ ...options, scripts: Object.values(CLUSTER_SCRIPTS) }, {
    ...events,
    onReady(sameData, clockOffsetMs) {
      if (sameData === false) indexes.forget()
      ready = true
      events.onReady(sameData, clockOffsetMs)
    },
    onLost() {
      ready = false
      // what was done may be gone with the master that did it
      progress = new WeakMap()
      events.onLost()
    },
  })
  const indexes = createIndexes(nodes)
  let ready = false
  let sending: Promise<void> | undefined
  const sweeper = setInterval(() => { if (ready) void sweep() }, SWEEP_MS).unref()

  async function sweep(): Promise<void> {
    try {
      await indexes.sweep(Math.floor(Date.now() / 1_000))
    } catch (error) {
      // the next one goes on
      if (!(error instanceof CallFailed)) throw error
    }
  }

  async function send(calls: readonly Call[]): Promise<readonly Answer[]> {
    const { life } = nodes
    const writes = calls.filter(isWrite)
    const reads = calls.filter(isRead)
    const round: Round = { nodes, indexes, boot, progress, sent: new Map(), held: new Set() }
    const written = await carryOut(round, writes)
    // a master that took part is lost: what it has confirmed may be gone
    const confirmed = life === nodes.life ? written : written.map((answer, i) => writes[i]?.kind === 'command' ? answer : LOST)
    const read: Answer[] = []
    for (let i = 0; i < reads.length; i += READS_AT_ONCE) {
      read.push(...await Promise.all(reads.slice(i, i + READS_AT_ONCE).map((call) => call.carryOut(nodes))))
    }
    const others: Answer[] = []
    for (const call of calls) {
      if (isWrite(call) || isRead(call)) continue
      if (call.name !== 'wait') throw new Error(`a cluster does not know what ${call.name} of a round means`)
      const waited = await nodes.wait(call)
      others.push(life === nodes.life ? waited : LOST)
    }
    return [...confirmed, ...read, ...others]
  }

  return {
    // a round is writes, then reads, then perhaps a WAIT
    send(calls, answered) {
      sending = send(calls).then(answered)
    },
    drop() {
      progress = new WeakMap()
      ready = false
      nodes.retry(0)
    },
    retry(delayMs) {
      ready = false
      nodes.retry(delayMs)
    },
    server: undefined,
    async end() {
      clearInterval(sweeper)
      await nodes.end()
      await sending
    },
  }
}

/** Calls that carry effects. */
function isWrite(call: Call): call is WriteCall {
  return 'owners' in call
}

function isRead(call: Call): call is ClusterRead {
  return 'carryOut' in call
}
