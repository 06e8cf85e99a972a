import type { MessageRecord } from '../actions/message-record.ts'
import type { Group } from './group.ts'
import type { HeldBytes } from './memory-queue.ts'
import type { Pool } from './ports.ts'
import type { RunList } from './run-list.ts'

/** Where a covered message came from, and so where its acknowledgement belongs and its body can be read again. */
export interface Origin {
  /** The object, not the name: a reload may have replaced the pool since. */
  readonly pool: Pool
  readonly kind: 'log' | 'latest'
  /** Kept when the client's position moves by acknowledgements. */
  readonly run: RunList | undefined
  /** Of a shared subscription: if this client leaves, the message is another's. */
  readonly group?: Group
}

/** The next message of a lane or of the memory queue, ready to be sent. */
export interface Outgoing {
  readonly record: MessageRecord
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  /** Absent for what no rule covers: the session keeps the body. */
  readonly origin: Origin | undefined
}

/** What a lane needs of its session. */
export interface LaneOwner {
  readonly clientid: string
  /** What the session holds in memory. */
  readonly held: HeldBytes
  /** The message is on its way to the client. */
  isInFlight(msgid: string): boolean
  /** The client has acknowledged it of late, though not as a message of this pool: uncovered, or from another pool. */
  isAckedElsewhere(msgid: string, pool: Pool): boolean
  /** The message waits in the session's memory: it was uncovered when it came. */
  isQueued(msgid: string): boolean
  /** The lane wants to read from the store when the window is open. */
  hungry(lane: Lane): void
  /** The lane has something to send. */
  fed(lane: Lane): void
  /** The lane has read all that there is and handed it out; more comes by wakes. */
  settled(lane: Lane): void
  /** The lane has ended; what waited behind it may go on. */
  ended(lane: Lane): void
  /** A retained message that belonged into the log's order but is no longer in the log. */
  retainedAlone(record: MessageRecord): void
  /** Redis is there and said no to a read. */
  refused(lane: Lane, error: Error): void
  /** Asks again after a failure that no `poolBack` will mend. */
  later(callback: () => void): void
}

/** A subscriber's cursor over what the store holds for one topic: one per session, pool and topic. */
export interface Lane {
  readonly pool: Pool
  readonly topic: string
  readonly kind: 'log' | 'latest'
  /** Highest QoS granted for the topic. */
  granted: 1 | 2
  /** Covered no longer: goes on to the end of what is stored, then ends. */
  readonly draining: boolean
  /** While one of them says true, nothing is sent: something else of the topic goes first. */
  waitsFor: readonly (() => boolean)[]
  /** It waits for an answer of its pool. */
  readonly reading: boolean
  /** It has read and handed out all that there is. */
  readonly idle: boolean
  /** It has something that may be sent now. */
  readonly ready: boolean
  /** It has something that may not be sent yet. */
  readonly waiting: boolean
  take(): Outgoing | undefined
  /** Reads from the store if it has reason to and its pool is there; called while the window is open. False: ask again later. */
  read(): boolean
  /** What is stored may be more than was heard of. */
  doubt(): void
  /** The store may hold less than before, or something else: begin anew. */
  forget(): void
  /** From now on it is {@link draining}. */
  drain(): void
  /** The topic was subscribed again: read what is new, or all again. */
  again(all: boolean): void
  /** No more answers are taken, nothing is sent. */
  retire(): void
}
