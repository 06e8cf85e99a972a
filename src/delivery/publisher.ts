import type { Outcome } from '../actions/effect.ts'
import { keepAlone, type MessageRecord } from '../actions/message-record.ts'
import { PublishEvent } from '../actions/publish-event.ts'
import type { Counters } from '../engine/counters.ts'
import type { Outcomes } from '../engine/outcomes.ts'
import type { RecentEvents } from '../engine/recent-events.ts'
import { effectsOf, type PoolEffects, type Rules } from '../engine/rules.ts'
import { stepsFor } from '../plan/match.ts'
import { keepsRetained } from './coverage.ts'
import type { Clock, Placed, Submission } from './ports.ts'
import type { Unacknowledged, Retransmissions } from './retransmissions.ts'

/** A PUBLISH as it was read. */
export interface IncomingPublish {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  /** 0 with QoS 0. */
  readonly packetId: number
}

/** What the publisher writes and how it ends the connection. Absent for a will: nobody waits. */
export interface PublisherLink {
  puback(packetId: number): void
  pubrec(packetId: number): void
  close(reason: string): void
  /** Reading from the connection stops, and goes on. */
  pause(): void
  resume(): void
}

/** What all publishers share. */
export interface PublishPorts {
  readonly clock: Clock
  readonly counters: Counters
  readonly outcomes: Outcomes
  readonly recent: RecentEvents
  readonly retransmissions: Retransmissions
  rules(): Rules
  /** `now` in milliseconds since 1970. */
  nextMsgid(now: number): string
  /** `retainedInRedis`: the rules that it ran on keep it there alone. */
  route(record: MessageRecord, placed: readonly Placed[], retainedInRedis: boolean): void
  /** The publisher has something unconfirmed, to be looked at by {@link Publisher.sweep}. */
  busy(publisher: Publisher): void
}

/** Messages of one connection not yet confirmed, beyond which it is not read from. */
const PENDING_MESSAGES = 1000
/** Bytes of one connection that wait only behind a message that is not confirmed, beyond which it is not read from. */
const BEHIND_BYTES = 256 * 1024
/** Bytes that may wait for one pool before those who publish to it are not read from: everybody's next message waits behind them. */
const PENDING_BYTES = 2 * 1024 * 1024
/** And before they are closed: a pause comes too late for those who keep coming back. */
const MOST_PENDING_BYTES = 64 * 1024 * 1024
/** Rough size of a message beside its payload and topic, in memory. */
const MESSAGE_BYTES = 500
/** Longest hold before the connection is closed unacknowledged (SPEC 4.2). Milliseconds. */
const HOLD_MS = 10_000
/** Of the keepalive: a held connection's pings may wait, so it must end before the client gives up. */
const HOLD_OF_KEEPALIVE = 0.4

/** Most of the time there is nothing, and every message would have a list of it. */
const NONE: readonly never[] = []

/** A message between its PUBLISH and its acknowledgement. */
export class Inbound {
  /** Without its topic and payload once `digest` or `received` stands for it. */
  record: MessageRecord
  readonly packetId: number
  receivedAt: number
  /** Of its topic and payload. */
  digest: string | undefined
  /** Whom to acknowledge to; changes when the client comes back and sends it again. */
  publisher: Publisher | undefined
  placed: readonly Placed[] = NONE
  /** Pools that have not confirmed. */
  waiting = 0
  /** Bytes that it is counted with while no pool has it and it waits behind another. */
  bytesBehind = 0
  /** Submissions of the current try. */
  parts: readonly Part[] = NONE
  /** Something of it was not done, and it goes on (`on_failure = pass`). */
  passed = false
  state: 'storing' | 'stored' | 'refused' | 'abandoned' = 'storing'
  routed = false
  /** The rules that it runs on keep it as retained message in Redis alone. */
  retainedInRedis = false
  /** PUBREC was written; waits for PUBREL. */
  received = false
  /** Its neighbours in {@link Retransmissions}, and the next in its place there. */
  older: Inbound | undefined
  newer: Inbound | undefined
  sibling: Inbound | undefined

  constructor(record: MessageRecord, packetId: number, publisher: Publisher, receivedAt: number) {
    this.record = record
    this.packetId = packetId
    this.publisher = publisher
    this.receivedAt = receivedAt
  }
}

/** The share of one message that one pool has to confirm. */
class Part implements Submission {
  readonly order: object
  readonly share: PoolEffects
  readonly hold: boolean
  readonly bytes: number
  /** No other pool has a share of its message. */
  readonly isWhole: boolean
  cancelled = false
  answered = false
  readonly #message: Inbound
  readonly #settle: (message: Inbound, part: Part, outcomes: readonly Outcome[]) => void

  constructor(options: {
    readonly message: Inbound
    readonly share: PoolEffects
    readonly order: object
    readonly hold: boolean
    readonly isWhole: boolean
    readonly settle: (message: Inbound, part: Part, outcomes: readonly Outcome[]) => void
  }) {
    const { message } = options
    this.#message = message
    this.#settle = options.settle
    this.share = options.share
    this.order = options.order
    this.hold = options.hold
    this.isWhole = options.isWhole
    this.bytes = MESSAGE_BYTES + message.record.payload.length + message.record.topic.length
  }

  get effects(): Submission['effects'] {
    return this.share.effects
  }

  done(outcomes: readonly Outcome[]): void {
    // it was given up, and what came of it is counted
    if (this.answered) return
    this.answered = true
    this.#settle(this.#message, this, outcomes)
  }

  /** Nobody waits for it any more: it need not leave, and counts as not done. */
  giveUp(clause: string): void {
    this.cancelled = true
    this.done(this.effects.map(() => ({ ok: false, failure: 'passing', message: clause })))
  }
}

/**
 * The publishing half of a connection (DELIVERY 2): every message gets its msgid and its place in
 * arrival order, is routed and acknowledged in that order, and never before every rule that
 * matched has been confirmed.
 */
export class Publisher {
  readonly clientid: string
  readonly username: string | undefined
  /** Milliseconds a message may wait for Redis. */
  readonly holdMs: number
  readonly #ports: PublishPorts
  readonly #link: PublisherLink | undefined
  readonly #order: object
  /** Not yet released, oldest first. */
  readonly #fifo: Inbound[] = []
  /** Its client's, from the first that it knows of until it is closed. */
  #unacknowledged: Unacknowledged | undefined
  /** What of it no pool has. */
  #bytesBehind = 0
  #paused = false
  #closed = false

  constructor(options: {
    readonly clientid: string
    readonly username: string | undefined
    /** Seconds; 0 for none. */
    readonly keepalive: number
    readonly link: PublisherLink | undefined
    readonly order: object
    readonly ports: PublishPorts
  }) {
    this.clientid = options.clientid
    this.username = options.username
    this.holdMs = options.keepalive > 0 ? Math.min(HOLD_MS, options.keepalive * 1000 * HOLD_OF_KEEPALIVE) : HOLD_MS
    this.#link = options.link
    this.#order = options.order
    this.#ports = options.ports
  }

  get pending(): number {
    return this.#fifo.length
  }

  /** Takes a PUBLISH, in the order of the wire. */
  publish(packet: IncomingPublish): void {
    if (this.#closed) return
    const unacknowledged = packet.qos > 0 && this.#link !== undefined ? this.#mine() : undefined
    const known = unacknowledged === undefined ? undefined : this.#ports.retransmissions.find(unacknowledged, packet)
    const now = this.#ports.clock.now()
    if (known !== undefined) {
      if (known.digest !== undefined) {
        known.record = { ...known.record, topic: packet.topic, payload: packet.payload }
        known.digest = undefined
      }
      this.#again(known, now)
      return
    }
    const message = new Inbound({
      id: this.#ports.nextMsgid(now), from: this.clientid, qos: packet.qos, topic: packet.topic,
      payload: packet.payload, ts: Math.floor(now / 1000), retain: packet.retain,
    }, packet.packetId, this, now)
    this.#ports.recent.published(message.record, this.username, now)
    if (unacknowledged !== undefined) this.#ports.retransmissions.add(unacknowledged, message)
    this.#fifo.push(message)
    this.#store(message)
  }

  /** PUBREL: the packet id is free for another message [MQTT-4.3.3-2]. */
  pubrel(packetId: number): void {
    if (!this.#closed) this.#ports.retransmissions.release(this.#mine(), packetId)
  }

  #mine(): Unacknowledged {
    return this.#unacknowledged ??= this.#ports.retransmissions.enter(this.clientid)
  }

  /** The connection is gone: what is on its way to Redis arrives there, nothing is acknowledged any more. */
  close(): void {
    this.#closed = true
    const unacknowledged = this.#unacknowledged
    this.#unacknowledged = undefined
    // what may come again holds nothing of this connection
    for (const message of [...this.#fifo, ...unacknowledged?.all() ?? NONE]) if (message.publisher === this) message.publisher = undefined
    if (unacknowledged !== undefined) this.#ports.retransmissions.leave(unacknowledged)
  }

  /**
   * A message's time is over (SPEC 4.2): where its pools pass, it goes on; else the connection is
   * closed, and the client sends again. Call it every so often.
   */
  sweep(now: number): void {
    // another connection of the client may have had the answer to the first of them
    this.#advance()
    this.#passOn(now)
    for (const { record } of this.#fifo) keepAlone(record)
    const head = this.#fifo[0]
    if (head === undefined || !this.#isLate(head, now)) return
    if (this.#link === undefined) {
      this.#giveUpWill(head)
      return
    }
    if (this.#closed) {
      // nobody waits for it; memory does
      this.#abandonAll()
      return
    }
    if (head.record.qos === 0) return
    this.#ports.counters.publishersHeld++
    this.#abandonAll()
    this.#link.close('held')
  }

  #isLate(message: Inbound, now: number): boolean {
    return now - message.receivedAt >= this.holdMs
  }

  /** `on_failure = pass`: whoever has waited so long is not kept waiting by a pool that is slow to say no. */
  #passOn(now: number): void {
    const late = this.#fifo.filter((message) => message.record.qos > 0 && this.#isLate(message, now))
    for (const part of late.flatMap((message) => message.parts)) {
      if (!part.hold && !part.answered) part.giveUp('no answer in time')
    }
  }

  /** What has not left for Redis need not; the rest may be stored without having been acknowledged, which is allowed. */
  #abandonAll(): void {
    for (const message of this.#fifo.splice(0)) {
      message.bytesBehind = 0
      // it may wait on a newer connection of its client by now
      if (message.publisher !== undefined && message.publisher !== this) continue
      abandon(message)
      this.#leave(message)
    }
  }

  /** Its client may send it again, on another connection. */
  #leave(message: Inbound): void {
    message.parts = NONE
    this.#ports.retransmissions.unheard(message)
  }

  #again(message: Inbound, now: number): void {
    this.#ports.counters.retransmissions++
    const elsewhere = message.publisher !== this
    if (elsewhere) message.bytesBehind = 0
    message.publisher = this
    // one that waits here already is held no longer
    if (elsewhere || !this.#fifo.includes(message)) message.receivedAt = now
    switch (message.state) {
      case 'storing':
        // joins those who wait; on this connection it waits already
        if (elsewhere) {
          this.#fifo.push(message)
          this.#ports.busy(this)
        }
        // a pool that was replaced may never answer
        if (message.parts.some((part) => !part.answered && this.#ports.rules().pools.get(part.share.pool.name) !== part.share.pool)) {
          abandon(message)
          this.#store(message)
        }
        break
      case 'stored':
        if (message.received && !elsewhere && !this.#fifo.includes(message)) this.#link?.pubrec(message.packetId)
        else if (!this.#fifo.includes(message)) {
          this.#fifo.push(message)
          this.#advance()
        }
        break
      case 'refused':
      case 'abandoned':
        if (!this.#fifo.includes(message)) this.#fifo.push(message)
        this.#store(message)
        break
      default: message.state satisfies never
    }
  }

  #store(message: Inbound): void {
    const rules = this.#ports.rules()
    const { record } = message
    const steps = stepsFor(rules.program, 'message.publish', record.topic)
    message.state = 'storing'
    message.passed = false
    message.parts = NONE
    message.placed = NONE
    message.retainedInRedis = record.retain && keepsRetained(rules, record.topic)
    if (steps.length > 0) {
      this.#ports.outcomes.matched(steps)
      const shares = effectsOf(rules, steps, new PublishEvent(record, this.username, rules.program.settings.nodeName))
      const [only] = shares
      // nearly always
      if (only !== undefined && shares.length === 1) message.parts = [this.#part(rules, message, only, true)]
      else if (only !== undefined) message.parts = shares.map((share) => this.#part(rules, message, share, false))
    }
    message.waiting = message.parts.length
    if (message.waiting === 0) {
      message.state = 'stored'
      this.#advance()
      if (this.#fifo.length > 0 && this.#fifo.at(-1) === message) this.#waitsBehind(message)
      return
    }
    this.#ports.busy(this)
    const { parts } = message
    for (const part of parts) {
      const { pool } = part.share
      if (pool.pendingBytes > MOST_PENDING_BYTES && part.hold) {
        if (this.#link === undefined) return this.#giveUpWill(message)
        abandon(message)
        this.#fifo.splice(this.#fifo.indexOf(message), 1)
        this.#leave(message)
        this.#link.close('held')
        return
      }
    }
    for (const part of parts) part.share.pool.submit(part)
    if (this.#fifo.length >= PENDING_MESSAGES || parts.some((part) => part.share.pool.pendingBytes > PENDING_BYTES)) this.#pause()
  }

  #part(rules: Rules, message: Inbound, share: PoolEffects, isWhole: boolean): Part {
    const hold = message.record.qos > 0 && rules.program.pools.get(share.pool.name)?.onFailure !== 'pass'
    return new Part({ message, share, order: this.#order, hold, isWhole, settle: this.#settle })
  }

  /** A pool counts what it was given; what waits for the message before it only is counted here. */
  #waitsBehind(message: Inbound): void {
    message.bytesBehind = MESSAGE_BYTES + message.record.payload.length + message.record.topic.length
    this.#bytesBehind += message.bytesBehind
    if (this.#bytesBehind > BEHIND_BYTES) this.#pause()
  }

  readonly #settle = (message: Inbound, part: Part, outcomes: readonly Outcome[]): void => {
    const { share } = part
    this.#ports.outcomes.report(share.steps, outcomes)
    if (!message.parts.includes(part) && !this.#takeLate(message, part, outcomes)) return
    for (let i = 0; i < outcomes.length; i++) {
      const outcome = outcomes[i]
      const effect = share.effects[i]
      if (outcome === undefined || effect === undefined) continue
      if (outcome.ok) {
        if (effect.kind === 'store') message.placed = placedToo(message.placed, { pool: share.pool, kind: 'log', stored: outcome.stored })
        else if (effect.kind === 'latest') message.placed = placedToo(message.placed, { pool: share.pool, kind: 'latest', stored: undefined })
      } else if (outcome.failure === 'passing' && !part.hold) {
        message.passed ||= message.record.qos > 0
      } else if (message.record.qos > 0 && (outcome.failure === 'passing' || effect.kind !== 'command')) {
        // passing although it holds: the pool was closed before it was stored
        if (this.#link !== undefined) message.state = 'refused'
        else this.#ports.counters.willsUnstored++
      }
    }
    message.waiting--
    if (message.waiting > 0) return
    if (message.state !== 'refused') message.state = 'stored'
    const owner = message.publisher ?? this
    owner.#advance()
    if (owner !== this) this.#advance()
    // what waits behind another message is no longer the end of its topic when its turn comes: who reads it there knows
    if (!message.routed) message.placed = message.placed.map((place) => place.stored === undefined ? place : { ...place, stored: { ...place.stored, prev: undefined } })
  }

  /**
   * What was given up had left: if all of it was done, that counts. A later try must not do it again, because what was
   * stored may have been consumed meanwhile; if it has not left yet, it need not.
   */
  #takeLate(message: Inbound, { isWhole, share: { pool } }: Part, outcomes: readonly Outcome[]): boolean {
    const waits = message.state === 'abandoned' || message.state === 'storing'
    if (!waits || !isWhole || this.#ports.rules().pools.get(pool.name) !== pool || !outcomes.every(({ ok }) => ok)) return false
    for (const later of message.parts) later.cancelled = true
    message.parts = NONE
    message.placed = NONE
    message.waiting = 1
    return true
  }

  /** Releases from the head, so that acknowledgements leave in order [MQTT-4.6.0-2]. */
  #advance(): void {
    let head = this.#fifo[0]
    while (head !== undefined && (head.state === 'stored' || head.state === 'refused')) {
      this.#fifo.shift()
      this.#release(head)
      head = this.#fifo[0]
    }
    this.#letQos0Pass()
    if (this.#paused && this.#fifo.length < PENDING_MESSAGES / 2 && this.#bytesBehind <= BEHIND_BYTES / 2) this.#resume()
  }

  /** While the head is held, QoS 0 is not (SPEC 4.2). */
  #letQos0Pass(): void {
    const head = this.#fifo[0]
    if (head === undefined || !head.parts.some((part) => !part.answered && !part.share.pool.ready)) return
    for (let i = 1; i < this.#fifo.length;) {
      const message = this.#fifo[i]
      if (message !== undefined && message.record.qos === 0 && message.state !== 'storing') {
        this.#fifo.splice(i, 1)
        this.#release(message)
      } else i++
    }
  }

  #release(message: Inbound): void {
    this.#bytesBehind -= message.bytesBehind
    message.bytesBehind = 0
    if (message.state === 'refused') {
      // it will be sent again, so it goes nowhere now
      if (message.publisher !== undefined && message.publisher !== this) return
      const isOpen = message.publisher === this
      this.#leave(message)
      if (!isOpen) return
      // nor is anything behind it acknowledged on a connection that is about to end
      this.close()
      this.#ports.counters.publishersRefused++
      this.#link?.close('store_refused')
      return
    }
    if (!message.routed) {
      message.routed = true
      if (message.passed) this.#ports.counters.publishesPassed++
      this.#ports.route(message.record, message.placed, message.retainedInRedis)
    }
    message.placed = NONE
    message.parts = NONE
    if (this.#closed || message.publisher !== this || this.#link === undefined) {
      if (message.publisher === undefined) this.#ports.retransmissions.unheard(message)
      return
    }
    if (message.record.qos === 1) {
      this.#ports.retransmissions.delete(this.#mine(), message.packetId)
      this.#link.puback(message.packetId)
    } else if (message.record.qos === 2) {
      this.#ports.retransmissions.received(message)
      this.#link.pubrec(message.packetId)
    }
  }

  /** A will is not held for ever: it goes on unstored, counted. */
  #giveUpWill(will: Inbound): void {
    this.#fifo.shift()
    abandon(will)
    this.#ports.counters.willsUnstored++
    will.routed = true
    this.#ports.route(will.record, [], will.retainedInRedis)
  }

  #pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.#link?.pause()
  }

  #resume(): void {
    const stillFull = this.#fifo.some((message) => message.parts.some((part) => !part.answered && part.share.pool.pendingBytes > PENDING_BYTES))
    if (stillFull) return
    this.#paused = false
    this.#link?.resume()
  }
}

/** Nobody waits for it here any more: what has not left for Redis need not. */
function abandon(message: Inbound): void {
  if (message.state !== 'storing') return
  message.state = 'abandoned'
  for (const part of message.parts) part.cancelled = true
  message.parts = NONE
}

function placedToo(placed: readonly Placed[], place: Placed): readonly Placed[] {
  return placed.length === 0 ? [place] : [...placed, place]
}
