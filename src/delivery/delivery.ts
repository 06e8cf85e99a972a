import type { MessageRecord } from '../actions/message-record.ts'
import type { Stored } from '../actions/effect.ts'
import type { Counters } from '../engine/counters.ts'
import type { Events } from '../engine/events.ts'
import { bringsOf, effectsOf, poolOf, type Rules } from '../engine/rules.ts'
import { isWildcard } from '../language/topic-filter.ts'
import { stepsFor } from '../plan/match.ts'
import type { Step } from '../plan/program.ts'
import { coversOf, keepsRetained } from './coverage.ts'
import type { Clock, Link, Pool } from './ports.ts'
import { RetainedMemory } from './retained-memory.ts'
import { type InFlight, Session, type SessionPorts, type Subscription } from './session.ts'
import { SubscriptionTree } from './subscription-tree.ts'

/** Where a message was put before it is routed. */
export interface Placed {
  readonly pool: Pool
  readonly kind: 'log' | 'latest'
  /** Of a log. */
  readonly stored: Stored | undefined
}

/** A subscriber whose socket does not take what waits is closed after so long (SPEC 4.3). Milliseconds. */
const STUCK_MS = 10_000
/** Another broker's messages are found at least this often. Milliseconds. */
export const SLOW_TICK_MS = 30_000

/**
 * Who is owed what. A message that rules cover wakes the lanes of its subscribers, any other goes
 * into their bounded memory; subscriptions, acknowledgements and reloads change what is owed.
 * Knows nothing of sockets or Redis: both are ports.
 */
export class Delivery {
  readonly #events: Events
  readonly #counters: Counters
  readonly #clock: Clock
  readonly #sessions = new Map<string, Session>()
  readonly #tree = new SubscriptionTree<Session>()
  readonly #retained = new RetainedMemory()
  readonly #ports: SessionPorts
  /** Sessions that have something to do when this turn of the event loop ends. */
  readonly #wanting = new Set<Session>()
  /** The order object of each session's effects: its connection while there is one. */
  readonly #orders = new WeakMap<Session, object>()
  #rules: Rules
  #drainWaiters: { readonly pool: Pool, readonly resolve: () => void }[] = []

  constructor(options: { readonly rules: Rules, readonly events: Events, readonly counters: Counters, readonly clock: Clock }) {
    this.#rules = options.rules
    this.#events = options.events
    this.#counters = options.counters
    this.#clock = options.clock
    this.#ports = {
      clock: options.clock,
      counters: options.counters,
      maxInflight: () => this.#rules.program.settings.maxInflight,
      maxMqueueLen: () => this.#rules.program.settings.maxMqueueLen,
      granted: (session, topic) => this.#tree.match(topic).find((match) => match.subscriber === session)?.qos ?? 0,
      wants: (session) => this.#wants(session),
      delivered: (session, msgid, topic, qos) => this.#delivered(session, msgid, topic, qos),
      acked: (session, message) => this.#acked(session, message),
    }
  }

  get rules(): Rules {
    return this.#rules
  }

  // --- sessions

  session(clientid: string): Session | undefined {
    return this.#sessions.get(clientid)
  }

  /** A client was let in. The session it resumes, or a new one; whatever there was before a clean one is gone [MQTT-3.1.2-6]. */
  attach(client: { readonly clientid: string, readonly clean: boolean, readonly username: string | undefined, readonly link: Link }): { readonly session: Session, readonly resumed: boolean } {
    const { clientid, clean, username, link } = client
    const old = this.#sessions.get(clientid)
    const resumed = old !== undefined && !clean && !old.clean
    if (old !== undefined && !resumed) this.#drop(old)
    const session = resumed ? old : new Session({ clientid, clean, ports: this.#ports })
    this.#sessions.set(clientid, session)
    session.username = username
    this.#orders.set(session, link)
    session.attach(link)
    return { session, resumed }
  }

  /** The connection is gone. A clean session goes with it. */
  detach(session: Session, link: Link): void {
    if (session.link !== link) return
    session.detach()
    if (session.clean && this.#sessions.get(session.clientid) === session) this.#drop(session)
    this.#settleDrains()
  }

  #drop(session: Session): void {
    if (session.connected) session.detach()
    for (const filter of session.subscriptions.keys()) this.#tree.remove(filter, session)
    session.subscriptions.clear()
    this.#wanting.delete(session)
    this.#sessions.delete(session.clientid)
  }

  // --- subscriptions

  /**
   * Grants a subscription whose filter is valid. From here on nothing of it is missed; what is
   * there already comes with {@link fetch}.
   */
  subscribe(session: Session, filter: string, qos: 0 | 1 | 2, options: { readonly own: boolean }): Subscription {
    let subscription = session.subscriptions.get(filter)
    const wasCovered = subscription !== undefined && subscription.qos > 0
    if (subscription === undefined) {
      subscription = { filter, qos, own: options.own, covers: [] }
      session.subscriptions.set(filter, subscription)
    }
    subscription.qos = qos
    subscription.own = options.own
    subscription.covers = qos > 0 ? coversOf(this.#rules, filter) : []
    this.#tree.add(filter, session, qos)
    if (wasCovered && qos === 0) session.retireLanes(filter)
    session.regrant()
    return subscription
  }

  /** Runs `session.subscribed` for a granted subscription: the whole hook, or for what a resumed session brings back only the fetching ([ours], SPEC 2). */
  subscribed(session: Session, subscription: Subscription, options: { readonly resumed: boolean }): void {
    const steps = stepsFor(this.#rules.program, 'session.subscribed', subscription.filter)
    session.fetch(subscription)
    if (options.resumed) return
    this.#bringRetained(session, subscription, steps)
    if (steps.length === 0) return
    this.#events.fire(this.#rules, steps, {
      hook: 'session.subscribed', ...this.#about(session), topic: topicOf(subscription.filter), qos: subscription.qos,
    }, this.#orderOf(session))
  }

  /** Ends a subscription and runs `session.unsubscribed`; false if there was none. */
  unsubscribe(session: Session, filter: string): boolean {
    if (!session.subscriptions.delete(filter)) return false
    this.#tree.remove(filter, session)
    session.retireLanes(filter)
    session.regrant()
    this.#settleDrains()
    const steps = stepsFor(this.#rules.program, 'session.unsubscribed', filter)
    if (steps.length > 0) {
      this.#events.fire(this.#rules, steps, {
        hook: 'session.unsubscribed', ...this.#about(session), topic: topicOf(filter),
      }, this.#orderOf(session))
    }
    return true
  }

  /** Retained messages of a new subscription: from memory, and from each pool that a rule looks into. */
  #bringRetained(session: Session, subscription: Subscription, steps: readonly Step[]): void {
    for (const record of this.#retained.matching(subscription.filter)) session.sendRetained(record, subscription.qos)
    // wildcard lookups need the index of retained topics
    if (isWildcard(subscription.filter)) return
    const pools = new Set(steps.filter((step) => bringsOf(step) === 'retained').map((step) => poolOf(this.#rules, step.pool)))
    for (const pool of pools) this.#lookUpRetained(session, subscription, pool)
  }

  #lookUpRetained(session: Session, subscription: Subscription, pool: Pool): void {
    const topic = subscription.filter
    const { link } = session
    const lane = subscription.qos > 0 ? session.logLane(pool, topic) : undefined
    let pending = true
    // the lookup says which entry of the log carries the flag
    const waits = () => pending
    lane?.waitsFor.push(waits)
    const end = session.lookup(topic)
    const settle = () => {
      pending = false
      lane?.waitsFor.splice(lane.waitsFor.indexOf(waits), 1)
      this.#wants(session)
      return end()
    }
    const ask = () => pool.retained({
      topic,
      reader: lane === undefined ? undefined : { kind: lane.logKind, clientid: session.clientid, after: lane.at },
      done: (found) => {
        if (session.link !== link || link === undefined) return void settle()
        if (found instanceof Error) {
          // asked again until it is answered or the client is gone; the pool may be away for long
          this.#clock.after(500, () => session.link === link ? ask() : void settle())
          return
        }
        const wentOut = settle()
        if (found === undefined) return
        if (lane !== undefined && found.inLogAt !== undefined) lane.flagRetained(found.record, found.inLogAt)
        else if (!wentOut.has(found.record.id)) session.sendRetained(found.record, subscription.qos)
      },
    })
    ask()
  }

  // --- messages

  /**
   * Routes a message whose rules are done (or went on without): wakes the lanes it belongs to,
   * everyone else is served from memory.
   */
  route(record: MessageRecord, placed: readonly Placed[]): void {
    if (record.retain) this.#retain(record)
    for (const { subscriber: session, qos: granted } of this.#tree.match(record.topic)) {
      if (record.retain) session.noteLiveRetained(record)
      const qos = record.qos < granted ? record.qos : granted
      if (qos === 0) {
        session.sendQos0(record, false)
        continue
      }
      let covered = false
      for (const { pool, kind, stored } of placed) {
        const owed: boolean = kind === 'log'
          ? session.wakeLog(pool, record, stored?.score, stored?.prev)
          : !covered && session.wakeLatest(pool, record)
        covered ||= owed
      }
      if (!covered) session.enqueue(record, qos, false)
    }
  }

  #retain(record: MessageRecord): void {
    if (record.payload.length === 0) this.#retained.delete(record.topic)
    else if (!keepsRetained(this.#rules, record.topic)) this.#counters.retainedDropped += this.#retained.set(record)
  }

  #delivered(session: Session, msgid: string, topic: string, qos: 0 | 1 | 2): void {
    const { program } = this.#rules
    if (program.steps['message.delivered'].length === 0) return
    const steps = stepsFor(program, 'message.delivered', topic)
    if (steps.length === 0) return
    this.#events.fire(this.#rules, steps, {
      hook: 'message.delivered', ...this.#about(session), topic, msgid, qos,
    }, this.#orderOf(session))
  }

  /** `message.acked` runs on the rules of now; its effects on a covered message go to the pool it came from. */
  #acked(session: Session, message: InFlight): void {
    const { origin, topic, msgid, qos } = message
    const position = origin?.run?.done(msgid)
    const steps = stepsFor(this.#rules.program, 'message.acked', topic)
    if (steps.length > 0) {
      const shares = effectsOf(this.#rules, steps, { hook: 'message.acked', ...this.#about(session), topic, msgid, qos })
      for (const share of shares) {
        if (origin === undefined || origin.pool.name !== share.pool.name) {
          this.#events.submit(share, this.#orderOf(session))
          continue
        }
        const kept = origin.run === undefined ? share : withPosition(share, position)
        this.#events.submit({ ...kept, pool: origin.pool }, this.#orderOf(session))
      }
    }
    this.#settleDrains()
  }

  // --- what the world tells

  poolBack(pool: Pool, options: { readonly sameData: boolean }): void {
    for (const session of this.#sessions.values()) session.poolBack(pool, options.sameData)
    // asked at once: what is asked before a held store is tried again is answered even while Redis refuses writes
    this.#pumpAll()
  }

  /** Every {@link SLOW_TICK_MS}: finds what another broker stored and no wake told of. */
  slowTick(): void {
    for (const session of this.#sessions.values()) session.doubtAll()
  }

  /** Closes subscribers that have not read for too long; call it every second or so. */
  sweep(): void {
    const now = this.#clock.now()
    for (const session of this.#sessions.values()) {
      if (session.stuckSince === undefined || now - session.stuckSince < STUCK_MS) continue
      this.#counters.subscribersStuck++
      session.stuckSince = undefined
      session.link?.close('not_reading')
    }
  }

  /** New rules for all that comes; subscriptions whose coverage differs change their source (DELIVERY 6). */
  swap(rules: Rules): void {
    this.#rules = rules
    for (const session of this.#sessions.values()) {
      for (const subscription of session.subscriptions.values()) {
        if (subscription.qos === 0) continue
        const covers = coversOf(rules, subscription.filter)
        if (!sameCovers(subscription.covers, covers)) session.recover(subscription, covers)
      }
    }
  }

  /** Resolves when no session reads from the pool or has a message of it in flight. */
  drained(pool: Pool): Promise<void> {
    return new Promise((resolve) => {
      this.#drainWaiters.push({ pool, resolve })
      this.#settleDrains()
    })
  }

  /** The pool is closed: lanes on it end. */
  abandon(pool: Pool): void {
    for (const session of this.#sessions.values()) session.abandon(pool)
    this.#drainWaiters = this.#drainWaiters.filter((waiter) => waiter.pool !== pool)
  }

  #settleDrains(): void {
    if (this.#drainWaiters.length === 0) return
    const free = (pool: Pool) => [...this.#sessions.values()].every((session) => session.isFreeOf(pool))
    this.#drainWaiters = this.#drainWaiters.filter(({ pool, resolve }) => {
      if (!free(pool)) return true
      resolve()
      return false
    })
  }

  #wants(session: Session): void {
    if (this.#wanting.size === 0) queueMicrotask(() => this.#pumpAll())
    this.#wanting.add(session)
  }

  #pumpAll(): void {
    const sessions = [...this.#wanting]
    this.#wanting.clear()
    for (const session of sessions) session.pump()
    this.#settleDrains()
  }

  #about(session: Session): { clientid: string, username: string | undefined, node: string, ts: number } {
    return {
      clientid: session.clientid, username: session.username,
      node: this.#rules.program.settings.nodeName, ts: Math.floor(this.#clock.now() / 1000),
    }
  }

  #orderOf(session: Session): object {
    return this.#orders.get(session) ?? session
  }
}

/** Of `$share/<group>/<filter>` a rule sees the part after the group (SPEC 2). */
function topicOf(filter: string): string {
  return filter.startsWith('$share/') ? filter.split('/').slice(2).join('/') : filter
}

/** The position that an acknowledgement allows instead of the acknowledged message: none while an older one is out. */
function withPosition(share: ReturnType<typeof effectsOf>[number], position: string | undefined): typeof share {
  const kept: typeof share = { pool: share.pool, effects: [], steps: [] }
  share.effects.forEach((effect, i) => {
    const step = share.steps[i]
    if (step === undefined || (effect.kind === 'ack-pubsub' && position === undefined)) return
    kept.effects.push(effect.kind === 'ack-pubsub' && position !== undefined ? { ...effect, msgid: position } : effect)
    kept.steps.push(step)
  })
  return kept
}

function sameCovers(before: Subscription['covers'], after: Subscription['covers']): boolean {
  return before.length === after.length && before.every((cover, i) => {
    const other = after[i]
    return other !== undefined && cover.pool === other.pool && cover.kind === other.kind
      && cover.stored === other.stored && cover.acked === other.acked && cover.positions === other.positions
  })
}
