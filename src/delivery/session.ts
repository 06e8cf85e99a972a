import type { MessageRecord } from '../actions/message-record.ts'
import type { Counters } from '../engine/counters.ts'
import type { Cover } from './coverage.ts'
import { LatestLane } from './latest-lane.ts'
import { LogLane } from './log-lane.ts'
import type { Lane, LaneOwner, Origin, Outgoing } from './outgoing.ts'
import type { Clock, Link, Pool } from './ports.ts'
import { RunList } from './run-list.ts'

/** One granted subscription. */
export interface Subscription {
  readonly filter: string
  qos: 0 | 1 | 2
  /** By the client's own SUBSCRIBE on this connection; a proxy subscription does not change it. */
  own: boolean
  /** Which pools serve it, under the program of now. */
  covers: readonly Cover[]
}

/** A QoS 1 or 2 message on its way to the client. Bodies of covered ones stay in the store. */
export interface InFlight {
  readonly packetId: number
  readonly msgid: string
  readonly topic: string
  readonly qos: 1 | 2
  readonly retain: boolean
  readonly origin: Origin | undefined
  /** Only of what no rule covers. */
  readonly record: MessageRecord | undefined
  /** PUBREC was received: PUBREL instead of PUBLISH from now on [MQTT-4.3.3-1]. */
  released: boolean
}

/** What a session needs of the delivery around it. */
export interface SessionPorts {
  readonly clock: Clock
  readonly counters: Counters
  maxInflight(): number
  maxMqueueLen(): number
  /** Highest QoS granted for the topic among the filters that match [MQTT-3.3.5-1]. */
  granted(session: Session, topic: string): 0 | 1 | 2
  /** The session has something to do at the end of this turn. */
  wants(session: Session): void
  delivered(session: Session, msgid: string, topic: string, qos: 0 | 1 | 2): void
  acked(session: Session, message: InFlight): void
}

/** Milliseconds until a read that Redis refused is tried again. */
const RETRY_MS = 1000

const MEMORY = 'memory'

/**
 * What one client is owed (DELIVERY 3): its subscriptions, the lanes of its connection, the window
 * of what is in flight, and a bounded queue for what no rule covers. Offline, only subscriptions,
 * window, queue and positions remain; everything else is read again.
 */
export class Session implements LaneOwner {
  readonly clientid: string
  readonly clean: boolean
  readonly subscriptions = new Map<string, Subscription>()
  username: string | undefined
  /** Since when the socket has not taken what waits, in the clock's milliseconds. */
  stuckSince: number | undefined

  readonly #ports: SessionPorts
  #link: Link | undefined
  #phase: 'offline' | 'opening' | 'replay' | 'open' = 'offline'
  readonly #lanes = new Map<string, Lane[]>()
  readonly #hungry = new Set<Lane>()
  /** Who may send next; each source once. */
  #turns: (Lane | typeof MEMORY)[] = []
  readonly #inTurn = new Set<Lane | typeof MEMORY>()
  readonly #inFlight = new Map<number, InFlight>()
  readonly #inFlightIds = new Set<string>()
  #lastPacketId = 0
  #mqueue: Outgoing[] = []
  /** What waits behind a lane of its topic that is no longer covered. */
  readonly #tails = new Map<string, Outgoing[]>()
  readonly #runs = new Map<Pool, Map<string, RunList>>()
  /** Covers lost by a reload while nothing was read: served to their end at the next connection. */
  #drains: { readonly topic: string, readonly cover: Cover }[] = []
  /** Bodies read for the replay. */
  readonly #bodies = new Map<string, MessageRecord | undefined>()
  /** Retained lookups on their way: the retained messages that went out live meanwhile. */
  readonly #lookups = new Map<string, { count: number, readonly live: Set<string> }>()

  constructor(options: { readonly clientid: string, readonly clean: boolean, readonly ports: SessionPorts }) {
    this.clientid = options.clientid
    this.clean = options.clean
    this.#ports = options.ports
  }

  get link(): Link | undefined {
    return this.#link
  }

  get connected(): boolean {
    return this.#link !== undefined
  }

  // --- connection

  /** The client is there; nothing is sent before {@link open}. */
  attach(link: Link): void {
    this.#link = link
    this.#phase = 'opening'
    this.stuckSince = undefined
  }

  /** CONNACK is on the wire: first what was in flight, then the rest [MQTT-4.4.0-1]. */
  open(): void {
    if (this.#phase !== 'opening') return
    for (const subscription of this.subscriptions.values()) {
      subscription.own = false
      this.fetch(subscription)
    }
    for (const { topic, cover } of this.#drains.splice(0)) this.#openLane(topic, cover).draining = true
    if (this.#mqueue.length > 0) this.#takesTurn(MEMORY)
    this.#phase = 'replay'
    this.#replay()
  }

  /** The connection is gone. What is in flight and the positions stay; what was read is forgotten. */
  detach(): void {
    this.#link = undefined
    this.#phase = 'offline'
    this.stuckSince = undefined
    this.#bodies.clear()
    this.#lookups.clear()
    for (const lanes of this.#lanes.values()) {
      for (const lane of lanes) {
        if (lane.draining) this.#drains.push({ topic: lane.topic, cover: coverOf(lane) })
        lane.retire()
      }
    }
    this.#lanes.clear()
    this.#hungry.clear()
    this.#turns = []
    this.#inTurn.clear()
    for (const topic of [...this.#tails.keys()]) this.#untail(topic)
  }

  /** The socket takes bytes again. */
  drained(): void {
    this.stuckSince = undefined
    this.pump()
  }

  // --- what is owed

  /** Reads what the store holds for a subscription: its lanes begin, or look again. */
  fetch(subscription: Subscription): void {
    for (const cover of subscription.covers) {
      const lane = this.lane(cover.pool, subscription.filter, laneKind(cover))
      if (lane === undefined) this.#openLane(subscription.filter, cover).draining = !cover.stored
      else {
        if (cover.stored) lane.draining = false
        lane.again(!cover.acked)
      }
    }
  }

  lane(pool: Pool, topic: string, kind: Lane['kind']): Lane | undefined {
    return this.#lanes.get(topic)?.find((lane) => lane.pool === pool && lane.kind === kind)
  }

  logLane(pool: Pool, topic: string): LogLane | undefined {
    const lane = this.lane(pool, topic, 'log')
    return lane instanceof LogLane ? lane : undefined
  }

  /** A message was stored in a pool's log. True: the store owes it to this session, memory does not. */
  wakeLog(pool: Pool, record: MessageRecord, score: number | undefined, prev: number | undefined): boolean {
    const lane = this.logLane(pool, record.topic) ?? this.#missingLane(pool, record.topic, 'log')
    if (lane instanceof LogLane) {
      if (lane.draining) return false
      lane.wake(score, prev, record)
      return true
    }
    return this.#isCovered(pool, record.topic, 'log')
  }

  /** A message became a pool's latest of its topic. */
  wakeLatest(pool: Pool, record: MessageRecord): boolean {
    const lane = this.lane(pool, record.topic, 'latest') ?? this.#missingLane(pool, record.topic, 'latest')
    if (lane instanceof LatestLane) {
      if (lane.draining) return false
      lane.wake(record)
      return true
    }
    return this.#isCovered(pool, record.topic, 'latest')
  }

  /** A message that no rule covers: kept in memory until its turn, the oldest goes when there are too many. */
  enqueue(record: MessageRecord, qos: 1 | 2, retain: boolean): void {
    const outgoing: Outgoing = { record, qos, retain, origin: undefined }
    const draining = this.#lanes.get(record.topic)?.some((lane) => lane.draining) === true
    if (draining) {
      const tail = this.#tails.get(record.topic) ?? []
      tail.push(outgoing)
      this.#tails.set(record.topic, this.#bounded(tail))
      return
    }
    this.#mqueue.push(outgoing)
    this.#mqueue = this.#bounded(this.#mqueue)
    if (this.connected) this.#takesTurn(MEMORY)
  }

  /** At once or never: QoS 0 is not kept. */
  sendQos0(record: MessageRecord, retain: boolean): void {
    if (this.#link === undefined || this.#phase === 'opening') return
    if (!this.#link.writable) {
      this.#ports.counters.qos0Dropped++
      this.#noteStuck()
      return
    }
    this.#link.publish({ topic: record.topic, payload: record.payload, qos: 0, retain, dup: false, packetId: 0 })
    this.#ports.delivered(this, record.id, record.topic, 0)
  }

  /** A retained message for a new subscription, outside of any log. */
  sendRetained(record: MessageRecord, granted: 0 | 1 | 2): void {
    const qos = record.qos < granted ? record.qos : granted
    if (qos === 0) this.sendQos0(record, true)
    else this.enqueue(record, qos, true)
  }

  /** Filters came or went: the lanes learn what is granted now. */
  regrant(): void {
    for (const [topic, lanes] of this.#lanes) {
      const granted = this.#ports.granted(this, topic)
      if (granted > 0) for (const lane of lanes) lane.granted = granted === 2 ? 2 : 1
    }
  }

  // --- retained lookups

  /** A lookup for a topic is on its way; returns its end, which tells what went out live meanwhile. */
  lookup(topic: string): () => ReadonlySet<string> {
    const pending = this.#lookups.get(topic) ?? { count: 0, live: new Set<string>() }
    pending.count++
    this.#lookups.set(topic, pending)
    return () => {
      pending.count--
      if (pending.count === 0 && this.#lookups.get(topic) === pending) this.#lookups.delete(topic)
      return pending.live
    }
  }

  /** A message with the retain flag is about to go out live. */
  noteLiveRetained(record: MessageRecord): void {
    this.#lookups.get(record.topic)?.live.add(record.id)
  }

  retainedAlone(record: MessageRecord): void {
    const granted = this.subscriptions.get(record.topic)?.qos
    if (granted !== undefined) this.sendRetained(record, granted)
  }

  // --- acknowledgements

  /** PUBACK [MQTT-4.3.2-1]. An unknown packet id is no error: the message may have gone with its session. */
  puback(packetId: number): void {
    const message = this.#inFlight.get(packetId)
    if (message?.qos === 1) this.#finish(message)
  }

  /** PUBREC: from now on PUBREL, never PUBLISH again; an unknown one is answered too [MQTT-4.3.3-1]. */
  pubrec(packetId: number): void {
    const message = this.#inFlight.get(packetId)
    if (message?.qos === 1) return
    if (message !== undefined) message.released = true
    this.#link?.pubrel(packetId)
  }

  /** PUBCOMP: only now a QoS 2 message is acknowledged (DELIVERY 5: at PUBREC it could be lost). */
  pubcomp(packetId: number): void {
    const message = this.#inFlight.get(packetId)
    if (message?.qos === 2 && message.released) this.#finish(message)
  }

  // --- what the pools tell

  poolBack(pool: Pool, sameData: boolean): void {
    for (const lanes of this.#lanes.values()) {
      for (const lane of lanes) {
        if (lane.pool !== pool) continue
        if (sameData) lane.doubt()
        else lane.forget()
        this.hungry(lane)
      }
    }
    if (!sameData) for (const run of this.#runs.get(pool)?.values() ?? []) run.forgetScores()
    if (this.#phase === 'replay') this.#replay()
    this.#ports.wants(this)
  }

  /** The slow tick: another broker may have stored what no wake told of. */
  doubtAll(): void {
    for (const lanes of this.#lanes.values()) for (const lane of lanes) lane.doubt()
  }

  // --- reload

  /** New rules: lanes begin, go on, or run out. */
  recover(subscription: Subscription, covers: readonly Cover[]): void {
    const before = subscription.covers
    subscription.covers = covers
    const topic = subscription.filter
    const lost = before.filter((old) => old.stored && !covers.some((cover) => cover.stored && sameLane(old, cover)))
    if (!this.connected) {
      for (const cover of lost) this.#drains.push({ topic, cover })
      return
    }
    for (const cover of lost) {
      const lane = this.lane(cover.pool, topic, laneKind(cover))
      if (lane === undefined) continue
      lane.draining = true
      lane.doubt()
    }
    for (const cover of covers) {
      if (!cover.stored) continue
      const lane = this.lane(cover.pool, topic, laneKind(cover))
      if (lane instanceof LogLane && sameKind(lane, cover)) {
        lane.run = cover.positions ? this.#run(cover.pool, topic) : undefined
        continue
      }
      if (before.some((old) => old.stored && sameLane(old, cover))) continue
      this.#openLane(topic, cover, { fresh: true })
    }
    this.#ports.wants(this)
  }

  /** Nothing of this pool is read, in flight, or waited for. */
  isFreeOf(pool: Pool): boolean {
    for (const lanes of this.#lanes.values()) if (lanes.some((lane) => lane.pool === pool)) return false
    for (const message of this.#inFlight.values()) if (message.origin?.pool === pool) return false
    return !this.#drains.some(({ cover }) => cover.pool === pool)
  }

  /** The pool is closed for good: what it still held stays there. */
  abandon(pool: Pool): void {
    this.#drains = this.#drains.filter(({ cover }) => cover.pool !== pool)
    this.#runs.delete(pool)
    for (const lanes of [...this.#lanes.values()]) {
      for (const lane of [...lanes]) {
        if (lane.pool !== pool) continue
        lane.retire()
        this.ended(lane)
      }
    }
  }

  /** The last filter that covered the topic is gone: what is in flight is finished, no more. */
  retireLanes(topic: string): void {
    for (const lane of this.#lanes.get(topic) ?? []) {
      lane.retire()
      this.#hungry.delete(lane)
    }
    this.#lanes.delete(topic)
    this.#untail(topic)
  }

  // --- LaneOwner

  isInFlight(msgid: string): boolean {
    return this.#inFlightIds.has(msgid)
  }

  isQueued(msgid: string): boolean {
    if (this.#mqueue.length === 0 && this.#tails.size === 0) return false
    const waits = (queue: readonly Outgoing[]) => queue.some(({ record }) => record.id === msgid)
    return waits(this.#mqueue) || [...this.#tails.values()].some(waits)
  }

  hungry(lane: Lane): void {
    this.#hungry.add(lane)
    this.#ports.wants(this)
  }

  fed(lane: Lane): void {
    this.#takesTurn(lane)
  }

  ended(lane: Lane): void {
    const lanes = this.#lanes.get(lane.topic)?.filter((other) => other !== lane) ?? []
    if (lanes.length > 0) this.#lanes.set(lane.topic, lanes)
    else this.#lanes.delete(lane.topic)
    this.#hungry.delete(lane)
    if (!lanes.some((other) => other.draining)) this.#untail(lane.topic)
    // those that waited for it
    for (const other of lanes) this.#takesTurn(other)
  }

  later(callback: () => void): void {
    const link = this.#link
    this.#ports.clock.after(RETRY_MS, () => {
      if (this.#link === link) callback()
    })
  }

  // --- sending

  /** Sends while the window is open and the socket takes bytes; then lets the lanes read. */
  pump(): void {
    if (this.#phase !== 'open') return
    const waiting: Lane[] = []
    while (this.#windowOpen) {
      const source = this.#turns.shift()
      if (source === undefined) break
      const outgoing = source === MEMORY ? this.#mqueue.shift() : source.ready ? source.take() : undefined
      if (outgoing !== undefined) this.#send(outgoing)
      if (source === MEMORY ? this.#mqueue.length > 0 : source.ready) this.#turns.push(source)
      else if (source !== MEMORY && source.waiting) waiting.push(source)
      else this.#inTurn.delete(source)
    }
    // they have their turn again at the next pump
    this.#turns.push(...waiting)
    if (this.#windowOpen) {
      for (const lane of [...this.#hungry]) if (lane.read()) this.#hungry.delete(lane)
    } else if (this.#turns.length > 0) this.#noteStuck()
  }

  get #windowOpen(): boolean {
    return this.#link !== undefined && this.#link.writable && this.#inFlight.size < this.#ports.maxInflight()
  }

  #send(outgoing: Outgoing): void {
    const link = this.#link
    if (link === undefined) throw new Error('nothing is sent without a connection')
    const { record, qos, retain, origin } = outgoing
    const packetId = qos === 0 ? 0 : this.#nextPacketId()
    if (qos > 0) {
      this.#inFlight.set(packetId, {
        packetId, msgid: record.id, topic: record.topic, qos: qos === 2 ? 2 : 1, retain, origin,
        record: origin === undefined ? record : undefined, released: false,
      })
      this.#inFlightIds.add(record.id)
    } else origin?.run?.done(record.id)
    link.publish({ topic: record.topic, payload: record.payload, qos, retain, dup: false, packetId })
    this.#ports.delivered(this, record.id, record.topic, qos)
  }

  #nextPacketId(): number {
    do this.#lastPacketId = this.#lastPacketId % 65_535 + 1
    while (this.#inFlight.has(this.#lastPacketId))
    return this.#lastPacketId
  }

  #finish(message: InFlight): void {
    this.#inFlight.delete(message.packetId)
    this.#inFlightIds.delete(message.msgid)
    this.#ports.acked(this, message)
    this.#ports.wants(this)
  }

  /** Re-sends what was in flight, in its order, with its packet ids and DUP; PUBRELs too [MQTT-4.4.0-1]. */
  #replay(): void {
    const missing = [...this.#inFlight.values()].filter((message) =>
      message.record === undefined && !message.released && !this.#bodies.has(message.msgid))
    if (missing.length > 0) {
      for (const [pool, messages] of groupByPool(missing)) this.#readBodies(pool, messages)
      return
    }
    const link = this.#link
    if (link === undefined) return
    for (const message of [...this.#inFlight.values()]) {
      if (message.released) {
        link.pubrel(message.packetId)
        continue
      }
      const record = message.record ?? this.#bodies.get(message.msgid)
      if (record === undefined) {
        // expired, or another subscriber of the queue acknowledged it: the packet id is free
        this.#inFlight.delete(message.packetId)
        this.#inFlightIds.delete(message.msgid)
        message.origin?.run?.done(message.msgid)
        continue
      }
      link.publish({
        topic: message.topic, payload: record.payload, qos: message.qos, retain: message.retain, dup: true,
        packetId: message.packetId,
      })
      this.#ports.delivered(this, message.msgid, message.topic, message.qos)
    }
    this.#bodies.clear()
    this.#phase = 'open'
    this.#ports.wants(this)
  }

  #readBodies(pool: Pool, messages: readonly InFlight[]): void {
    const link = this.#link
    const answer = (records: readonly (MessageRecord | undefined)[] | Error, of: readonly InFlight[]) => {
      if (this.#link !== link || this.#phase !== 'replay') return
      if (records instanceof Error) {
        // an absent pool asks again when it is back
        if (pool.ready) this.later(() => this.#replay())
        return
      }
      of.forEach((message, i) => this.#bodies.set(message.msgid, records[i]))
      this.#replay()
    }
    if (!pool.ready) return
    const logged = messages.filter((message) => message.origin?.kind === 'log')
    if (logged.length > 0) pool.bodies(logged.map((message) => message.msgid), (records) => answer(records, logged))
    for (const message of messages) {
      if (message.origin?.kind !== 'latest') continue
      pool.latest(message.topic, (found) => answer(
        found instanceof Error ? found : [found?.id === message.msgid ? found : undefined], [message]))
    }
  }

  // --- inside

  #openLane(topic: string, cover: Cover, options: { readonly fresh?: boolean } = {}): Lane {
    const { fresh = false } = options
    const granted = this.#ports.granted(this, topic) === 2 ? 2 : 1
    const lane: Lane = cover.kind === 'latest'
      ? new LatestLane({ owner: this, pool: cover.pool, topic, granted, fresh })
      : new LogLane({
        owner: this, pool: cover.pool, topic, kind: cover.kind, granted, fresh,
        run: cover.positions ? this.#run(cover.pool, topic) : undefined,
      })
    const earlier = this.#lanes.get(topic) ?? []
    if (fresh) {
      // order within the topic: what drains, and what waits in memory, goes first
      lane.waitsFor.push(() => earlier.some((other) => other.draining && this.#lanes.get(topic)?.includes(other) === true))
      lane.waitsFor.push(() => this.#mqueue.some(({ record }) => record.topic === topic))
    }
    this.#lanes.set(topic, [...earlier, lane])
    if (!fresh) this.hungry(lane)
    return lane
  }

  /** Covered and connected, but without a lane: a cold one is always right. */
  #missingLane(pool: Pool, topic: string, kind: Lane['kind']): Lane | undefined {
    if (!this.connected) return undefined
    const subscription = this.subscriptions.get(topic)
    if (subscription === undefined || subscription.qos === 0) return undefined
    const cover = subscription.covers.find((candidate) => candidate.pool === pool && candidate.stored && laneKind(candidate) === kind)
    return cover === undefined ? undefined : this.#openLane(topic, cover)
  }

  #isCovered(pool: Pool, topic: string, kind: Lane['kind']): boolean {
    const subscription = this.subscriptions.get(topic)
    return subscription !== undefined && subscription.qos > 0
      && subscription.covers.some((cover) => cover.pool === pool && cover.stored && laneKind(cover) === kind)
  }

  #run(pool: Pool, topic: string): RunList {
    let runs = this.#runs.get(pool)
    if (runs === undefined) {
      runs = new Map()
      this.#runs.set(pool, runs)
    }
    let run = runs.get(topic)
    if (run === undefined) {
      run = new RunList()
      runs.set(topic, run)
    }
    return run
  }

  #takesTurn(source: Lane | typeof MEMORY): void {
    this.#ports.wants(this)
    if (this.#inTurn.has(source)) return
    this.#inTurn.add(source)
    this.#turns.push(source)
  }

  #untail(topic: string): void {
    const tail = this.#tails.get(topic)
    if (tail === undefined) return
    this.#tails.delete(topic)
    this.#mqueue = this.#bounded([...this.#mqueue, ...tail])
    if (this.connected) this.#takesTurn(MEMORY)
  }

  #bounded(queue: Outgoing[]): Outgoing[] {
    const surplus = queue.length - this.#ports.maxMqueueLen()
    if (surplus <= 0) return queue
    this.#ports.counters.mqueueDropped += surplus
    return queue.slice(surplus)
  }

  #noteStuck(): void {
    if (this.#link?.writable === false) this.stuckSince ??= this.#ports.clock.now()
  }
}

function laneKind(cover: Cover): Lane['kind'] {
  return cover.kind === 'latest' ? 'latest' : 'log'
}

function sameLane(a: Cover, b: Cover): boolean {
  return a.pool === b.pool && a.kind === b.kind
}

function sameKind(lane: LogLane, cover: Cover): boolean {
  return lane.logKind === cover.kind
}

function coverOf(lane: Lane): Cover {
  return {
    pool: lane.pool, kind: lane instanceof LogLane ? lane.logKind : 'latest', stored: false, acked: true,
    positions: lane instanceof LogLane && lane.run !== undefined,
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
