import type { Effect, Outcome, Stored } from '../actions/effect.ts'
import type { MessageRecord } from '../actions/message-record.ts'

/**
 * The port to one pool of a store. What is given to it travels in rounds over one ordered
 * connection: submissions in the order of their giving, then reads; the next round leaves when
 * the answers of this one are there (DELIVERY 0.6). A read therefore never shows what an earlier
 * submission has removed.
 */
export interface Pool {
  readonly name: string
  /** False while Redis is away: what is submitted waits, what may not wait fails. */
  readonly ready: boolean
  /** Bytes of submissions not yet answered. */
  readonly pendingBytes: number
  /** How far the store's clock is ahead of ours, also when ours was set (known within a second). Milliseconds. */
  readonly clockOffsetMs: number
  submit(submission: Submission): void
  /** Next entries of a topic's log. Fails only when the pool goes away; ask again at `onBack`. */
  page(request: PageRequest): void
  /** Bodies of stored messages by id; `undefined` for those that are gone. */
  bodies(msgids: readonly string[], done: (records: readonly (MessageRecord | undefined)[] | Error) => void): void
  /** The retained message of an exact topic. */
  retained(request: RetainedRequest): void
  /** The latest message of an exact topic. */
  latest(topic: string, done: (record: MessageRecord | undefined | Error) => void): void
  /** `mqtt:sub:{clientid}`: topic and QoS as written there. */
  proxySubscriptions(clientid: string, done: (rows: readonly (readonly [topic: string, qos: string])[] | Error) => void): void
  /** A page of `mqtt:node:{node}`; `cursor` is the `next` of the page before. A client may come in two pages. */
  presentClients(node: string, cursor: string | undefined, done: (page: PresentClients | Error) => void): void
  /** A page of a topic index, in byte order. May name a topic whose messages have just expired. */
  topics(request: TopicsRequest): void
  /** A page of the log index: which of its topics have something newer than a score. */
  changedTopics(request: ChangedTopicsRequest): void
  /** Msgids of queue deletes that are submitted and not yet confirmed. */
  readonly acking: { has(msgid: string): boolean }
}

/** Effects of one event in one pool, in the order of the rules. */
export interface Submission {
  /** Submissions with the same order object (a connection) keep their order wherever they can touch one key. */
  readonly order: object
  readonly effects: readonly Effect[]
  /** Keep trying while Redis is away. Without it, passing failures are answered at once. */
  readonly hold: boolean
  /** Rough size in memory, for the bound on what waits. */
  readonly bytes: number
  /** Set by the submitter that has lost interest: if it has not left yet, it need not; `done` is not called then. */
  readonly cancelled: boolean
  /** One outcome per effect. Called once, from a loop over the whole round: do little, throw nothing. */
  done(outcomes: readonly Outcome[]): void
}

export type LogKind = 'queue' | 'pubsub'

/** A message up to which a client has acknowledged everything of a topic. */
export interface Position {
  readonly msgid: string
  readonly score: number
}

/**
 * Where a reader that knows no score goes on. `doubted`: the log may have lost data since. Then the message may have been
 * stored again, behind others that the reader has not seen: if it stands elsewhere than at `score`, the reader goes on
 * after an earlier position that stands where it stood, or as if it were gone, whichever is later.
 */
export interface ColdPosition extends Pick<Position, 'msgid'> {
  readonly doubted?: { readonly score: number, readonly earlier: Position | undefined } | undefined
}

export interface PageRequest {
  /** Where a cold reader begins: `queue` at the beginning, `pubsub` at the client's position. */
  readonly kind: LogKind
  readonly clientid: string
  readonly topic: string
  /** Score of the last entry taken; absent: cold. */
  readonly after: number | undefined
  /** Of a cold `pubsub` reader: a position of the client that the store may not have yet. The later one counts, if it is in the log. */
  readonly position?: ColdPosition | undefined
  /** Entries at most. */
  readonly limit: number
  done(page: Page | Error): void
}

export interface Page {
  readonly entries: readonly LogEntry[]
  /** Score of the last entry looked at, taken or trimmed; where the reader now stands. For a cold reader of an empty log its start. */
  readonly last: number
  /** It ended at `limit` or at the size bound, not at the end of the log. */
  readonly more: boolean
  /** The pool's clock, a score: below a reader's position it says that data was lost. */
  readonly clock: number
}

export interface LogEntry {
  readonly score: number
  readonly record: MessageRecord
}

export interface RetainedRequest {
  readonly topic: string
  /** Asked when a log lane serves the topic too: is the message in its log, after this reader's place? */
  readonly reader: { readonly kind: LogKind, readonly clientid: string, readonly after: number | undefined } | undefined
  done(found: { readonly record: MessageRecord, readonly inLogAt: number | undefined } | undefined | Error): void
}

export interface PresentClients {
  /** `onlineAt` in seconds since 1970. */
  readonly clients: readonly { readonly clientid: string, readonly onlineAt: number }[]
  /** Absent: this was the last page. */
  readonly next: string | undefined
}

/** Topics that have stored messages, a retained message, a latest message. */
export type TopicIndex = 'logs' | 'retained' | 'latest'

export interface TopicsRequest {
  readonly index: TopicIndex
  /** Only topics that begin so; empty: all. */
  readonly prefix: string
  /** The last topic of the page before; absent: from the first. It need not be in the index any more. */
  readonly after: string | undefined
  /** Topics at most; a page with fewer is the last. */
  readonly limit: number
  done(topics: readonly string[] | Error): void
}

export interface ChangedTopicsRequest {
  /** `next` of the page before; absent: from the first. */
  readonly after: string | undefined
  /** A score: topics whose newest entry is above it are named. */
  readonly since: number
  /** Topics looked at, at most. */
  readonly limit: number
  done(page: ChangedTopics | Error): void
}

export interface ChangedTopics {
  /** With the score of each topic's newest entry. */
  readonly topics: readonly { readonly topic: string, readonly score: number }[]
  /** Where the next page goes on; absent: this was the last. */
  readonly next: string | undefined
  /** The pool's clock, a score: whoever saw all pages has missed nothing up to the clock of the first. */
  readonly clock: number
}

/** Where a message was put before it is routed. */
export interface Placed {
  readonly pool: Pool
  readonly kind: 'log' | 'latest'
  /** Of a log. */
  readonly stored: Stored | undefined
}

/** What a pool tells of itself. `sameData` is false when it may hold less than it confirmed: another server, run id, or replication id. */
export interface PoolEvents {
  onAway(): void
  onBack(sameData: boolean): void
  /** Something was published on the pool's channel (SPEC 5.3). */
  onOrder(text: Buffer): void
  /**
   * Another broker of the same Redis has stored on a topic: its newest score; 0 for a latest
   * message. Best effort: it may be missing, late, or come for what is known already.
   */
  onWake(topic: string, score: number, more: { readonly index: WakeIndex, readonly prev: number }): void
}

/** What a wake is about. Its `prev`, in a log: the score of the message before the first that is new. */
export type WakeIndex = Exclude<TopicIndex, 'retained'>

/** The wire of one MQTT connection, as delivery sees it. */
export interface Link {
  /** The socket takes bytes. */
  readonly writable: boolean
  publish(packet: OutgoingPublish): void
  pubrel(packetId: number): void
  /** One thing less is asked of the store for its subscriptions: `Session.asked`. */
  answered(): void
  /** Ends the connection without a word; the client comes back. */
  close(reason: string): void
}

export interface OutgoingPublish {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  readonly dup: boolean
  /** 0 with QoS 0. */
  readonly packetId: number
}

/** Time, handed in so that tests can own it. Milliseconds. */
export interface Clock {
  now(): number
  /** Calls back once after `ms`; returns the cancel. */
  after(ms: number, callback: () => void): () => void
}
