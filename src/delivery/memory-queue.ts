import { keepAlone, type MessageRecord } from '../actions/message-record.ts'
import type { Outgoing } from './outgoing.ts'

/** Bytes of one session, and of all sessions of a broker together. */
const SESSION_BYTES = 8 * 1024 * 1024
const ALL_BYTES = 32 * 1024 * 1024
/** Rough size of a message beside its payload and topic, in memory. */
const MESSAGE_BYTES = 300

/**
 * What uncovered messages of all sessions take in memory, waiting and in flight. As long as there is
 * room a session may hold up to its bound; afterwards those who hold more than their share give up
 * their own oldest, so that nobody's flood takes another's messages.
 */
export class MemoryBudget {
  readonly #sessions: () => number
  #bytes = 0

  constructor(sessions: () => number) {
    this.#sessions = sessions
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Bytes that one session may hold now. */
  get share(): number {
    return this.#bytes < ALL_BYTES ? SESSION_BYTES : Math.min(SESSION_BYTES, ALL_BYTES / Math.max(this.#sessions(), 1))
  }

  take(bytes: number): void {
    this.#bytes += bytes
  }

  give(bytes: number): void {
    this.#bytes -= bytes
  }
}

/** One session's part of the budget. */
export class HeldBytes {
  readonly #budget: MemoryBudget
  #bytes = 0

  constructor(budget: MemoryBudget) {
    this.#budget = budget
  }

  get tooMany(): boolean {
    return this.#bytes > this.#budget.share
  }

  add(record: MessageRecord): void {
    keepAlone(record)
    const bytes = bytesOf(record)
    this.#bytes += bytes
    this.#budget.take(bytes)
  }

  remove(record: MessageRecord): void {
    const bytes = bytesOf(record)
    this.#bytes -= bytes
    this.#budget.give(bytes)
  }

  /** The session is gone. */
  clear(): void {
    this.#budget.give(this.#bytes)
    this.#bytes = 0
  }
}

function bytesOf({ payload, topic }: MessageRecord): number {
  return MESSAGE_BYTES + payload.length + topic.length
}

/** What waits for one session, oldest first; bounded in number and bytes, the oldest goes. */
export class MemoryQueue {
  readonly #held: HeldBytes
  #waiting: Outgoing[] = []

  constructor(held: HeldBytes) {
    this.#held = held
  }

  get length(): number {
    return this.#waiting.length
  }

  /** Returns how many were pushed out. */
  push(outgoing: Outgoing, maxLength: number): number {
    this.#waiting.push(outgoing)
    this.#held.add(outgoing.record)
    let dropped = 0
    while (this.#waiting.length > maxLength || (this.#held.tooMany && this.#waiting.length > 0)) {
      this.shift()
      dropped++
    }
    return dropped
  }

  shift(): Outgoing | undefined {
    const outgoing = this.#waiting.shift()
    if (outgoing !== undefined) this.#held.remove(outgoing.record)
    return outgoing
  }

  some(is: (record: MessageRecord) => boolean): boolean {
    return this.#waiting.some(({ record }) => is(record))
  }
}
