import type { MessageRecord } from '../actions/message-record.ts'
import { LazyMap, LazySet } from './lazy.ts'
import type { Link, Pool } from './ports.ts'
import type { InFlight, Window } from './window.ts'

/** What a replay needs of its session. */
export interface ReplayOwner {
  readonly window: Window
  readonly link: Link | undefined
  /** Nothing newer is sent before what was in flight. */
  readonly isReplaying: boolean
  /** Calls back after a while, if the connection is still there. */
  later(callback: () => void): void
  /** The message went out again. */
  sentAgain(message: InFlight): void
  /** Its body is stored no longer. */
  giveUp(message: InFlight): void
  /** All went out again. */
  replayed(): void
}

/**
 * Re-sends what was in flight when a connection went, on the next one: in its order, with its packet ids and
 * DUP; PUBRELs too [MQTT-4.4.0-1]. First it reads the bodies that only the store has, again and again while Redis
 * is away or refuses.
 */
export class Replay {
  readonly #owner: ReplayOwner
  /** Bodies read; of what is stored no longer, `undefined`. */
  readonly #bodies = new LazyMap<string, MessageRecord | undefined>()
  /** Pools that are closed, of what is in flight: nothing can be read from them. */
  readonly #abandoned = new LazySet<Pool>()
  /** A read that Redis refused is to be tried again. */
  #retrying = false

  constructor(owner: ReplayOwner) {
    this.#owner = owner
  }

  /** There is a new connection. */
  attach(): void {
    this.#retrying = false
  }

  /** The connection is gone. */
  detach(): void {
    this.#bodies.clear()
  }

  /** The pool is closed for good: what would be read from it is not sent again from there. */
  abandon(pool: Pool): void {
    this.#abandoned.add(pool)
  }

  isAbandoned(pool: Pool): boolean {
    return this.#abandoned.has(pool)
  }

  /** Re-sends, or asks for the bodies that are missing and does so when they are there. */
  run(): void {
    const missing = this.#owner.window.messages.filter((message) =>
      message.record === undefined && !message.released && !this.#bodies.has(message.msgid)
      && !(message.origin !== undefined && this.#abandoned.has(message.origin.pool)))
    if (missing.length > 0) {
      for (const [pool, messages] of groupByPool(missing)) this.#readBodies(pool, messages)
      return
    }
    const { link } = this.#owner
    if (link === undefined) return
    for (const message of this.#owner.window.messages) {
      if (message.released) {
        link.pubrel(message.packetId)
        continue
      }
      const record = message.record ?? this.#bodies.get(message.msgid)
      if (record === undefined) {
        this.#owner.giveUp(message)
        if (message.qos === 2) link.pubrel(message.packetId)
        continue
      }
      link.publish({
        topic: message.topic, payload: record.payload, qos: message.qos, retain: message.retain, dup: true,
        packetId: message.packetId,
      })
      this.#owner.sentAgain(message)
    }
    this.#bodies.clear()
    // nothing of them is sent again
    this.#abandoned.clear()
    this.#owner.replayed()
  }

  #readBodies(pool: Pool, messages: readonly InFlight[]): void {
    if (!pool.ready) return
    const { link } = this.#owner
    const logged = messages.filter((message) => message.origin?.kind === 'log')
    const latest = messages.filter((message) => message.origin?.kind === 'latest')
    let unanswered = latest.length + (logged.length > 0 ? 1 : 0)
    const answer = (records: readonly (MessageRecord | undefined)[] | Error, of: readonly InFlight[]) => {
      unanswered--
      if (this.#owner.link !== link || !this.#owner.isReplaying) return
      if (records instanceof Error) {
        // an absent pool asks again when it is back
        if (!pool.ready || this.#retrying) return
        this.#retrying = true
        this.#owner.later(() => {
          this.#retrying = false
          if (this.#owner.isReplaying) this.run()
        })
        return
      }
      of.forEach((message, i) => this.#bodies.set(message.msgid, records[i]))
      // what is missing then is asked for anew
      if (unanswered === 0 && !this.#retrying) this.run()
    }
    if (logged.length > 0) pool.bodies(logged.map((message) => message.msgid), (records) => answer(records, logged))
    for (const message of latest) {
      pool.latest(message.topic, (found) => answer(
        found instanceof Error ? found : [found?.id === message.msgid ? found : undefined], [message]))
    }
  }
}

function groupByPool(messages: readonly InFlight[]): Map<Pool, InFlight[]> {
  const groups = new Map<Pool, InFlight[]>()
  for (const message of messages) {
    const pool = message.origin?.pool
    if (pool === undefined) continue
    const group = groups.get(pool)
    if (group === undefined) groups.set(pool, [message])
    else group.push(message)
  }
  return groups
}
