import type { Effect } from '../actions/effect.ts'
import type { MessageRecord } from '../actions/message-record.ts'
import { msgidMaker } from '../actions/msgid.ts'
import { CLOSED_BY_BROKER } from '../broker/closure-log.ts'
import { Orders } from '../broker/orders.ts'
import { Arrivals } from '../delivery/arrivals.ts'
import { Delivery } from '../delivery/delivery.ts'
import type { OutgoingPublish } from '../delivery/ports.ts'
import type { Publisher } from '../delivery/publisher.ts'
import { Retransmissions } from '../delivery/retransmissions.ts'
import { newCounters } from '../engine/counters.ts'
import { Events } from '../engine/events.ts'
import { Outcomes } from '../engine/outcomes.ts'
import { Presence } from '../engine/presence.ts'
import { RecentEvents } from '../engine/recent-events.ts'
import type { HookName } from '../language/hooks.ts'
import type { Program, Step } from '../plan/program.ts'
import { ObservedPool } from './observed-pool.ts'
import { SimulatedClient, type ClientOptions, type ClientPorts, type Will } from './simulated-client.ts'
import type { StillClock } from './still-clock.ts'
import type { TestStore } from './test-store.ts'

/** A message that a client was sent. */
export interface Delivered {
  readonly to: string
  readonly packet: OutgoingPublish
}

/** What has happened since the notes were last taken. */
export interface Notes {
  readonly effects: { readonly pool: string, readonly effect: Effect }[]
  readonly deliveries: Delivered[]
  /** Hooks that had an event. */
  readonly hooks: Set<HookName>
  /** Rules that an event ran on. */
  readonly matched: ReadonlySet<Step>
  /** Rules that Redis refused, with its words. */
  readonly failed: ReadonlyMap<Step, string>
  /** Clients whose connection the broker ended, and why. */
  readonly closed: Map<string, string>
}

/** The ids of a test's messages end so. */
export const TEST_BOOT = '00000000000'
/** More rounds than any test needs: something goes on for ever. */
const MOST_ROUNDS = 10_000
/** Nothing is going on if nothing has been going on for so many turns of the event loop. */
const QUIET_TURNS = 3

const QUIET = { info() {}, warn() {}, error() {} }

/**
 * A broker without sockets: the delivery, presence and orders of the real one on pools of a test,
 * with a clock that the test moves.
 */
export class SimulatedBroker {
  readonly #program: Program
  readonly #clock: StillClock
  readonly #stores: ReadonlyMap<string, TestStore>
  readonly #pools: ReadonlyMap<string, ObservedPool>
  readonly #outcomes = new Outcomes(QUIET)
  readonly #delivery: Delivery
  readonly #presence: Presence
  readonly #arrivals: Arrivals
  readonly #orders: Orders
  readonly #retransmissions = new Retransmissions()
  readonly #ports: ClientPorts
  readonly #clients = new Map<string, SimulatedClient>()
  readonly #busy = new Set<Publisher>()
  readonly #counts = new Map<Step, { readonly matched: number, readonly failed: number }>()
  readonly #messages = new Map<string, MessageRecord>()
  #subscribed: ReadonlySet<string> = new Set()
  #notes = emptyNotes()

  /** `named` hears each msgid that is made. */
  constructor(options: { readonly program: Program, readonly stores: ReadonlyMap<string, TestStore>, readonly clock: StillClock, readonly named: (msgid: string) => void }) {
    const { program, stores, clock } = options
    this.#program = program
    this.#clock = clock
    this.#stores = stores
    this.#pools = new Map(Array.from(stores, ([name, store]) => [name, new ObservedPool(store.pool, (effect) => {
      this.#notes.effects.push({ pool: name, effect })
    })]))
    const counters = newCounters()
    // nobody asks it what was
    const recent = new RecentEvents({ eventsKeep: 0, eventsKeepPayload: false }, () => clock.now())
    const events = new Events(this.#outcomes, counters, recent)
    this.#delivery = new Delivery({ rules: { program, pools: this.#pools }, events, counters, clock })
    this.#presence = new Presence({ rules: () => this.#delivery.rules, events, counters, now: () => Math.floor(clock.now() / 1000) })
    this.#arrivals = new Arrivals({ delivery: this.#delivery, presence: this.#presence, events, clock, log: QUIET })
    this.#orders = new Orders({
      log: QUIET, counters, now: () => clock.now(),
      port: {
        subscribe: (clientid, filter, qos) => {
          const client = this.#clients.get(clientid)
          if (client !== undefined) this.#arrivals.subscribe(client.session, filter, qos)
        },
        unsubscribe: (clientid, filter) => {
          const client = this.#clients.get(clientid)
          if (client !== undefined && this.#delivery.unsubscribe(client.session, filter)) this.#notes.hooks.add('session.unsubscribed')
        },
      },
    })
    const nextMsgid = msgidMaker(TEST_BOOT)
    this.#ports = {
      publish: {
        clock, counters, recent, outcomes: this.#outcomes, retransmissions: this.#retransmissions,
        rules: () => this.#delivery.rules,
        nextMsgid: (now) => {
          const msgid = nextMsgid(now)
          options.named(msgid)
          return msgid
        },
        route: (record, placed, retainedInRedis) => {
          this.#messages.set(record.id, record)
          this.#delivery.route(record, placed, retainedInRedis)
        },
        busy: (publisher) => this.#busy.add(publisher),
      },
      attach: (client) => {
        const { clientid, clean, username } = client.options
        return this.#delivery.attach({ clientid, clean, username, link: client })
      },
      got: (client, packet) => {
        this.#notes.hooks.add('message.delivered')
        this.#notes.deliveries.push({ to: client.options.clientid, packet })
      },
      acked: () => { this.#notes.hooks.add('message.acked') },
      closed: (client, reason) => {
        if (this.#clients.get(client.options.clientid) !== client) return
        this.#notes.closed.set(client.options.clientid, reason)
        client.sendWill()
        this.#gone(client, Object.hasOwn(CLOSED_BY_BROKER, reason) ? CLOSED_BY_BROKER[reason as keyof typeof CLOSED_BY_BROKER].reason : reason) // hasOwn says so
      },
    }
  }

  client(clientid: string): SimulatedClient | undefined {
    return this.#clients.get(clientid)
  }

  /** A message that was taken from its publisher. */
  message(msgid: string): MessageRecord | undefined {
    return this.#messages.get(msgid)
  }

  connect(options: ClientOptions): void {
    const older = this.#clients.get(options.clientid)
    if (older !== undefined) this.disconnect(older, 'takeover')
    const client = new SimulatedClient(options, this.#ports)
    if (!client.resumed) this.#retransmissions.newSession(options.clientid)
    this.#clients.set(options.clientid, client)
    this.#notes.hooks.add('client.connected')
    if (!client.resumed) this.#notes.hooks.add('session.created')
    this.#arrivals.arrived({ session: client.session, visit: client.visit, link: client, resumed: client.resumed })
  }

  /** `normal`: by DISCONNECT; else its will is published. */
  disconnect(client: SimulatedClient, reason: string): void {
    if (reason !== 'normal') {
      if (client.options.will !== undefined) this.#notes.hooks.add('message.publish')
      client.sendWill()
    }
    this.#gone(client, reason)
  }

  #gone(client: SimulatedClient, reason: string): void {
    this.#clients.delete(client.options.clientid)
    this.#notes.hooks.add('client.disconnected')
    client.publisher.close()
    this.#delivery.detach(client.session, client)
    this.#presence.disconnected(client.visit, reason)
  }

  publish(client: SimulatedClient, message: Will): void {
    this.#notes.hooks.add('message.publish')
    client.send(message)
  }

  subscribe(client: SimulatedClient, filter: string, qos: 0 | 1 | 2): void {
    this.#notes.hooks.add('session.subscribed')
    const subscription = this.#delivery.subscribe(client.session, filter, qos, { own: true })
    this.#delivery.subscribed(client.session, subscription, { resumed: false })
  }

  /** False: it had no such subscription. */
  unsubscribe(client: SimulatedClient, filter: string): boolean {
    const had = this.#delivery.unsubscribe(client.session, filter)
    if (had) this.#notes.hooks.add('session.unsubscribed')
    return had
  }

  /** What an application publishes on a pool's channel. */
  order(text: string, pool: string): void {
    this.#orders.take(Buffer.from(text), pool)
  }

  /** Time passes, and what it does to sessions and keys happens. */
  async pass(ms: number): Promise<void> {
    this.#clock.pass(ms)
    for (const store of this.#stores.values()) await store.pass(ms)
    for (const publisher of this.#busy) publisher.sweep(this.#clock.now())
    this.#delivery.sweep()
  }

  /** Waits until nothing goes on any more. */
  async settle(): Promise<void> {
    for (let quiet = 0, rounds = 0; quiet < QUIET_TURNS; quiet += 1) {
      await new Promise((resolve) => { setImmediate(resolve) })
      for (const [name, pool] of this.#pools) {
        if (pool.unanswered === 0) continue
        await this.#stores.get(name)?.work()
        quiet = -1
      }
      if (++rounds > MOST_ROUNDS) throw new Error('the broker of a test does not come to rest')
    }
  }

  takeNotes(): Notes {
    const notes = { ...this.#notes, ...this.#countsSince() }
    const subscribed = new Set(Array.from(this.#clients.values(), ({ session }) => [...session.subscriptions.keys()].map((filter) => `${session.clientid} ${filter}`)).flat())
    if ([...subscribed].some((one) => !this.#subscribed.has(one))) notes.hooks.add('session.subscribed')
    this.#subscribed = subscribed
    this.#notes = emptyNotes()
    return notes
  }

  #countsSince(): Pick<Notes, 'matched' | 'failed'> {
    const matched = new Set<Step>()
    const failed = new Map<Step, string>()
    for (const step of Object.values(this.#program.steps).flat()) {
      const before = this.#counts.get(step) ?? { matched: 0, failed: 0 }
      const now = this.#outcomes.countsOf(step)
      if (now.matched > before.matched) matched.add(step)
      if (now.failed > before.failed) failed.set(step, now.lastError ?? '')
      this.#counts.set(step, { matched: now.matched, failed: now.failed })
    }
    return { matched, failed }
  }
}

function emptyNotes(): Omit<Notes, 'matched' | 'failed'> {
  return { effects: [], deliveries: [], hooks: new Set(), closed: new Map() }
}
