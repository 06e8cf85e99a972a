import type { Duplex } from 'node:stream'
import type { OutgoingPublish } from '../delivery/ports.ts'

/** First byte of the fixed header, with its flags [MQTT-2.2.2-1]. */
const PUBLISH = 0x30
const PUBACK = 0x40
const PUBREC = 0x50
const PUBREL = 0x62
const PUBCOMP = 0x70
const SUBACK = 0x90
const UNSUBACK = 0xb0
const PINGRESP = 0xd0

/** Room for what one turn writes, at first: some hundred acknowledgements, or a few messages. */
const FIRST_ROOM = 512
/** Written at once when so much waits, so that the socket says in time when it takes no more. */
const MOST_BYTES = 16 * 1024
/** A payload that is not copied. */
const LARGE_PAYLOAD = 4 * 1024
/** First byte, and a remaining length at its longest (2.2.3 of the standard). */
const FIXED_HEADER = 5

/**
 * Packets to one socket. What a turn of the event loop writes leaves together when it ends: an
 * acknowledgement alone costs the system more than all that came before it. Nothing is written to a
 * socket that is closed.
 */
export class Wire {
  readonly #conn: Duplex
  readonly #onFull: () => void
  #room: Buffer | undefined
  #length = 0

  /** `onFull`: the socket has not taken what was written; it says `drain` when it has. */
  constructor(conn: Duplex, onFull: () => void) {
    this.#conn = conn
    this.#onFull = onFull
  }

  publish({ topic, payload, qos, retain, dup, packetId }: OutgoingPublish): void {
    const topicBytes = Buffer.byteLength(topic)
    const idBytes = qos === 0 ? 0 : 2
    const isLarge = payload.length >= LARGE_PAYLOAD
    const room = this.#reserve(FIXED_HEADER + 2 + topicBytes + idBytes + (isLarge ? 0 : payload.length))
    let at = this.#header(room, PUBLISH | (dup ? 8 : 0) | qos << 1 | (retain ? 1 : 0), 2 + topicBytes + idBytes + payload.length)
    at = writeNumber(room, at, topicBytes)
    at += room.write(topic, at)
    if (qos > 0) at = writeNumber(room, at, packetId)
    if (!isLarge) {
      room.set(payload, at)
      at += payload.length
    }
    this.#length = at
    if (!isLarge) return
    this.flush()
    this.#write(payload)
  }

  puback(packetId: number): void {
    this.#acknowledge(PUBACK, packetId)
  }

  pubrec(packetId: number): void {
    this.#acknowledge(PUBREC, packetId)
  }

  pubrel(packetId: number): void {
    this.#acknowledge(PUBREL, packetId)
  }

  pubcomp(packetId: number): void {
    this.#acknowledge(PUBCOMP, packetId)
  }

  unsuback(packetId: number): void {
    this.#acknowledge(UNSUBACK, packetId)
  }

  pingresp(): void {
    const room = this.#reserve(2)
    room[this.#length++] = PINGRESP
    room[this.#length++] = 0
  }

  /** One return code per filter: the granted QoS, or 128 for a refused one [MQTT-3.9.3-1]. */
  suback(packetId: number, granted: readonly number[]): void {
    const room = this.#reserve(FIXED_HEADER + 2 + granted.length)
    let at = writeNumber(room, this.#header(room, SUBACK, 2 + granted.length), packetId)
    for (const code of granted) room[at++] = code
    this.#length = at
  }

  /** Writes what waits, if something does. */
  flush(): void {
    const room = this.#room
    if (room === undefined) return
    this.#room = undefined
    this.#write(room.subarray(0, this.#length))
  }

  #write(bytes: Buffer): void {
    if (this.#conn.destroyed) return
    if (!this.#conn.write(bytes)) this.#onFull()
  }

  #acknowledge(header: number, packetId: number): void {
    const room = this.#reserve(4)
    const at = this.#length
    room[at] = header
    room[at + 1] = 2
    this.#length = writeNumber(room, at + 2, packetId)
  }

  /** Returns where so many bytes have room behind the `#length` that are there. */
  #reserve(bytes: number): Buffer {
    if (this.#room !== undefined && this.#length + bytes > MOST_BYTES) this.flush()
    const room = this.#room
    if (room === undefined) {
      process.nextTick(this.#endTurn)
      this.#length = 0
      return this.#room = Buffer.allocUnsafe(Math.max(FIRST_ROOM, bytes))
    }
    if (this.#length + bytes <= room.length) return room
    const larger = Buffer.allocUnsafe(Math.max(2 * room.length, this.#length + bytes))
    room.copy(larger, 0, 0, this.#length)
    return this.#room = larger
  }

  readonly #endTurn = (): void => { this.flush() }

  /** Returns where the variable header begins. */
  #header(room: Buffer, first: number, remaining: number): number {
    let at = this.#length
    room[at++] = first
    let rest = remaining
    while (rest >= 0x80) {
      room[at++] = rest & 0x7f | 0x80
      rest >>= 7
    }
    room[at++] = rest
    return at
  }
}

function writeNumber(room: Buffer, at: number, value: number): number {
  room[at] = value >> 8
  room[at + 1] = value & 0xff
  return at + 2
}
