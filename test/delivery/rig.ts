import { msgidMaker } from '../../src/actions/msgid.ts'
import type { FunctionName } from '../../src/actions/action.ts'
import { Delivery } from '../../src/delivery/delivery.ts'
import type { Link, OutgoingPublish } from '../../src/delivery/ports.ts'
import { Publisher, type IncomingPublish, type PublisherLink } from '../../src/delivery/publisher.ts'
import { Retransmissions } from '../../src/delivery/retransmissions.ts'
import type { Session } from '../../src/delivery/session.ts'
import { newCounters } from '../../src/engine/counters.ts'
import { Events } from '../../src/engine/events.ts'
import { Outcomes } from '../../src/engine/outcomes.ts'
import { RecentEvents } from '../../src/engine/recent-events.ts'
import { HOOK_NAMES, type HookName } from '../../src/language/hooks.ts'
import type { Program, Step } from '../../src/plan/program.ts'
import { MemoryPool } from '../../src/simulate/memory-pool.ts'
import { MemoryRedis } from '../../src/simulate/memory-redis.ts'
import { StillClock } from '../../src/simulate/still-clock.ts'

/** A rule in short: hook, filter, function; all in pool1. */
export type Rule = readonly [HookName, string, FunctionName]

export const QUEUE_AND_PUBSUB: readonly Rule[] = [
  ['message.publish', '#', 'on_message_publish'],
  ['session.subscribed', 'queue/#', 'on_message_fetch_for_queue'],
  ['message.acked', 'queue/#', 'on_message_acked_for_queue'],
  ['session.subscribed', 'pubsub/#', 'on_message_fetch_for_pubsub'],
  ['message.acked', 'pubsub/#', 'on_message_acked_for_pubsub'],
]

export function programOf(rules: readonly Rule[], settings: Partial<Program['settings']> = {}): Program {
  const steps = Object.fromEntries(HOOK_NAMES.map((hook) => [hook, [] as Step[]])) as Record<HookName, Step[]>
  rules.forEach(([hook, filter, name], i) => steps[hook].push({
    hook, number: String(i + 1), at: { file: 'test.conf', line: i + 1 }, filter, pool: 'pool1', expirySeconds: 3600,
    action: { kind: 'function', name },
  }))
  return {
    hash: String(Math.random()), pools: new Map(), steps,
    settings: {
      nodeName: 'n1', dataDir: undefined, listeners: [], maxInflight: 32, maxMqueueLen: 1000,
      maxPacketSize: 1_048_576, maxClientidLen: 65_535, maxTopicLevels: 128, maxSubscriptions: 10_000, sessionExpiryMs: 7_200_000,
      maxSessions: 100_000, idleTimeoutMs: 15_000, eventsKeep: 5_000, eventsKeepPayload: false, ...settings,
    },
  }
}

/** One broker without sockets: its delivery on a pool in memory. */
export class Rig {
  readonly clock = new StillClock(1_700_000_000_000)
  readonly counters = newCounters()
  readonly outcomes: Outcomes
  readonly recent: RecentEvents
  readonly delivery: Delivery
  readonly pool: MemoryPool
  readonly logged: string[] = []
  readonly busy = new Set<Publisher>()
  readonly #ports: ConstructorParameters<typeof Publisher>[0]['ports']
  #packetId = 0

  constructor(options: { readonly rules?: readonly Rule[], readonly redis?: MemoryRedis, readonly boot?: string, readonly settings?: Partial<Program['settings']>, readonly startedAt?: number } = {}) {
    if (options.startedAt !== undefined) this.clock.ms = options.startedAt
    const { rules = QUEUE_AND_PUBSUB, redis = new MemoryRedis(), boot = '00000000001', settings } = options
    this.pool = new MemoryPool('pool1', redis)
    const line = (_fields: unknown, message: string) => { this.logged.push(message) }
    this.outcomes = new Outcomes({ info: line, warn: line, error: line })
    const program = programOf(rules, settings)
    this.recent = new RecentEvents(program.settings, () => this.clock.now())
    const { counters, clock, outcomes, recent } = this
    this.delivery = new Delivery({
      rules: { program, pools: new Map([['pool1', this.pool]]) },
      events: new Events(outcomes, counters, recent), counters, clock,
    })
    this.#ports = {
      clock, counters, outcomes, recent, retransmissions: new Retransmissions(),
      rules: () => this.delivery.rules,
      nextMsgid: msgidMaker(boot),
      route: (record, placed, retainedInRedis) => this.delivery.route(record, placed, retainedInRedis),
      busy: (publisher) => this.busy.add(publisher),
    }
  }

  swap(rules: readonly Rule[], pool: MemoryPool = this.pool): void {
    this.delivery.swap({ program: programOf(rules), pools: new Map([['pool1', pool]]) })
  }

  publisher(clientid: string, link: PublisherLink = new PublisherStub()): Publisher {
    return new Publisher({ clientid, username: undefined, keepalive: 60, link, order: link, ports: this.#ports })
  }

  newSession(clientid: string): void {
    this.#ports.retransmissions.newSession(clientid)
  }

  /** Publishes and lets Redis answer. */
  async publish(topic: string, payload: string, qos: 0 | 1 | 2 = 1, retain = false): Promise<void> {
    this.publisher('a publisher').publish(packet(topic, payload, qos, ++this.#packetId % 65_535 + 1, retain))
    await this.settle()
  }

  /** Rounds until nothing waits and nobody wants anything. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet++) {
      await turn()
      if (this.pool.ready && this.pool.waiting > 0) {
        this.pool.round()
        quiet = -1
      }
    }
  }

  connect(clientid: string, options: { readonly clean?: boolean } = {}): Subscriber {
    return new Subscriber(this, clientid, options.clean ?? false)
  }
}

/** All microtasks of now. */
export function turn(): Promise<void> {
  return new Promise((resolve) => { setImmediate(resolve) })
}

export function packet(topic: string, payload: string, qos: 0 | 1 | 2, packetId: number, retain = false): IncomingPublish {
  return { topic, payload: Buffer.from(payload), qos, retain, packetId }
}

/** What a publisher's connection was told. */
export class PublisherStub implements PublisherLink {
  readonly acks: string[] = []
  closed: string | undefined
  paused = false
  puback(packetId: number): void { this.acks.push(`puback ${packetId}`) }
  pubrec(packetId: number): void { this.acks.push(`pubrec ${packetId}`) }
  close(reason: string): void { this.closed = reason }
  pause(): void { this.paused = true }
  resume(): void { this.paused = false }
}

/** A client at the other end of a session, which acknowledges when it is told to. */
export class Subscriber implements Link {
  writable = true
  closed: string | undefined
  readonly resumed: boolean
  readonly session: Session
  /** All that was sent, as `payload` or `payload DUP`, PUBRELs as `pubrel id`. */
  readonly got: string[] = []
  readonly packets: OutgoingPublish[] = []
  /** Not acknowledged yet. */
  readonly open: OutgoingPublish[] = []
  readonly #rig: Rig

  constructor(rig: Rig, clientid: string, clean: boolean, options: { readonly open: boolean } = { open: true }) {
    this.#rig = rig
    const attached = rig.delivery.attach({ clientid, clean, username: undefined, link: this })
    this.session = attached.session
    this.resumed = attached.resumed
    if (options.open) rig.delivery.open(this.session)
  }

  publish(sent: OutgoingPublish): void {
    this.got.push(`${sent.payload.toString()}${sent.retain ? ' RETAIN' : ''}${sent.dup ? ' DUP' : ''}`)
    this.packets.push(sent)
    if (sent.qos > 0) this.open.push(sent)
  }

  pubrel(packetId: number): void {
    this.got.push(`pubrel ${packetId}`)
  }

  answered(): void {}

  close(reason: string): void {
    this.closed = reason
    this.leave()
  }

  subscribe(filter: string, qos: 0 | 1 | 2 = 1): void {
    const subscription = this.#rig.delivery.subscribe(this.session, filter, qos, { own: true })
    this.#rig.delivery.subscribed(this.session, subscription, { resumed: false })
  }

  /** Acknowledges one message in full. */
  ack(sent: OutgoingPublish): void {
    this.open.splice(this.open.indexOf(sent), 1)
    if (sent.qos === 1) this.session.puback(sent.packetId)
    else {
      this.session.pubrec(sent.packetId)
      this.session.pubcomp(sent.packetId)
    }
  }

  ackAll(): void {
    for (const sent of [...this.open]) this.ack(sent)
  }

  leave(): void {
    this.#rig.delivery.detach(this.session, this)
  }

  /** Payloads without flags. */
  get payloads(): string[] {
    return this.packets.map((sent) => sent.payload.toString())
  }
}
