import type { Arrival } from '../support/wire-client.ts'
import { WireClient } from '../support/wire-client.ts'

/** How often messages are sent. Milliseconds. */
const BEAT_MS = 5
/** Unacknowledged ones of all publishers, beyond which none is sent: what is late is then sent late, not lost. */
const MOST_UNACKNOWLEDGED = 20_000

/** What was not as it should be, each named once. */
export interface FlowResult {
  readonly acknowledged: number
  /** From the first message to the last acknowledgement. */
  readonly perSecond: number
  /** A message came that was not the next one of its publisher and topic. */
  readonly outOfTurn: readonly string[]
  /** Arrivals with DUP. */
  readonly redelivered: number
  /** Connections beyond the first. */
  readonly reconnected: number
}

/**
 * Messages with QoS 1 at a steady rate. Of each publisher and topic the subscriber must get every
 * number once, and in order; what it takes to know that does not grow with them.
 */
export class SteadyFlow {
  readonly #publishers: readonly WireClient[]
  readonly #subscribers: readonly WireClient[]
  readonly #topics: readonly string[]
  readonly #outOfTurn: string[] = []
  /** By publisher and topic. */
  readonly #lastSent = new Map<string, number>()
  readonly #lastArrived = new Map<string, number>()
  #sent = 0
  #acknowledged = 0
  #arrived = 0
  #redelivered = 0
  #startedAt = 0
  #acknowledgedAt = 0
  #beat: NodeJS.Timeout | undefined

  /** Each topic has one subscriber: the one at its place modulo `subscribers`. */
  constructor({ port, publishers, subscribers, topics }: {
    readonly port: () => number
    readonly publishers: number
    readonly subscribers: number
    readonly topics: readonly string[]
  }) {
    this.#topics = topics
    this.#publishers = Array.from({ length: publishers }, (_, i) => new WireClient({ port, clientId: `steady-publisher-${i}` }))
    this.#subscribers = Array.from({ length: subscribers }, (_, i) => new WireClient({
      port, clientId: `steady-subscriber-${i}`,
      subscriptions: topics.filter((_topic, place) => place % subscribers === i).map((topic) => ({ topic, qos: 1 })),
      onArrival: (arrival) => { this.#arrival(arrival) },
    }))
  }

  connect(): void {
    for (const client of this.#clients) client.start()
  }

  get connected(): boolean {
    return this.#clients.every(({ connected, ready }) => connected && ready)
  }

  get arrived(): number {
    return this.#arrived
  }

  start(perSecond: number): void {
    this.#startedAt = Date.now()
    this.#beat = setInterval(() => {
      const due = Math.floor((Date.now() - this.#startedAt) * perSecond / 1_000)
      while (this.#sent < due && this.#sent - this.#acknowledged < MOST_UNACKNOWLEDGED) this.#publish()
    }, BEAT_MS)
  }

  pause(): void {
    clearInterval(this.#beat)
  }

  /** Everything that was sent is acknowledged and has arrived. */
  get settled(): boolean {
    return this.#acknowledged === this.#sent && this.#arrived >= this.#sent
  }

  async stop(): Promise<void> {
    this.pause()
    await Promise.all(this.#clients.map((client) => client.stop()))
  }

  result(): FlowResult {
    return {
      acknowledged: this.#acknowledged,
      perSecond: Math.round(this.#acknowledged / (this.#acknowledgedAt - this.#startedAt) * 1_000),
      outOfTurn: this.#outOfTurn,
      redelivered: this.#redelivered,
      reconnected: this.#clients.reduce((sum, { connects }) => sum + connects - 1, 0),
    }
  }

  get #clients(): readonly WireClient[] {
    return [...this.#publishers, ...this.#subscribers]
  }

  #publish(): void {
    const publisher = this.#publishers[this.#sent % this.#publishers.length]
    const topic = this.#topics[Math.floor(this.#sent / this.#publishers.length) % this.#topics.length]
    if (publisher === undefined || topic === undefined) throw new Error('a flow has publishers and topics')
    this.#sent++
    const line = `${publisher.clientId} ${topic}`
    const number = (this.#lastSent.get(line) ?? 0) + 1
    this.#lastSent.set(line, number)
    void publisher.publish(topic, `${line} ${number} ${PADDING}`, 1).then(() => {
      this.#acknowledged++
      this.#acknowledgedAt = Date.now()
    })
  }

  #arrival({ payload, dup }: Arrival): void {
    this.#arrived++
    if (dup) this.#redelivered++
    const [publisher, topic, number] = payload.split(' ', 3)
    const line = `${publisher} ${topic}`
    const last = this.#lastArrived.get(line) ?? 0
    if (Number(number) !== last + 1) this.#outOfTurn.push(`${line} ${number} after ${last}`)
    this.#lastArrived.set(line, Math.max(last, Number(number)))
  }
}

/** A message as devices send them is some hundred bytes long. */
const PADDING = 'x'.repeat(80)
