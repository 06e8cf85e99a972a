import type { MessageRecord } from '../actions/message-record.ts'
import type { Group } from './group.ts'
import type { Origin } from './outgoing.ts'
import type { Pool } from './ports.ts'

/** A QoS 1 or 2 message on its way to the client. Bodies of covered ones stay in the store. */
export interface InFlight {
  readonly packetId: number
  readonly msgid: string
  readonly topic: string
  readonly qos: 1 | 2
  readonly retain: boolean
  /** Only of what a rule covers. */
  readonly origin: Origin | undefined
  /** Only of what no rule covers. With neither, the message is nobody's: the exchange is only brought to its end. */
  readonly record: MessageRecord | undefined
  /** PUBREC was received: PUBREL instead of PUBLISH from now on [MQTT-4.3.3-1]. */
  released: boolean
}

/**
 * What is in flight to one client, in the order of its sending. It outlives the connection of a
 * persistent session. Map and Set are made when there is something to hold: many clients only publish.
 */
export class Window {
  #byPacketId: Map<number, InFlight> | undefined
  /** Of all that is somebody's. */
  #msgids: Set<string> | undefined
  #lastPacketId = 0

  get size(): number {
    return this.#byPacketId?.size ?? 0
  }

  /** In the order of their sending; a copy, so that messages may leave meanwhile. */
  get messages(): InFlight[] {
    return this.#byPacketId === undefined ? [] : [...this.#byPacketId.values()]
  }

  get(packetId: number): InFlight | undefined {
    return this.#byPacketId?.get(packetId)
  }

  has(msgid: string): boolean {
    return this.#msgids?.has(msgid) === true
  }

  /** One that no message in flight has. */
  nextPacketId(): number {
    do this.#lastPacketId = this.#lastPacketId % 65_535 + 1
    while (this.#byPacketId?.has(this.#lastPacketId) === true)
    return this.#lastPacketId
  }

  add(message: InFlight): void {
    this.#byPacketId ??= new Map()
    this.#byPacketId.set(message.packetId, message)
    this.#msgids ??= new Set()
    this.#msgids.add(message.msgid)
  }

  /** The exchange is over; its packet id is free. */
  remove({ packetId, msgid, origin, record }: InFlight): void {
    this.#byPacketId?.delete(packetId)
    if (origin !== undefined || record !== undefined) this.#msgids?.delete(msgid)
  }

  /**
   * The message is nobody's from now on. Of QoS 2 the client may have it all the same, and would take the next message
   * of its packet id for it: PUBREL until PUBCOMP, which acknowledges nothing, because the client may as well never have had it.
   */
  disown(message: InFlight): void {
    this.#msgids?.delete(message.msgid)
    if (message.qos === 1) this.#byPacketId?.delete(message.packetId)
    // in its place: the order of sending stays
    else this.#byPacketId?.set(message.packetId, { ...message, origin: undefined, record: undefined, released: true })
  }

  /** Something of a shared subscription is in flight; this message, if one is named. */
  hasOf(group: Group, msgid?: string): boolean {
    if (this.#byPacketId === undefined || (msgid !== undefined && this.#msgids?.has(msgid) !== true)) return false
    for (const message of this.#byPacketId.values()) {
      if (message.origin?.group === group && (msgid === undefined || message.msgid === msgid)) return true
    }
    return false
  }

  hasOlder(topic: string, msgid: string): boolean {
    if (this.#byPacketId === undefined) return false
    for (const message of this.#byPacketId.values()) if (message.topic === topic && message.msgid < msgid) return true
    return false
  }

  hasFrom(pool: Pool): boolean {
    if (this.#byPacketId === undefined) return false
    for (const { origin } of this.#byPacketId.values()) if (origin?.pool === pool) return true
    return false
  }

  /** The shared subscriptions that something in flight is of. */
  get groups(): Set<Group> {
    const groups = new Set<Group>()
    for (const { origin } of this.#byPacketId?.values() ?? []) if (origin?.group !== undefined) groups.add(origin.group)
    return groups
  }
}
