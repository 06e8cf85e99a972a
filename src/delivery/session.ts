import type { MessageRecord } from '../actions/message-record.ts'
import type { Rules } from '../engine/rules.ts'
import type { Step } from '../plan/program.ts'
import { AckedLately } from './acked-lately.ts'
import type { Group } from './group.ts'
import { Lanes, type LanesOwner } from './lanes.ts'
import { LazyMap, LazySet } from './lazy.ts'
import { LiveRetained } from './live-retained.ts'
import { HeldBytes, type MemoryBudget } from './memory-queue.ts'
import type { Lane, Origin, Outgoing } from './outgoing.ts'
import type { Clock, Link, Placed, Pool } from './ports.ts'
import { Replay, type ReplayOwner } from './replay.ts'
import { SessionMemory, type SessionMemoryPorts } from './session-memory.ts'
import type { Subscription } from './subscription.ts'
import { type InFlight, Window } from './window.ts'

/** What a session needs of the delivery around it. */
export interface SessionPorts extends SessionMemoryPorts {
  readonly clock: Clock
  readonly budget: MemoryBudget
  /** Busy lanes that one session may have now. */
  laneShare(): number
  maxInflight(): number
  rules(): Rules
  /** Highest QoS granted for the topic among the filters that match [MQTT-3.3.5-1]. */
  granted(session: Session, topic: string): 0 | 1 | 2
  /** The session has something to do at the end of this turn. */
  wants(session: Session): void
  delivered(session: Session, msgid: string, topic: string, qos: 0 | 1 | 2): void
  brought(steps: readonly Step[], times: number): void
  refused(steps: readonly Step[], error: Error): void
  /** `position`: the msgid to which the client's position moves; absent while an older message is out. */
  acked(session: Session, message: InFlight, position: string | undefined): void
  /** What was acknowledged behind a message that is stored no longer: there the client's position moves. */
  passed(session: Session, origin: Origin, topic: string, position: string): void
}

/** Milliseconds until a read that Redis refused is tried again. */
const RETRY_MS = 1000

const MEMORY = 'memory'

/**
 * What one client is owed (DELIVERY 3): its subscriptions, the lanes of its connection, the window
 * of what is in flight, and a bounded queue for what no rule covers. Offline, only subscriptions,
 * window, queue and positions remain; everything else is read again.
 */
export class Session implements LanesOwner, ReplayOwner {
  readonly clientid: string
  readonly clean: boolean
  readonly shared = false
  readonly subscriptions = new LazyMap<string, Subscription>()
  /** Shared subscriptions that it is a member of; kept by them. */
  readonly groups = new LazySet<Group>()
  username: string | undefined
  /** Characters of the filters in `subscriptions`. */
  filterLength = 0
  /** Since when its client is away, in the clock's milliseconds; absent while it is connected. */
  awaySince: number | undefined
  /** Since when the socket has not taken what waits, in the clock's milliseconds. */
  stuckSince: number | undefined

  readonly #ports: SessionPorts
  #lanes: Lanes | undefined
  #link: Link | undefined
  #phase: 'offline' | 'opening' | 'replay' | 'open' = 'offline'
  /** It will not come back. */
  #ended = false
  /** Who may send next; each source once. */
  #turns: (Lane | typeof MEMORY)[] = []
  readonly #inTurn = new LazySet<Lane | typeof MEMORY>()
  /** What is in flight. */
  readonly window = new Window()
  readonly #replay: Replay
  readonly #acked = new AckedLately()
  /** What uncovered messages take, waiting and in flight. */
  readonly held: HeldBytes
  readonly #memory: SessionMemory
  /** Of this connection, made for the first. */
  #lookups: LiveRetained | undefined
  /** Which retained messages are asked for and not answered: asked once, however often the client subscribes. */
  readonly asked = new LazySet<string>()

  constructor(options: { readonly clientid: string, readonly clean: boolean, readonly ports: SessionPorts }) {
    this.clientid = options.clientid
    this.clean = options.clean
    this.#ports = options.ports
    this.held = new HeldBytes(options.ports.budget)
    this.#memory = new SessionMemory(this.held, options.ports)
    this.#replay = new Replay(this)
  }

  /** Made when they are asked for first: many clients only publish, and empty ones are a tenth of a connection. */
  get lanes(): Lanes {
    return this.#lanes ??= new Lanes(this)
  }

  /** It has lanes, or had. */
  get hasLanes(): boolean {
    return this.#lanes !== undefined
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
    this.#replay.attach()
    this.stuckSince = undefined
    this.awaySince = undefined
  }

  /** CONNACK is on the wire: first what was in flight, then the rest [MQTT-4.4.0-1]. */
  open(): void {
    if (this.#phase !== 'opening') return
    for (const subscription of this.subscriptions.values()) {
      subscription.own = false
      if (subscription.group === undefined) this.lanes.fetch(subscription)
      else subscription.group.here()
    }
    this.#lanes?.attach()
    if (this.#memory.hasSome) this.#takesTurn(MEMORY)
    this.#phase = 'replay'
    this.#replay.run()
  }

  /** The session is gone for good. */
  end(): void {
    if (this.connected) this.detach()
    this.#ended = true
    for (const group of this.window.groups) group.gone(this)
    this.held.clear()
  }

  /** The connection is gone. What is in flight and the positions stay; what was read is forgotten. */
  detach(): void {
    this.#link = undefined
    this.#phase = 'offline'
    this.stuckSince = undefined
    this.awaySince = this.#ports.clock.now()
    this.#replay.detach()
    this.#lookups = undefined
    this.asked.clear()
    this.#lanes?.detach()
    this.#turns = []
    this.#inTurn.clear()
    this.#memory.detach()
    // it may have left one while it had not acknowledged everything
    for (const group of new Set([...this.groups, ...this.window.groups])) group.gone(this)
  }

  /** The socket takes bytes again. */
  drained(): void {
    this.stuckSince = undefined
    this.pump()
  }

  // --- what is owed

  /** A message that was published: its lanes are woken, or it is served from memory. `granted`: among the filters that match. */
  receive(record: MessageRecord, granted: 0 | 1 | 2, placed: readonly Placed[]): void {
    if (record.retain) this.#lookups?.noteLive(record)
    const qos = record.qos < granted ? record.qos : granted
    if (qos === 0) {
      this.sendQos0(record)
      return
    }
    let covered = false
    for (const { pool, kind, stored } of placed) {
      const owed: boolean = kind === 'log'
        ? this.lanes.wakeLog(pool, record, stored?.score, stored?.prev)
        : !covered && this.lanes.wakeLatest(pool, record)
      covered ||= owed
    }
    if (!covered) this.enqueue(record, qos)
  }

  /** A message that no rule covers: kept in memory until its turn, the oldest goes when there are too many. */
  enqueue(record: MessageRecord, qos: 1 | 2): void {
    const outgoing: Outgoing = { record, qos, retain: false, origin: undefined }
    if (this.lanes.isDraining(record.topic)) {
      this.#memory.pushBehind(outgoing)
      return
    }
    this.#memory.push(outgoing)
    if (this.connected) this.#takesTurn(MEMORY)
  }

  /** At once or never: QoS 0 is not kept. */
  sendQos0(record: MessageRecord): void {
    if (this.#link === undefined || this.#phase === 'opening') return
    if (!this.#link.writable) {
      this.#ports.counters.qos0Dropped++
      this.noteStuck()
      return
    }
    this.#link.publish({ topic: record.topic, payload: record.payload, qos: 0, retain: false, dup: false, packetId: 0 })
    this.#ports.delivered(this, record.id, record.topic, 0)
  }

  /**
   * Retained messages for a new subscription, outside of any log: any number, taken as the window
   * and the socket take them. Those still waiting `from` the same place at the same QoS are replaced.
   */
  sendRetained(from: string, records: Iterable<MessageRecord>, granted: 0 | 1 | 2, bytes = 0): void {
    this.#memory.retained.add(from, records, granted, bytes)
    this.#takesTurn(MEMORY)
  }

  /** One that was looked up: it takes memory until it is sent. */
  sendLookedUp(from: string, record: MessageRecord, granted: 0 | 1 | 2): void {
    this.sendRetained(from, [record], granted, record.payload.length)
  }

  /** More may be looked up: little of what was waits to be sent. */
  get hasRoomForRetained(): boolean {
    return this.#memory.retained.hasRoom
  }

  /** Calls back when nothing waits in memory any more; never, if the connection ends before. */
  whenMemoryEmpty(callback: () => void): void {
    this.#memory.whenEmpty(callback)
    this.#takesTurn(MEMORY)
  }

  // --- retained lookups

  /** A lookup for a filter is on its way, until its end. `wentOut`: the message went out live meanwhile. */
  lookup(filter: string): ReturnType<LiveRetained['begin']> {
    this.#lookups ??= new LiveRetained()
    return this.#lookups.begin(filter)
  }

  retainedAlone(record: MessageRecord): void {
    this.sendLookedUp(record.topic, record, this.granted(record.topic))
  }

  /** A question that is in {@link asked} has its answer. */
  answered(question: string): void {
    this.asked.delete(question)
    this.#link?.answered()
  }

  // --- acknowledgements

  /** PUBACK [MQTT-4.3.2-1]. An unknown packet id is no error: the message may have gone with its session. */
  puback(packetId: number): void {
    const message = this.window.get(packetId)
    if (message?.qos === 1) this.#finish(message)
  }

  /** PUBREC: from now on PUBREL, never PUBLISH again; an unknown one is answered too [MQTT-4.3.3-1]. */
  pubrec(packetId: number): void {
    const message = this.window.get(packetId)
    if (message?.qos === 1) return
    if (message !== undefined) message.released = true
    this.#link?.pubrel(packetId)
  }

  /** PUBCOMP: only now a QoS 2 message is acknowledged (DELIVERY 5: at PUBREC it could be lost). */
  pubcomp(packetId: number): void {
    const message = this.window.get(packetId)
    if (message?.qos === 2 && message.released) this.#finish(message)
  }

  // --- what the pools tell

  poolBack(pool: Pool, options: { readonly sameData: boolean }): void {
    this.#lanes?.poolBack(pool, options)
    if (this.#phase === 'replay') this.#replay.run()
  }

  /** The pool is closed for good: what a replay would read from it is not sent again from there. */
  abandon(pool: Pool): void {
    if (!this.window.hasFrom(pool)) return
    this.#replay.abandon(pool)
    if (this.#phase === 'replay') this.#replay.run()
  }

  /** An older message of the topic is on its way to the client: no position may pass it. */
  hasOlderInFlight(topic: string, msgid: string): boolean {
    return this.window.hasOlder(topic, msgid)
  }

  /** Nothing of this pool is read, in flight, or waited for. */
  isFreeOf(pool: Pool): boolean {
    return !this.window.hasFrom(pool) && (this.#lanes?.isFreeOf(pool) ?? true)
  }

  // --- LanesOwner

  rules(): Rules {
    return this.#ports.rules()
  }

  get laneShare(): number {
    return this.#ports.laneShare()
  }

  granted(topic: string): 0 | 1 | 2 {
    return this.#ports.granted(this, topic)
  }

  isInFlight(msgid: string): boolean {
    return this.window.has(msgid)
  }

  isAckedElsewhere(msgid: string, pool: Pool): boolean {
    return this.#acked.isElsewhere(msgid, pool)
  }

  isQueued(msgid: string): boolean {
    return this.#memory.has(msgid)
  }

  isTopicQueued(topic: string): boolean {
    return this.#memory.hasTopic(topic)
  }

  memoryFree(): void {
    this.#takesTurn(MEMORY)
  }

  wants(): void {
    this.#ports.wants(this)
  }

  fed(lane: Lane): void {
    this.#takesTurn(lane)
  }

  untail(topic: string): void {
    if (this.#memory.untail(topic) && this.connected) this.#takesTurn(MEMORY)
  }

  brought(steps: readonly Step[], times: number): void {
    this.#ports.brought(steps, times)
  }

  refused(steps: readonly Step[], error: Error): void {
    this.#ports.refused(steps, error)
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
      const outgoing = source === MEMORY ? (this.#lanes?.holdsMemory === true ? undefined : this.#memory.take()) : source.ready ? source.take() : undefined
      if (outgoing !== undefined) this.#send(outgoing)
      if (source === MEMORY ? outgoing !== undefined : source.ready) this.#turns.push(source)
      else if (source !== MEMORY && source.waiting) waiting.push(source)
      else this.#inTurn.delete(source)
    }
    // they have their turn again at the next pump
    this.#turns.push(...waiting)
    if (this.#windowOpen) {
      this.#lanes?.read()
      for (const group of this.groups) group.wants()
    } else if (this.#turns.length > 0) this.noteStuck()
  }

  /** Messages that may be sent now before the window is full; 0 while the socket takes none. */
  get room(): number {
    return this.#phase === 'open' && this.#windowOpen ? this.#ports.maxInflight() - this.window.size : 0
  }

  /** Sends a message of a shared subscription; there was room. */
  deliver(outgoing: Outgoing, options: { readonly group: Group, readonly dup: boolean }): void {
    const { origin } = outgoing
    this.#send(origin === undefined ? outgoing : { ...outgoing, origin: { ...origin, group: options.group } }, options.dup)
  }

  /**
   * Gives up what a shared subscription sent and the client has neither acknowledged nor received in full; that too
   * when its session ends, because nobody is left to acknowledge it.
   */
  handBack(group: Group): { readonly msgid: string, readonly topic: string, readonly pool: Pool }[] {
    const back = this.window.messages.filter((message) => message.origin?.group === group && (!message.released || this.#ended))
    return back.flatMap((message) => {
      this.window.remove(message)
      const { msgid, topic, origin } = message
      return origin === undefined ? [] : [{ msgid, topic, pool: origin.pool }]
    })
  }

  get #windowOpen(): boolean {
    return this.#link !== undefined && this.#link.writable && this.window.size < this.#ports.maxInflight()
  }

  #send(outgoing: Outgoing, dup = false): void {
    const link = this.#link
    if (link === undefined) throw new Error('nothing is sent without a connection')
    const { record, qos, retain, origin } = outgoing
    const packetId = qos === 0 ? 0 : this.window.nextPacketId()
    if (qos > 0) {
      this.window.add({
        packetId, msgid: record.id, topic: record.topic, qos: qos === 2 ? 2 : 1, retain, origin,
        record: origin === undefined ? record : undefined, released: false,
      })
      if (origin === undefined) this.held.add(record)
    } else origin?.run?.done(record.id)
    link.publish({ topic: record.topic, payload: record.payload, qos, retain, dup, packetId })
    this.#ports.delivered(this, record.id, record.topic, qos)
  }

  #finish(message: InFlight): void {
    this.window.remove(message)
    if (message.origin === undefined && message.record === undefined) return this.#ports.wants(this)
    if (message.record !== undefined) this.held.remove(message.record)
    const { origin, topic, msgid } = message
    if (this.lanes.readsElsewhere(topic, origin?.pool)) this.noteAcked(msgid, origin?.pool)
    if (origin?.group !== undefined) origin.group.noteAcked(msgid, topic, origin.pool)
    this.#ports.acked(this, message, origin?.run?.done(msgid))
    if (origin?.run !== undefined) this.lanes.runs.letGo(origin.pool, topic)
    this.#ports.wants(this)
  }

  /** See {@link AckedLately.note}. */
  noteAcked(msgid: string, pool: Pool | undefined): void {
    this.#acked.note(msgid, pool)
  }

  // --- ReplayOwner

  get isReplaying(): boolean {
    return this.#phase === 'replay'
  }

  sentAgain({ msgid, topic, qos }: InFlight): void {
    this.#ports.delivered(this, msgid, topic, qos)
  }

  /** The message is stored no longer: it has expired, or another subscriber of the queue acknowledged it. */
  giveUp(message: InFlight): void {
    this.window.disown(message)
    const { origin, topic } = message
    if (origin?.run !== undefined) {
      const position = origin.run.done(message.msgid, 'gone')
      if (position !== undefined && position !== message.msgid && !this.#replay.isAbandoned(origin.pool)) this.#ports.passed(this, origin, topic, position)
      this.lanes.runs.letGo(origin.pool, topic)
    }
  }

  replayed(): void {
    this.#phase = 'open'
    this.#ports.wants(this)
  }

  // --- inside

  #takesTurn(source: Lane | typeof MEMORY): void {
    this.#ports.wants(this)
    if (this.#inTurn.has(source)) return
    this.#inTurn.add(source)
    this.#turns.push(source)
  }

  /** The socket takes nothing although something is to be sent: since when is noted. */
  noteStuck(): void {
    if (this.#link?.writable === false) this.stuckSince ??= this.#ports.clock.now()
  }
}
