import type { MessageRecord } from '../actions/message-record.ts'
import type { Counters } from '../engine/counters.ts'
import type { Events } from '../engine/events.ts'
import type { Rules } from '../engine/rules.ts'
import { sharedFilter } from '../language/topic-filter.ts'
import { stepsFor } from '../plan/match.ts'
import type { Step } from '../plan/program.ts'
import { AwaySessions } from './away-sessions.ts'
import { fetchSteps, keepsRetained } from './coverage.ts'
import { DrainWaiters } from './drain-waiters.ts'
import { Group, type GroupPorts } from './group.ts'
import { LaneShare } from './lane-share.ts'
import { MemoryBudget } from './memory-queue.ts'
import { MissedWakes } from './missed-wakes.ts'
import type { Clock, Link, Placed, Pool } from './ports.ts'
import { RetainedLookups } from './retained-lookups.ts'
import { RetainedMemory } from './retained-memory.ts'
import { SessionHooks } from './session-hooks.ts'
import { Session, type SessionPorts } from './session.ts'
import type { Subscription } from './subscription.ts'
import { SubscriptionTree } from './subscription-tree.ts'

/** A subscriber whose socket does not take what waits is closed after so long (SPEC 4.3). Milliseconds. */
const STUCK_MS = 10_000
/** Topics, and who gets what is published there, that need not be looked for at each message. */
const REMEMBERED = 20_000
/** Another broker's messages are found at least this often. Milliseconds. */
export const SLOW_TICK_MS = 30_000

export interface SessionCounts {
  readonly all: number
  /** They outlive their connection. */
  readonly persistent: number
  readonly connected: number
}

/**
 * Who is owed what. A message that rules cover wakes the lanes of its subscribers, any other goes
 * into their bounded memory; subscriptions, acknowledgements and reloads change what is owed.
 * Knows nothing of sockets or Redis: both are ports.
 */
export class Delivery {
  readonly #events: Events
  readonly #counters: Counters
  readonly #clock: Clock
  readonly #hooks: SessionHooks
  readonly #sessions = new Map<string, Session>()
  readonly #tree = new SubscriptionTree<Session | Group>(REMEMBERED)
  readonly #retained = new RetainedMemory()
  readonly #lookups: RetainedLookups
  readonly #groups = new Map<string, Group>()
  readonly #ports: SessionPorts
  readonly #groupPorts: GroupPorts
  /** Who has something to do when this turn of the event loop ends. */
  readonly #wanting = new Set<Session | Group>()
  readonly #away = new AwaySessions()
  readonly #missedWakes: MissedWakes
  readonly #laneShare = new LaneShare()
  readonly #drains = new DrainWaiters((pool) => this.#isFree(pool))
  #rules: Rules

  constructor(options: { readonly rules: Rules, readonly events: Events, readonly counters: Counters, readonly clock: Clock }) {
    this.#rules = options.rules
    this.#events = options.events
    this.#counters = options.counters
    this.#clock = options.clock
    this.#hooks = new SessionHooks(options.events, options.clock)
    this.#missedWakes = new MissedWakes(options.clock.now(), (pool, topic) => { this.changed(pool, topic) })
    this.#lookups = new RetainedLookups({
      memory: this.#retained, events: options.events, clock: options.clock, rules: () => this.#rules, wants: (session) => { this.#wants(session) },
    })
    const budget = new MemoryBudget(() => this.#sessions.size)
    const counts = {
      brought: (steps: readonly Step[], times: number) => this.#events.brought(steps, times),
      refused: (steps: readonly Step[], error: Error) => this.#events.refused(steps, error),
    }
    this.#ports = {
      clock: options.clock,
      counters: options.counters,
      budget,
      laneShare: () => this.#laneShare.busy,
      maxInflight: () => this.#rules.program.settings.maxInflight,
      maxMqueueLen: () => this.#rules.program.settings.maxMqueueLen,
      granted: (session, topic) => this.#tree.match(topic).find((match) => match.subscriber === session)?.qos ?? 0,
      wants: (session) => this.#wants(session),
      delivered: (session, msgid, topic, qos) => this.#hooks.delivered(this.#rules, session, msgid, topic, qos),
      acked: (session, message, position) => {
        this.#hooks.acked(this.#rules, session, message, position)
        this.#drains.settle()
      },
      passed: (session, origin, topic, position) => this.#hooks.passed(this.#rules, session, origin, topic, position),
      rules: () => this.#rules,
      ...counts,
    }
    this.#groupPorts = {
      clock: options.clock, budget, laneShare: () => this.#laneShare.busy, rules: () => this.#rules, wants: (group) => this.#wants(group), ...counts,
    }
  }

  get rules(): Rules {
    return this.#rules
  }

  /** All that have lanes. */
  *#readers(): Iterable<Session | Group> {
    for (const session of this.#sessions.values()) if (session.hasLanes) yield session
    yield* this.#groups.values()
  }

  // --- sessions

  /** The session of a client, unless it has been away for too long. */
  session(clientid: string): Session | undefined {
    const session = this.#sessions.get(clientid)
    if (session === undefined || !this.#isExpired(session)) return session
    this.#expire(session)
    return undefined
  }

  #isExpired({ awaySince }: Session): boolean {
    return awaySince !== undefined && this.#clock.now() - awaySince >= this.#rules.program.settings.sessionExpiryMs
  }

  /** Nothing of it is unsubscribed (SPEC 2): the client has not asked for that. What Redis holds for it stays there. */
  #expire(session: Session): void {
    this.#counters.sessionsExpired++
    this.#drop(session)
    this.#drains.settle()
  }

  get sessionCounts(): SessionCounts {
    let persistent = 0
    let connected = 0
    for (const session of this.#sessions.values()) {
      if (!session.clean) persistent++
      if (session.connected) connected++
    }
    return { all: this.#sessions.size, persistent, connected }
  }

  /** A client was let in. The session it resumes, or a new one; whatever there was before a clean one is gone [MQTT-3.1.2-6]. */
  attach(client: { readonly clientid: string, readonly clean: boolean, readonly username: string | undefined, readonly link: Link }): { readonly session: Session, readonly resumed: boolean } {
    const { clientid, clean, username, link } = client
    const old = this.session(clientid)
    const resumed = old !== undefined && !clean && !old.clean
    if (old !== undefined && !resumed) this.#drop(old)
    const session = resumed ? old : new Session({ clientid, clean, ports: this.#ports })
    this.#sessions.set(clientid, session)
    session.username = username
    this.#away.delete(session)
    session.attach(link)
    return { session, resumed }
  }

  /** CONNACK is on the wire: what is in flight goes out, and for what a resumed session brings back the fetch rules run. */
  open(session: Session): void {
    for (const subscription of session.subscriptions.values()) {
      this.#hooks.noteSubscribed(session, subscription, { resumed: true })
      this.#events.matched(fetchSteps(this.#rules, subscription.filter))
    }
    session.open()
  }

  /** The connection is gone. A clean session goes with it. */
  detach(session: Session, link: Link): void {
    if (session.link !== link) return
    session.detach()
    if (this.#sessions.get(session.clientid) === session) {
      if (session.clean) this.#drop(session)
      else this.#away.add(session)
    }
    this.#drains.settle()
  }

  #drop(session: Session): void {
    this.#away.delete(session)
    session.end()
    for (const subscription of session.subscriptions.values()) this.#forget(session, subscription)
    session.subscriptions.clear()
    session.filterLength = 0
    this.#wanting.delete(session)
    this.#sessions.delete(session.clientid)
  }

  // --- subscriptions

  /**
   * Grants a subscription whose filter is valid. From here on nothing of it is missed; what is
   * there already comes with {@link subscribed}.
   */
  subscribe(session: Session, filter: string, qos: 0 | 1 | 2, options: { readonly own: boolean }): Subscription {
    const shared = sharedFilter(filter)
    const known = session.subscriptions.get(filter)
    if (known === undefined) session.filterLength += filter.length
    const subscription = known
      ?? { filter, qos, own: options.own, replaced: [], group: shared === undefined ? undefined : this.#group(filter, shared) }
    session.subscriptions.set(filter, subscription)
    subscription.qos = qos
    subscription.own = options.own
    const { group } = subscription
    if (group === undefined) {
      this.#tree.add(filter, session, qos)
      session.lanes.resubscribed(filter)
    } else {
      group.join(session, qos)
      this.#tree.add(group.filter, group, group.qos)
    }
    return subscription
  }

  #group(name: string, filter: string): Group {
    const group = this.#groups.get(name) ?? new Group(filter, this.#groupPorts)
    this.#groups.set(name, group)
    return group
  }

  /** A session's filter no longer counts. */
  #forget(session: Session, { filter, group }: Subscription): void {
    if (group === undefined) {
      this.#tree.remove(filter, session)
      return
    }
    group.leave(session)
    if (group.isEmpty) this.#tree.remove(group.filter, group)
    else this.#tree.add(group.filter, group, group.qos)
    if (group.isOver) this.#groups.delete(filter)
  }

  /** Runs `session.subscribed` for a granted subscription: the whole hook, or for what a resumed session brings back only the fetching ([ours], SPEC 2). */
  subscribed(session: Session, subscription: Subscription, options: { readonly resumed: boolean }): void {
    const { filter } = subscription
    this.#hooks.noteSubscribed(session, subscription, options)
    if (options.resumed) {
      this.#events.matched(fetchSteps(this.#rules, filter))
      this.#fetch(session, subscription)
      return
    }
    const steps = stepsFor(this.#rules.program, 'session.subscribed', filter)
    if (subscription.group === undefined) this.#lookups.bring(session, subscription, steps)
    else this.#fetch(session, subscription)
    this.#hooks.subscribed(this.#rules, session, subscription, steps)
  }

  #fetch(session: Session, subscription: Subscription): void {
    if (subscription.group === undefined) session.lanes.fetch(subscription)
    else subscription.group.here()
  }

  /** Ends a subscription and runs `session.unsubscribed`; false if there was none. */
  unsubscribe(session: Session, filter: string): boolean {
    const subscription = session.subscriptions.get(filter)
    if (subscription === undefined) return false
    session.subscriptions.delete(filter)
    session.filterLength -= filter.length
    this.#forget(session, subscription)
    session.lanes.resubscribed(filter)
    this.#drains.settle()
    this.#hooks.unsubscribed(this.#rules, session, filter)
    return true
  }

  // --- messages

  /**
   * Routes a message whose rules are done (or went on without): wakes the lanes it belongs to,
   * everyone else is served from memory. `retainedInRedis`: those rules keep it there alone.
   */
  route(record: MessageRecord, placed: readonly Placed[], retainedInRedis: boolean): void {
    if (record.retain) this.#retain(record, retainedInRedis)
    for (const { pool, stored } of placed) if (stored?.score !== undefined) this.#missedWakes.noteOwn(pool, record.topic, stored.score)
    for (const { subscriber, qos } of this.#tree.match(record.topic)) {
      if (subscriber instanceof Group) subscriber.receive(record, placed)
      else subscriber.receive(record, qos, placed)
    }
  }

  #retain(record: MessageRecord, inRedis: boolean): void {
    // a reload may have brought or taken away the rules that keep it there
    if (record.payload.length === 0 || (inRedis && keepsRetained(this.#rules, record.topic))) this.#retained.delete(record.topic)
    else this.#counters.retainedDropped += this.#retained.set(record)
  }

  // --- what the world tells

  poolBack(pool: Pool, options: { readonly sameData: boolean }): void {
    if (!options.sameData) this.#missedWakes.forget(pool)
    for (const session of this.#sessions.values()) session.poolBack(pool, options)
    for (const group of this.#groups.values()) group.lanes.poolBack(pool, options)
    // asked at once: what is asked before a held store is tried again is answered even while Redis refuses writes
    this.#pumpAll()
  }

  /** Every {@link SLOW_TICK_MS}: finds what another broker stored and no wake told of. */
  slowTick(): void {
    const pools = new Set(this.#rules.pools.values())
    for (const pool of pools) this.#missedWakes.look(pool)
    for (const reader of this.#readers()) reader.lanes.doubtLatest()
  }

  /** Somebody stored something in a topic of the pool. */
  changed(pool: Pool, topic: string): void {
    for (const { subscriber, qos } of this.#tree.match(topic)) if (qos > 0) subscriber.lanes.doubt(pool, topic)
  }

  /** Closes subscribers that have not read for too long, and ends sessions of clients that were away for too long; call it every second or so. */
  sweep(): void {
    const now = this.#clock.now()
    for (const session of this.#away) {
      if (!this.#away.isTooMuch(this.#rules.program.settings.maxSessions) && !this.#isExpired(session)) break
      this.#expire(session)
    }
    for (const session of this.#sessions.values()) {
      if (session.stuckSince === undefined || now - session.stuckSince < STUCK_MS) continue
      this.#counters.subscribersStuck++
      session.stuckSince = undefined
      session.link?.close('not_reading')
    }
    for (const [filter, group] of this.#groups) if (group.isOver) this.#groups.delete(filter)
    this.#laneShare.bound(() => this.#readers())
  }

  /** New rules for all that comes; subscriptions whose coverage differs change their source (DELIVERY 6). */
  swap(rules: Rules): void {
    const before = this.#rules
    this.#rules = rules
    // one that drained may be back
    this.#drains.forget((pool) => rules.pools.get(pool.name) === pool)
    for (const reader of this.#readers()) reader.lanes.reload(before)
  }

  /** Resolves when no session reads from the pool or has a message of it in flight. */
  drained(pool: Pool): Promise<void> {
    return this.#drains.wait(pool)
  }

  /** The pool is closed: lanes on it end. */
  abandon(pool: Pool): void {
    for (const reader of this.#readers()) reader.lanes.abandon(pool)
    for (const session of this.#sessions.values()) session.abandon(pool)
    this.#drains.forget((other) => other === pool)
  }

  #isFree(pool: Pool): boolean {
    return [...this.#sessions.values()].every((session) => session.isFreeOf(pool))
      && [...this.#groups.values()].every((group) => group.lanes.isFreeOf(pool))
  }

  #wants(reader: Session | Group): void {
    if (this.#wanting.size === 0) queueMicrotask(() => this.#pumpAll())
    this.#wanting.add(reader)
  }

  #pumpAll(): void {
    const readers = [...this.#wanting]
    this.#wanting.clear()
    for (const reader of readers) reader.pump()
    this.#drains.settle()
  }
}
