import type { Cluster, Redis } from 'ioredis'
import type { Arrival } from '../support/wire-client.ts'

/** A numbered message; its payload is its name. */
export interface Numbered {
  readonly publisher: string
  readonly topic: string
  /** From 1, for each publisher and topic. */
  readonly number: number
  readonly qos: 1 | 2
}

/** What the end of a trial says. Each list names messages; all but the counts must be empty. */
export interface Verdict {
  readonly acknowledged: number
  /** Arrivals with DUP set: sent again after a dropped connection, which is allowed. */
  readonly redelivered: number
  /** Acknowledged, not seen by a subscriber it is owed to, and not in Redis for it. */
  readonly lost: readonly string[]
  /** Acknowledged, not seen, but still in Redis: a subscriber that is there was not served. */
  readonly waiting: readonly string[]
  /** Came again to one session without DUP, or was handed over again with QoS 2, although it was published once. */
  readonly repeated: readonly string[]
  /** Came for the first time after a later one of its publisher and topic. */
  readonly outOfOrder: readonly string[]
}

interface Entry {
  readonly message: Numbered
  acknowledged: boolean
  /** Broker life in which it was first sent. */
  readonly life: number
  /** How often it may have become a message of its own by being sent again (DELIVERY 8, rows 3 and 4). */
  copies: number
  readonly seenBy: Set<string>
}

/**
 * Who sent, acknowledged and saw what (DELIVERY 9). Topics under `queue/` are owed to at least one
 * of their subscribers, those under `pubsub/` to each.
 */
export class Ledger {
  /** Counts the lives of the broker. */
  life = 0
  readonly #entries = new Map<string, Entry>()
  readonly #subscribers = new Map<string, readonly string[]>()
  /** By subscriber and session, then by message: arrivals without DUP, and hand-overs of QoS 2. */
  readonly #arrived = new Map<string, Map<string, number>>()
  readonly #handedOver = new Map<string, Map<string, number>>()
  /** By subscriber, publisher and topic: the highest number that came. */
  readonly #highest = new Map<string, number>()
  /** By subscriber: what came, in whatever session. */
  readonly #came = new Map<string, Set<string>>()
  readonly #repeated: string[] = []
  readonly #outOfOrder: string[] = []
  #redelivered = 0

  /** From now on the topics' messages are owed to it. */
  subscriber(clientId: string, topics: readonly string[]): void {
    this.#subscribers.set(clientId, topics)
    this.#came.set(clientId, new Set())
  }

  /** Returns the payload to send. */
  sent(message: Numbered): string {
    const payload = `${message.publisher} ${message.topic} ${message.number} qos ${message.qos}`
    this.#entries.set(payload, { message, acknowledged: false, life: this.life, copies: 1, seenBy: new Set() })
    return payload
  }

  sentAgain(payload: string): void {
    const entry = this.#entries.get(payload)
    // within one life of the broker the packet id of a QoS 2 message says that it is the same
    if (entry !== undefined && (entry.message.qos === 1 || entry.life !== this.life)) entry.copies++
  }

  acknowledged(payload: string): void {
    this.#entry(payload).acknowledged = true
  }

  arrived(clientId: string, { payload, dup, session }: Arrival): void {
    const entry = this.#entry(payload)
    if (dup) this.#redelivered++
    else if (increment(this.#arrived, `${clientId} ${session}`, payload) > entry.copies) {
      this.#repeated.push(`${payload} at ${clientId}`)
    }
    const came = this.#came.get(clientId)
    if (came === undefined) throw new Error(`${clientId} is no subscriber`)
    if (came.has(payload)) return
    came.add(payload)
    const { publisher, topic, number } = entry.message
    const line = `${clientId} ${publisher} ${topic}`
    const highest = this.#highest.get(line) ?? 0
    // of a queue it may come late because another one had it and its acknowledgement was lost
    const elsewhere = isQueue(topic) && [...this.#came].some(([other, all]) => other !== clientId && all.has(payload))
    if (number < highest && !elsewhere) this.#outOfOrder.push(`${payload} after ${highest} at ${clientId}`)
    this.#highest.set(line, Math.max(number, highest))
  }

  handedOver(clientId: string, { payload, qos, session }: Arrival): void {
    const entry = this.#entry(payload)
    entry.seenBy.add(clientId)
    if (qos === 2 && increment(this.#handedOver, `${clientId} ${session}`, payload) > entry.copies) {
      this.#repeated.push(`${payload} handed over again at ${clientId}`)
    }
  }

  /** Acknowledged messages that somebody has not seen, each with whom; a queue's with no one. */
  missing(): { readonly payload: string, readonly topic: string, readonly clientId: string | undefined }[] {
    const missing = []
    for (const [payload, { message: { topic }, acknowledged, seenBy }] of this.#entries) {
      if (!acknowledged) continue
      if (isQueue(topic)) {
        if (seenBy.size === 0) missing.push({ payload, topic, clientId: undefined })
        continue
      }
      for (const [clientId, topics] of this.#subscribers) {
        if (topics.includes(topic) && !seenBy.has(clientId)) missing.push({ payload, topic, clientId })
      }
    }
    return missing
  }

  /** Looks into Redis for what is missing. */
  async verdict(redis: Redis | Cluster): Promise<Verdict> {
    const lost: string[] = []
    const waiting: string[] = []
    const logs = new Map<string, Set<string>>()
    for (const { payload, topic, clientId } of this.missing()) {
      const log = `${topic} ${clientId}`
      const owed = logs.get(log) ?? await stillOwed(redis, topic, clientId)
      logs.set(log, owed)
      const where = `${payload} at ${clientId ?? 'anyone'}`
      if (owed.has(payload)) waiting.push(where)
      else lost.push(where)
    }
    return {
      acknowledged: [...this.#entries.values()].filter(({ acknowledged }) => acknowledged).length,
      redelivered: this.#redelivered,
      lost, waiting, repeated: this.#repeated, outOfOrder: this.#outOfOrder,
    }
  }

  #entry(payload: string): Entry {
    const entry = this.#entries.get(payload)
    if (entry === undefined) throw new Error(`nobody sent "${payload}"`)
    return entry
  }
}

function isQueue(topic: string): boolean {
  return topic.startsWith('queue/')
}

/** Payloads of the topic's log that are still to come: of a queue all, of pubsub what is after the client's position. */
async function stillOwed(redis: Redis | Cluster, topic: string, clientId: string | undefined): Promise<Set<string>> {
  const ids = await redis.zrange(`mqtt:msg:${topic}`, '0', '-1')
  const position = clientId === undefined ? null : await redis.get(`mqtt:acked:${clientId}:${topic}`)
  const after = position === null ? ids : ids.slice(ids.indexOf(position) + 1)
  const payloads = await Promise.all(after.map((id) => redis.hget(`mqtt:msg:${id}`, 'payload')))
  return new Set(payloads.filter((payload) => payload !== null))
}

function increment(counts: Map<string, Map<string, number>>, group: string, key: string): number {
  const inner = counts.get(group) ?? new Map<string, number>()
  counts.set(group, inner)
  const count = (inner.get(key) ?? 0) + 1
  inner.set(key, count)
  return count
}
