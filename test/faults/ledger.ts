import type { Cluster, Redis } from 'ioredis'
import type { Arrival } from '../support/wire-client.ts'
import type { Stored } from './stored.ts'

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
  /** Arrivals without DUP of what the subscriber had before: in an earlier session, or stored twice. */
  readonly again: number
  /** Acknowledged, not seen by a subscriber it is owed to, and not in Redis for it. */
  readonly lost: readonly string[]
  /** Acknowledged, not seen, but still in Redis: a subscriber that is there was not served. */
  readonly waiting: readonly string[]
  /** Came to one session without DUP, or was handed over with QoS 2, more often than it was stored. */
  readonly repeated: readonly string[]
  /** Came for the first time after a later one of its publisher and topic. */
  readonly outOfOrder: readonly string[]
  /** Records beyond the first that are allowed (DELIVERY 8, rows 3 and 4), by what happened to their message. */
  readonly storedTwice: Readonly<Record<Allowed, number>>
  /** Acknowledged, and Redis never had it. */
  readonly neverStored: readonly string[]
  /** Stored more often than that explains. */
  readonly storedAgain: readonly string[]
  /** Written again after it had been deleted. */
  readonly broughtBack: readonly string[]
}

/**
 * Why a message may be stored twice: it was not acknowledged when the broker was killed, or its
 * PUBACK was written, and lost with its connection.
 */
export type Allowed = 'broker killed' | 'PUBACK lost'

interface Entry {
  readonly message: Numbered
  acknowledged: boolean
  /** Broker life in which it was last on a wire. */
  life: number
  /** How often it was sent again to another process than the one that had it. */
  killed: number
  /** PUBACKs for it that a broker has written. */
  pubacks: number
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
  /** What Redis lost by itself is owed to nobody any more. */
  readonly #forgiven = new Set<Entry>()
  readonly #subscribers = new Map<string, readonly string[]>()
  /** By subscriber and session, then by message: arrivals without DUP, and hand-overs of QoS 2. */
  readonly #arrived = new Map<string, Map<string, number>>()
  readonly #handedOver = new Map<string, Map<string, number>>()
  /** By subscriber, publisher and topic: the highest number that came. */
  readonly #highest = new Map<string, number>()
  /** By subscriber: what came, in whatever session. */
  readonly #came = new Map<string, Set<string>>()
  /** By publisher: when something of it was last acknowledged. Milliseconds since 1970. */
  readonly #acknowledgedAt = new Map<string, number>()
  readonly #outOfOrder: string[] = []
  #redelivered = 0
  #again = 0

  /** From now on the topics' messages are owed to it. */
  subscriber(clientId: string, topics: readonly string[]): void {
    this.#subscribers.set(clientId, topics)
    this.#came.set(clientId, new Set())
  }

  /** A message is about to be sent. Returns its payload. */
  made(message: Numbered): string {
    const payload = `${message.publisher} ${message.topic} ${message.number} qos ${message.qos}`
    this.#entries.set(payload, { message, acknowledged: false, life: this.life, killed: 0, pubacks: 0, seenBy: new Set() })
    this.#acknowledgedAt.set(message.publisher, this.#acknowledgedAt.get(message.publisher) ?? 0)
    return payload
  }

  /** It is on a wire. */
  sent(payload: string, again: boolean): void {
    const entry = this.#entry(payload)
    if (again && entry.life !== this.life) entry.killed++
    entry.life = this.life
  }

  /** A broker has written its PUBACK, whether it arrives or not. */
  pubackWritten(payload: string): void {
    this.#entry(payload).pubacks++
  }

  acknowledged(payload: string): void {
    const entry = this.#entry(payload)
    entry.acknowledged = true
    this.#acknowledgedAt.set(entry.message.publisher, Date.now())
  }

  /** Every publisher has had an acknowledgement since then. Milliseconds since 1970. */
  allAcknowledgedSince(time: number): boolean {
    return [...this.#acknowledgedAt.values()].every((at) => at >= time)
  }

  /** Redis has lost its data by itself: what was made until now may be gone. */
  dataGone(): void {
    for (const entry of this.#entries.values()) this.#forgiven.add(entry)
  }

  arrived(clientId: string, { payload, dup, session }: Arrival): void {
    const { message: { publisher, topic, number } } = this.#entry(payload)
    if (dup) this.#redelivered++
    else increment(this.#arrived, `${clientId} ${session}`, payload)
    const came = this.#came.get(clientId)
    if (came === undefined) throw new Error(`${clientId} is no subscriber`)
    if (came.has(payload)) {
      if (!dup) this.#again++
      return
    }
    came.add(payload)
    const line = `${clientId} ${publisher} ${topic}`
    const highest = this.#highest.get(line) ?? 0
    // of a queue it may come late because another one had it and its acknowledgement was lost
    const elsewhere = isQueue(topic) && [...this.#came].some(([other, all]) => other !== clientId && all.has(payload))
    if (number < highest && !elsewhere) this.#outOfOrder.push(`${payload} after ${highest} at ${clientId}`)
    this.#highest.set(line, Math.max(number, highest))
  }

  handedOver(clientId: string, { payload, qos, session }: Arrival): void {
    this.#entry(payload).seenBy.add(clientId)
    if (qos === 2) increment(this.#handedOver, `${clientId} ${session}`, payload)
  }

  /** Acknowledged messages that somebody has not seen, each with whom; a queue's with no one. */
  missing(): { readonly payload: string, readonly topic: string, readonly clientId: string | undefined }[] {
    const missing = []
    for (const [payload, entry] of this.#entries) {
      const { message: { topic }, acknowledged, seenBy } = entry
      if (!acknowledged || this.#forgiven.has(entry)) continue
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
  async verdict(redis: Redis | Cluster, stored: Stored): Promise<Verdict> {
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
    const { storedTwice, storedAgain } = this.#storedTwice(stored)
    return {
      acknowledged: [...this.#entries.values()].filter(({ acknowledged }) => acknowledged).length,
      redelivered: this.#redelivered, again: this.#again,
      lost, waiting, repeated: this.#repeated(stored), outOfOrder: this.#outOfOrder,
      neverStored: this.#neverStored(stored), storedTwice, storedAgain, broughtBack: stored.broughtBack,
    }
  }

  #neverStored({ records, whole }: Stored): string[] {
    return whole ? [...this.#entries].filter(([payload, { acknowledged }]) => acknowledged && !records.has(payload)).map(([payload]) => payload) : []
  }

  #storedTwice({ records }: Stored): Pick<Verdict, 'storedTwice' | 'storedAgain'> {
    const storedTwice = { 'broker killed': 0, 'PUBACK lost': 0 }
    const storedAgain: string[] = []
    for (const [payload, { size }] of records) {
      const entry = this.#entry(payload)
      const lost = Math.min(size - 1, lostPubacks(entry))
      const killed = Math.min(size - 1 - lost, entry.killed)
      storedTwice['PUBACK lost'] += lost
      storedTwice['broker killed'] += killed
      if (lost + killed < size - 1) storedAgain.push(`${payload}: ${size} records, its PUBACK lost ${lostPubacks(entry)} times, its broker killed ${entry.killed} times`)
    }
    return { storedTwice, storedAgain }
  }

  #repeated({ records, whole }: Stored): string[] {
    const copies = (payload: string): number => {
      const entry = this.#entry(payload)
      return whole ? records.get(payload)?.size ?? 0 : 1 + lostPubacks(entry) + entry.killed
    }
    const oftener = (counts: Map<string, Map<string, number>>, what: string): string[] => [...counts].flatMap(([group, inner]) =>
      [...inner].filter(([payload, count]) => count > copies(payload)).map(([payload, count]) => `${payload} ${what} ${count} times at ${group}`))
    return [...oftener(this.#arrived, 'came'), ...oftener(this.#handedOver, 'was handed over')]
  }

  #entry(payload: string): Entry {
    const entry = this.#entries.get(payload)
    if (entry === undefined) throw new Error(`nobody sent "${payload}"`)
    return entry
  }
}

/** All but the one that ended it. */
function lostPubacks({ acknowledged, message: { qos }, pubacks }: Entry): number {
  return qos === 1 ? Math.max(0, pubacks - (acknowledged ? 1 : 0)) : 0
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
