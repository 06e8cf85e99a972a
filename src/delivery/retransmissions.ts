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
  readonly #clients = new Map<string, Map<number, Inbound>>()
  /** All of them, by age. A list and not a Set: one comes and goes with each message. */
  #oldest: Inbound | undefined
  #newest: Inbound | undefined
  #size = 0

  find(clientid: string, packet: IncomingPublish): Inbound | undefined {
    const message = this.#clients.get(clientid)?.get(packet.packetId)
    if (message === undefined) return undefined
    const { record } = message
    // within a session a QoS 2 packet id is taken until its PUBREL
    if (packet.qos === 2 && message.received) return message
    const same = record.qos === packet.qos && record.topic === packet.topic && record.retain === packet.retain
      && (message.digest === undefined ? record.payload.equals(packet.payload) : message.digest === digestOf(packet.payload))
    return same ? message : undefined
  }

  add(clientid: string, message: Inbound): void {
    let entries = this.#clients.get(clientid)
    if (entries === undefined) {
      entries = new Map()
      this.#clients.set(clientid, entries)
    }
    const before = entries.get(message.packetId)
    if (before !== undefined) this.#leave(before)
    entries.set(message.packetId, message)
    this.#join(message)
    if (this.#size > BOUND && this.#oldest !== undefined) this.delete(this.#oldest.record.from, this.#oldest.packetId)
  }

  /** PUBREL: only of a message whose PUBREC was written. */
  release(clientid: string, packetId: number): void {
    if (this.#clients.get(clientid)?.get(packetId)?.received === true) this.delete(clientid, packetId)
  }

  /** A PUBACK was written. */
  delete(clientid: string, packetId: number): void {
    const entries = this.#clients.get(clientid)
    const message = entries?.get(packetId)
    if (entries === undefined || message === undefined) return
    entries.delete(packetId)
    this.#leave(message)
    if (entries.size === 0) this.#clients.delete(clientid)
  }

  /** Its PUBREC was written: until PUBREL the packet id alone stands for it. */
  received(message: Inbound): void {
    message.received = true
    message.record = { ...message.record, payload: NO_BODY }
  }

  /** Its publisher is gone and may send it again: enough is kept to know it by. */
  unheard(message: Inbound): void {
    if (message.digest !== undefined || message.received) return
    message.digest = digestOf(message.record.payload)
    message.record = { ...message.record, payload: NO_BODY }
  }

  /** A CONNECT that resumes no session: QoS 2 packet ids whose PUBREC was written mean nothing any more. */
  newSession(clientid: string): void {
    for (const [packetId, message] of this.#clients.get(clientid) ?? []) {
      if (message.received) this.delete(clientid, packetId)
    }
  }

  #join(message: Inbound): void {
    message.older = this.#newest
    if (this.#newest === undefined) this.#oldest = message
    else this.#newest.newer = message
    this.#newest = message
    this.#size++
  }

  #leave(message: Inbound): void {
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

const NO_BODY = Buffer.alloc(0)

function digestOf(payload: Buffer): string {
  return createHash('sha1').update(payload).digest('base64')
}
