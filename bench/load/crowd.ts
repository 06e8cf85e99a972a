import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection } from './connection.ts'
import { Latencies } from './latencies.ts'
import type { Connections, LoadFigures, Publishing } from './orders.ts'
import { Publisher } from './publisher.ts'
import { subscribe } from './subscriber.ts'

/** Between two looks at what a paced publisher owes, and at whether all has arrived. Milliseconds. */
const TICK_MS = 1
/** Without news for so long, what is missing of QoS 0 is taken for lost. Milliseconds. */
const QUIET_MS = 500
/** Without news for so long, a broker that owes something has failed. Milliseconds. */
const STUCK_MS = 20_000

/** Publishers and subscribers on their connections. */
export class Crowd {
  readonly #publishers: Publisher[] = []
  readonly #acks = new Latencies()
  readonly #deliveries = new Latencies()
  readonly #spec: Connections
  readonly #withNews = new Set<Publisher>()
  #delivered = 0
  #lastNews = 0
  #onRoom: (publisher: Publisher) => void = () => {}

  private constructor(spec: Connections) {
    this.#spec = spec
  }

  static async connect(spec: Connections): Promise<Crowd> {
    const crowd = new Crowd(spec)
    const { port, subscribers, publishers } = spec
    for (let number = 0; number < subscribers.count; number++) {
      await subscribe(subscribers, {
        connection: await Connection.open({ port, clientid: `subscriber-${number}`, clean: subscribers.clean }),
        ackDelayMs: subscribers.ackDelayMs,
        latencies: crowd.#deliveries,
        onMessage: (publisher) => { crowd.#arrived(publisher) },
      })
    }
    for (let number = 0; number < publishers.count; number++) {
      const publisher: Publisher = new Publisher({
        number,
        connection: await Connection.open({ port, clientid: `publisher-${number}` }),
        spec: publishers,
        copies: subscribers.count,
        latencies: crowd.#acks,
        onDone: () => { crowd.#done(publisher) },
      })
      crowd.#publishers.push(publisher)
    }
    return crowd
  }

  async publish(publishing: Publishing): Promise<LoadFigures> {
    this.#acks.forget()
    this.#deliveries.forget()
    this.#delivered = 0
    const start = performance.now()
    const messages = await (publishing.perSecond === 0 ? this.#saturate(publishing) : this.#pace(publishing))
    await this.#settle(messages)
    return {
      messages,
      owed: messages * this.#spec.subscribers.count,
      delivered: this.#delivered,
      seconds: (this.#lastNews - start) / 1_000,
      ackP50Ms: this.#acks.percentile(50),
      ackP99Ms: this.#acks.percentile(99),
      deliveryP50Ms: this.#deliveries.percentile(50),
      deliveryP99Ms: this.#deliveries.percentile(99),
    }
  }

  /** Keeps as many under way as may be; returns how many were sent. */
  async #saturate({ messages, forMs }: Publishing): Promise<number> {
    const end = performance.now() + forMs
    let sent = 0
    await new Promise<void>((resolve) => {
      this.#onRoom = (publisher) => {
        if (sent >= messages || performance.now() >= end) {
          resolve()
          return
        }
        const room = this.#room(publisher, messages - sent)
        sent += room
        publisher.send(room)
      }
      // two halves of a window, for QoS 0
      for (const publisher of [...this.#publishers, ...this.#publishers]) this.#onRoom(publisher)
    })
    this.#onRoom = () => {}
    return sent
  }

  /** Sends what is due at each tick, spread over the connections; returns how many were sent. */
  async #pace({ messages, forMs, perSecond }: Publishing): Promise<number> {
    const start = performance.now()
    let sent = 0
    for (let passed = 0; sent < messages && passed < forMs; passed = performance.now() - start) {
      const due = Math.min(messages, Math.ceil(passed / 1_000 * perSecond))
      for (; sent < due; sent++) {
        const publisher = this.#publishers[sent % this.#publishers.length]
        if (publisher === undefined || this.#room(publisher, 1) === 0) break
        publisher.send(1)
      }
      await sleep(TICK_MS)
    }
    return sent
  }

  /** How many more a publisher may send now. One of QoS 0 sends half a window at a time, so that another half is under way. */
  #room(publisher: Publisher, wanted: number): number {
    const { inFlight, qos } = this.#spec.publishers
    const room = Math.min(inFlight - publisher.underWay, wanted)
    return qos === 0 ? Math.min(room, Math.ceil(inFlight / 2)) : room
  }

  /** Waits until nothing is under way and all subscribers have all. */
  async #settle(messages: number): Promise<void> {
    const { subscribers, publishers } = this.#spec
    const owed = messages * subscribers.count
    const lossy = Math.min(subscribers.qos, publishers.qos) === 0
    for (;;) {
      const underWay = this.#publishers.some(publisher => publisher.underWay > 0)
      if (!underWay && this.#delivered >= owed) return
      const quietMs = performance.now() - this.#lastNews
      if (!underWay && lossy && quietMs > QUIET_MS) return
      if (quietMs > STUCK_MS) throw new Error(`the broker is stuck: ${this.#delivered} of ${owed} deliveries`)
      await sleep(TICK_MS)
    }
  }

  #arrived(number: number): void {
    this.#delivered++
    this.#lastNews = performance.now()
    const publisher = this.#publishers[number]
    publisher?.delivered()
    if (publisher !== undefined && this.#spec.publishers.until === 'delivered') this.#soon(publisher)
  }

  #done(publisher: Publisher): void {
    this.#lastNews = performance.now()
    this.#soon(publisher)
  }

  /** Looks for room when all that came with this news is read: what is sent then leaves in one write. */
  #soon(publisher: Publisher): void {
    this.#withNews.add(publisher)
    if (this.#withNews.size > 1) return
    queueMicrotask(() => {
      const publishers = [...this.#withNews]
      this.#withNews.clear()
      for (const it of publishers) this.#onRoom(it)
    })
  }
}
