import { createHash } from 'node:crypto'
import type { Inbound, IncomingPublish } from './publisher.ts'

/** Entries kept for all clients; the oldest goes. */
const BOUND = 100_000

/**
 * Publishes that this process began to store and has not acknowledged, by client and packet id: a
 * publish that equals one of them *is* that message, whatever its DUP flag (SPEC 4.1). QoS 2: the
 * packet id alone says so, from PUBREC to PUBREL [MQTT-4.3.3-2]. It is not session state: it
 * outlives connections and clean sessions.
 */
export class Retransmissions {
  readonly #clients = new Map<string, Unacknowledged>()
  /** All of them, by age. */
  #oldest: Inbound | undefined
  #newest: Inbound | undefined
  #size = 0

  /** Those of one client, for a connection of it; {@link Retransmissions.leave} when it is gone. */
  enter(clientid: string): Unacknowledged {
    let client = this.#clients.get(clientid)
    if (client === undefined) this.#clients.set(clientid, client = new Unacknowledged(clientid))
    client.connections++
    return client
  }

  leave(client: Unacknowledged): void {
    client.connections--
    this.#forget(client)
  }

  find(client: Unacknowledged, packet: IncomingPublish): Inbound | undefined {
    const message = client.get(packet.packetId)
    if (message === undefined) return undefined
    const { record } = message
    // within a session a QoS 2 packet id is taken until its PUBREL
    if (packet.qos === 2 && message.received) return message
    const same = record.qos === packet.qos && record.retain === packet.retain && (message.digest === undefined
      ? record.topic === packet.topic && record.payload.equals(packet.payload)
      : message.digest === digestOf(packet))
    return same ? message : undefined
  }

  add(client: Unacknowledged, message: Inbound): void {
    const replaced = client.put(message)
    if (replaced !== undefined) this.#part(replaced)
    this.#join(message)
    if (this.#size <= BOUND || this.#oldest === undefined) return
    const { record, packetId } = this.#oldest
    const other = this.#clients.get(record.from)
    if (other !== undefined) this.delete(other, packetId)
  }

  /** PUBREL: only of a message whose PUBREC was written. */
  release(client: Unacknowledged, packetId: number): void {
    if (client.get(packetId)?.received === true) this.delete(client, packetId)
  }

  /** A PUBACK was written. */
  delete(client: Unacknowledged, packetId: number): void {
    const message = client.take(packetId)
    if (message === undefined) return
    this.#part(message)
    if (client.connections === 0) this.#forget(client)
  }

  /** Its PUBREC was written: until PUBREL the packet id alone stands for it. */
  received(message: Inbound): void {
    message.received = true
    message.record = { ...message.record, ...NOTHING }
  }

  /** Its publisher is gone and may send it again: enough is kept to know it by. */
  unheard(message: Inbound): void {
    if (message.digest !== undefined || message.received) return
    message.digest = digestOf(message.record)
    message.record = { ...message.record, ...NOTHING }
  }

  /** A CONNECT that resumes no session: QoS 2 packet ids whose PUBREC was written mean nothing any more. */
  newSession(clientid: string): void {
    const client = this.#clients.get(clientid)
    if (client === undefined) return
    for (const { packetId, received } of client.all()) if (received) this.delete(client, packetId)
  }

  #forget(client: Unacknowledged): void {
    if (client.connections === 0 && client.size === 0) this.#clients.delete(client.clientid)
  }

  #join(message: Inbound): void {
    message.older = this.#newest
    if (this.#newest === undefined) this.#oldest = message
    else this.#newest.newer = message
    this.#newest = message
    this.#size++
  }

  #part(message: Inbound): void {
    const { older, newer } = message
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
    message.older = undefined
    message.newer = undefined
    this.#size--
  }
}

/** Places of a table before it grows; a power of two. */
const FEWEST_PLACES = 8
/** Of one that is empty: more are given back. */
const MOST_IDLE_PLACES = 64

/**
 * Publishes of one client that were not acknowledged. A table of our own, whose messages are chained where they share a place,
 * and not a Map: one comes and goes with each message, a Map makes a new table every few of them, and
 * V8 links the tables, so that all of them and the messages in them outlived its small collections.
 */
export class Unacknowledged {
  readonly clientid: string
  /** That it has now; two while one takes over from the other. */
  connections = 0
  #size = 0
  #places: (Inbound | undefined)[] = []

  constructor(clientid: string) {
    this.clientid = clientid
  }

  get size(): number {
    return this.#size
  }

  get(packetId: number): Inbound | undefined {
    let message = this.#places[packetId & (this.#places.length - 1)]
    while (message !== undefined && message.packetId !== packetId) message = message.sibling
    return message
  }

  /** Returns the message of this packet id that was there. */
  put(message: Inbound): Inbound | undefined {
    const replaced = this.take(message.packetId)
    if (this.#size >= this.#places.length) this.#grow()
    const place = message.packetId & (this.#places.length - 1)
    message.sibling = this.#places[place]
    this.#places[place] = message
    this.#size++
    return replaced
  }

  take(packetId: number): Inbound | undefined {
    const place = packetId & (this.#places.length - 1)
    let before: Inbound | undefined
    let message = this.#places[place]
    while (message !== undefined && message.packetId !== packetId) {
      before = message
      message = message.sibling
    }
    if (message === undefined) return undefined
    if (before === undefined) this.#places[place] = message.sibling
    else before.sibling = message.sibling
    message.sibling = undefined
    this.#size--
    if (this.#size === 0 && this.#places.length > MOST_IDLE_PLACES) this.#places = []
    return message
  }

  all(): readonly Inbound[] {
    const all: Inbound[] = []
    for (const first of this.#places) for (let message = first; message !== undefined; message = message.sibling) all.push(message)
    return all
  }

  #grow(): void {
    const all = this.all()
    const places = Array.from<Inbound | undefined>({ length: Math.max(FEWEST_PLACES, 2 * this.#places.length) })
    for (const message of all) {
      const place = message.packetId & (places.length - 1)
      message.sibling = places[place]
      places[place] = message
    }
    this.#places = places
  }
}

/** A topic may be as long as a payload. */
const NOTHING = { topic: '', payload: Buffer.alloc(0) } as const

/** No topic holds what stands between the two [MQTT-3.3.2-2]. */
function digestOf({ topic, payload }: Pick<IncomingPublish, 'topic' | 'payload'>): string {
  return createHash('sha1').update(topic).update('\0').update(payload).digest('base64')
}
