import type { Counters } from '../engine/counters.ts'
import { type HeldBytes, MemoryQueue } from './memory-queue.ts'
import type { Outgoing } from './outgoing.ts'
import { RetainedBacklog } from './retained-backlog.ts'

/** What it needs of the delivery around it. */
export interface SessionMemoryPorts {
  readonly counters: Counters
  maxMqueueLen(): number
}

/**
 * What waits for one client in memory, outside of any log: what no rule covers, some of it behind a lane of its
 * topic that runs out, and after that the retained messages of new subscriptions.
 */
export class SessionMemory {
  readonly retained = new RetainedBacklog()
  readonly #held: HeldBytes
  readonly #ports: SessionMemoryPorts
  readonly #queue: MemoryQueue
  /** By topic, what waits behind a lane of it; made when something does. */
  #tails: Map<string, MemoryQueue> | undefined
  /** Called when nothing waits any more. */
  #whenEmpty: (() => void)[] = []

  constructor(held: HeldBytes, ports: SessionMemoryPorts) {
    this.#held = held
    this.#ports = ports
    this.#queue = new MemoryQueue(held)
  }

  /** Something may be taken, as far as is known. */
  get hasSome(): boolean {
    return this.#queue.length > 0 || !this.retained.isEmpty
  }

  /** Kept until its turn; the oldest goes when there are too many. */
  push(outgoing: Outgoing): void {
    this.#ports.counters.mqueueDropped += this.#queue.push(outgoing, this.#ports.maxMqueueLen())
  }

  /** Not before {@link untail} of its topic. */
  pushBehind(outgoing: Outgoing): void {
    this.#tails ??= new Map()
    const { topic } = outgoing.record
    const tail = this.#tails.get(topic) ?? new MemoryQueue(this.#held)
    this.#tails.set(topic, tail)
    this.#ports.counters.mqueueDropped += tail.push(outgoing, this.#ports.maxMqueueLen())
  }

  /** What waited behind lanes of the topic may go; false if nothing did. */
  untail(topic: string): boolean {
    const tail = this.#tails?.get(topic)
    if (tail === undefined) return false
    this.#tails?.delete(topic)
    for (let outgoing = tail.shift(); outgoing !== undefined; outgoing = tail.shift()) this.push(outgoing)
    return true
  }

  has(msgid: string): boolean {
    if (this.#queue.length === 0 && (this.#tails?.size ?? 0) === 0) return false
    const waits = (queue: MemoryQueue) => queue.some(({ id }) => id === msgid)
    return waits(this.#queue) || [...this.#tails?.values() ?? []].some(waits)
  }

  /** A message of the topic waits for its turn, and not behind a lane. */
  hasTopic(topic: string): boolean {
    return this.#queue.some((record) => record.topic === topic)
  }

  /** Calls back when {@link take} finds that nothing waits any more; never, if the connection ends before. */
  whenEmpty(callback: () => void): void {
    this.#whenEmpty.push(callback)
  }

  take(): Outgoing | undefined {
    const next = this.#queue.shift() ?? this.retained.take()
    if (next !== undefined) return next
    for (const callback of this.#whenEmpty.splice(0)) callback()
    return this.#queue.shift()
  }

  /** The connection is gone, and with it lanes, QoS 0, and who waits. */
  detach(): void {
    for (const topic of [...this.#tails?.keys() ?? []]) this.untail(topic)
    this.retained.detach()
    this.#whenEmpty = []
  }
}
