import type { Clock, Pool } from '../delivery/ports.ts'
import { Arrivals } from '../delivery/arrivals.ts'
import { Delivery, type SessionCounts, SLOW_TICK_MS } from '../delivery/delivery.ts'
import { Publisher, type PublishPorts } from '../delivery/publisher.ts'
import { Retransmissions } from '../delivery/retransmissions.ts'
import { type ClosureCount, type Counters, newCounters } from '../engine/counters.ts'
import { Events } from '../engine/events.ts'
import type { Log } from '../engine/log-port.ts'
import { Outcomes } from '../engine/outcomes.ts'
import { Presence } from '../engine/presence.ts'
import { RecentEvents } from '../engine/recent-events.ts'
import type { Rules } from '../engine/rules.ts'
import { isOfBroker } from '../language/topic-filter.ts'
import { createHandshake, type Handshake, type MqttClient, type Will } from './aedes.ts'
import { BoundedLog } from './bounded-log.ts'
import { ClosureLog } from './closure-log.ts'
import { Connection, reasonWord } from './connection.ts'
import { listen, type ListenOptions, type OpenListener } from './listeners.ts'
import { Orders } from './orders.ts'
import type { Limits, Refusal } from './packet-check.ts'
import { FrameRefused } from './web-socket-stream.ts'

/** How often held publishers are looked at. Milliseconds. */
const HOLD_SWEEP_MS = 200
/** How often subscribers that do not read are looked for. Milliseconds. */
const STUCK_SWEEP_MS = 1000
/** How long a stop waits for Redis to take what connections left. Milliseconds. */
const CLOSE_MS = 10_000

/** The MQTT broker on a set of rules: connections, what they publish, and what they are owed. */
export class Broker {
  readonly counters: Counters = newCounters()
  readonly outcomes: Outcomes
  readonly recent: RecentEvents
  /** What is refused to clients that stay. */
  readonly #refusals: BoundedLog
  readonly #clock: Clock
  readonly #closures: ClosureLog
  readonly #delivery: Delivery
  readonly #presence: Presence
  readonly #arrivals: Arrivals
  readonly #orders: Orders
  readonly #retransmissions = new Retransmissions()
  readonly #publishPorts: PublishPorts
  readonly #connections = new Map<MqttClient, Connection>()
  readonly #byId = new Map<string, Connection>()
  /** Publishers with something unconfirmed. */
  readonly #busy = new Set<Publisher>()
  readonly #timers: NodeJS.Timeout[] = []
  readonly #listeners: OpenListener[] = []
  #handshake: Handshake | undefined
  #closing = false

  constructor(options: { readonly rules: Rules, readonly log: Log, readonly clock: Clock, readonly nextMsgid: PublishPorts['nextMsgid'] }) {
    const { log, clock } = options
    this.#refusals = new BoundedLog(log, clock)
    this.#clock = clock
    this.#closures = new ClosureLog(log, clock)
    this.outcomes = new Outcomes(log)
    this.recent = new RecentEvents(options.rules.program.settings, () => clock.now())
    const events = new Events(this.outcomes, this.counters, this.recent)
    this.#delivery = new Delivery({ rules: options.rules, events, counters: this.counters, clock })
    this.#presence = new Presence({
      rules: () => this.#delivery.rules, events, counters: this.counters, now: () => Math.floor(clock.now() / 1000),
    })
    this.#arrivals = new Arrivals({ delivery: this.#delivery, presence: this.#presence, events, clock, log: {
      warn: (fields, message) => this.#refusals.warn('proxy subscription', { fields, message, beyond: 'more proxy subscriptions were left out' }),
    } })
    this.#orders = new Orders({
      log,
      counters: this.counters,
      now: () => clock.now(),
      port: {
        subscribe: (clientid, filter, qos) => {
          const connection = this.#byId.get(clientid)
          if (connection?.ready === true) this.#arrivals.subscribe(connection.session, filter, qos)
        },
        unsubscribe: (clientid, filter) => {
          const connection = this.#byId.get(clientid)
          if (connection?.ready === true) this.#delivery.unsubscribe(connection.session, filter)
        },
      },
    })
    this.#publishPorts = {
      clock,
      counters: this.counters,
      outcomes: this.outcomes,
      recent: this.recent,
      retransmissions: this.#retransmissions,
      rules: () => this.#delivery.rules,
      nextMsgid: options.nextMsgid,
      route: (record, placed, retainedInRedis) => this.#delivery.route(record, placed, retainedInRedis),
      busy: (publisher) => this.#busy.add(publisher),
    }
  }

  /** Clients that are connected: their CONNECT was accepted. */
  get connections(): number {
    return this.#connections.size
  }

  get sessions(): SessionCounts {
    return this.#delivery.sessionCounts
  }

  /** Connections that have ended other than by their clients. */
  get closures(): readonly ClosureCount[] {
    return this.#closures.counts
  }

  async start(): Promise<void> {
    this.#handshake = await createHandshake({
      sessionPresent: (clientid) => {
        const session = this.#delivery.session(clientid)
        return session !== undefined && !session.clean
      },
      registered: (client, clientid, details, { sessionPresent, reading }) => {
        // aedes closes an older connection of the name, unless it has lost sight of it
        this.#byId.get(clientid)?.close('takeover')
        if (!sessionPresent) this.#retransmissions.newSession(clientid)
        const connection = new Connection({
          client, reading, clientid, details, delivery: this.#delivery, publishPorts: this.#publishPorts, counters: this.counters,
          refusals: this.#refusals, closures: this.#closures,
        })
        this.#connections.set(client, connection)
        this.#byId.set(clientid, connection)
        // CONNACK is about to say what is no longer so: the client comes back
        if (connection.resumed !== sessionPresent) connection.close('closed')
      },
      ready: (client) => {
        const connection = this.#connections.get(client)
        if (connection !== undefined) this.#ready(connection)
      },
      packet: (client, packet) => this.#connections.get(client)?.handle(packet),
      disconnecting: (client) => {
        this.#connections.get(client)?.flush()
        this.#reason(client, 'normal')
      },
      will: (client, will) => this.#will(client, will),
      gone: (client) => this.#gone(client),
      keepaliveTimeout: (client) => this.#reason(client, 'keepalive'),
      refused: (client, refusal) => this.#refused(client, refusal),
      connectLate: () => this.#closures.count('no_connect'),
      failed: (client, error) => {
        // a reset socket is no mistake of the client's
        if (error instanceof FrameRefused) this.#refused(client, error.refusal)
        else this.#reason(client, 'code' in error && typeof error.code === 'string' ? 'closed' : 'protocol')
      },
    }, () => this.#limits)
    this.#every(HOLD_SWEEP_MS, () => this.#sweepPublishers())
    this.#every(STUCK_SWEEP_MS, () => this.#delivery.sweep())
    this.#every(SLOW_TICK_MS, () => this.#delivery.slowTick())
  }

  /** Accepts MQTT there, until the broker is closed. Fails with Node's error. */
  async listen(options: ListenOptions): Promise<OpenListener> {
    const listener = await listen(options, {
      limits: () => this.#limits,
      accept: (conn) => {
        if (this.#handshake === undefined || this.#closing) conn.destroy()
        else this.#handshake.accept(conn)
      },
      connectLate: () => this.#closures.count('no_connect'),
      handshakeFailed: (problem) => {
        this.counters.handshakesFailed++
        if (problem !== undefined) this.#closures.note(undefined, 'handshake', problem)
      },
      turnedAway: () => {
        this.counters.connectionsTurnedAway++
        this.#closures.note(undefined, 'turned_away')
      },
    })
    this.#listeners.push(listener)
    return listener
  }

  swap(rules: Rules): void {
    this.#delivery.swap(rules)
    this.outcomes.keep(rules.program)
    this.recent.change(rules.program.settings)
  }

  drained(pool: Pool): Promise<void> {
    return this.#delivery.drained(pool)
  }

  abandon(pool: Pool): void {
    this.#delivery.abandon(pool)
  }

  poolAway(_pool: Pool): void {
    // what QoS 0 waits behind a message that is held from now on goes on
    this.#sweepPublishers()
  }

  poolBack(pool: Pool, sameData: boolean): void {
    this.#delivery.poolBack(pool, { sameData })
  }

  /** Something came on a pool's channel (SPEC 5.3). A pool that was replaced is not listened to any more. */
  order(pool: Pool, text: Buffer): void {
    if (this.#delivery.rules.pools.get(pool.name) === pool) this.#orders.take(text, pool.name)
  }

  /** Another broker has stored something in a topic of the pool (DELIVERY 4); one that is lost is found by the slow tick. */
  wake(pool: Pool, topic: string): void {
    this.#delivery.changed(pool, topic)
  }

  /** Stops accepting, ends all connections (their wills are published), and waits for what they left to Redis. */
  async close(): Promise<void> {
    this.#closing = true
    for (const listener of this.#listeners) listener.close()
    for (const connection of this.#connections.values()) connection.reason ??= 'shutdown'
    await this.#handshake?.close()
    await Promise.race([this.#presence.idle(), new Promise((resolve) => { setTimeout(resolve, CLOSE_MS).unref() })])
    while (this.#busy.size > 0) {
      await new Promise((resolve) => { setTimeout(resolve, HOLD_SWEEP_MS / 4) })
      this.#sweepPublishers()
    }
    for (const timer of this.#timers) clearInterval(timer)
    for (const listener of this.#listeners) listener.cut()
  }

  get #limits(): Limits {
    return this.#delivery.rules.program.settings
  }

  // --- connections

  #ready(connection: Connection): void {
    connection.ready = true
    const { session, visit, resumed } = connection
    this.#arrivals.arrived({ session, visit, resumed, link: connection })
  }

  #refused(client: MqttClient, { problem, reason, connack }: Refusal): void {
    this.counters.packetsRefused++
    this.#reason(client, reason)
    // who has never said CONNECT is counted only: it may be a scanner of ports
    const connection = this.#connections.get(client)
    connection?.flush()
    if (connection !== undefined || connack !== undefined) this.#closures.note(connection?.clientid, reason, problem)
    else this.#closures.count(reason, problem)
  }

  #reason(client: MqttClient, reason: 'normal' | 'keepalive' | 'closed' | 'protocol' | 'limit'): void {
    const connection = this.#connections.get(client)
    if (connection !== undefined) connection.reason ??= reason
  }

  #gone(client: MqttClient): void {
    const connection = this.#connections.get(client)
    if (connection === undefined) return
    this.#connections.delete(client)
    if (this.#byId.get(connection.clientid) === connection) this.#byId.delete(connection.clientid)
    // aedes closes an older connection of a name itself: its socket is still whole then
    connection.reason ??= this.#closing ? 'shutdown' : client.conn.destroyed || client.conn.readableEnded ? 'closed' : 'takeover'
    if (connection.reason === 'keepalive' || connection.reason === 'takeover') this.#closures.count(connection.reason)
    connection.publisher.close()
    this.#delivery.detach(connection.session, connection)
    if (connection.ready) this.#presence.disconnected(connection.visit, reasonWord(connection.reason))
  }

  /** A will is a message like any other, but nobody waits for it (DELIVERY 2). */
  #will(client: MqttClient, will: Will): void {
    const connection = this.#connections.get(client)
    if (connection === undefined) return
    if (isOfBroker(will.topic)) {
      this.#refusals.warn('will', {
        fields: { clientid: connection.clientid, topic: will.topic }, message: 'a will was not published: topics of $SYS/ are not for clients',
        beyond: 'more wills were not published',
      })
      return
    }
    const publisher = new Publisher({
      clientid: connection.clientid, username: connection.session.username, keepalive: 0, link: undefined, order: connection,
      ports: this.#publishPorts,
    })
    publisher.publish({ ...will, packetId: 0 })
  }

  #sweepPublishers(): void {
    const now = this.#clock.now()
    for (const publisher of this.#busy) {
      publisher.sweep(now)
      if (publisher.pending === 0) this.#busy.delete(publisher)
    }
  }

  #every(ms: number, callback: () => void): void {
    this.#timers.push(setInterval(callback, ms).unref())
  }
}
