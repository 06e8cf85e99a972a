import type { BegunPackets, Beginner } from './begun-packets.ts'
import { bodyRefusal, CONNECT, DISCONNECT, type Extent, headerRefusal, type Limits, type Refusal } from './packet-check.ts'

const TOO_LARGE: Refusal = { problem: 'more bytes than mqtt.max_packet_size', reason: 'limit' }
const WRONG_LENGTH: Refusal = { problem: 'a remaining length of more than four bytes', reason: 'protocol' }
const NOT_CONNECT: Refusal = { problem: 'another type than CONNECT, as the first one', reason: 'protocol' }
export const TOO_SLOW: Refusal = { problem: 'a packet that took the longest to come, while too many had begun', reason: 'limit' }
const SECOND_CONNECT: Refusal = { problem: 'a second CONNECT', reason: 'protocol' }

/** Bytes of a packet that has begun: room for it grows with what has come, not with what it says it will be. */
const FIRST_ROOM = 1024

/**
 * What a client sends, cut into packets and checked, in front of the parser: the parser reads
 * leniently, and keeps a packet of 256 MB until its end. What goes on is whole packets that are
 * right, one by one, in what was read; at the first wrong one reading ends.
 */
export class PacketReader implements Beginner {
  readonly #limits: () => Limits
  readonly #packet: (bytes: Buffer, packet: Extent) => void
  readonly #allBegun: BegunPackets
  readonly #refused: (refusal: Refusal) => void
  #connected = false
  #ended = false
  /** A packet that has begun: its first `#length` bytes. */
  #begun: Buffer | undefined
  #length = 0
  /** Bytes without which it cannot be read on. */
  #missing = 0

  constructor(options: {
    readonly limits: () => Limits
    readonly packet: (bytes: Buffer, packet: Extent) => void
    readonly allBegun: BegunPackets
    /** The connection must end although nothing came. */
    readonly refused: (refusal: Refusal) => void
  }) {
    this.#limits = options.limits
    this.#packet = options.packet
    this.#allBegun = options.allBegun
    this.#refused = options.refused
  }

  /** The connection is gone. */
  end(): void {
    this.#ended = true
    this.#whole()
  }

  giveUp(): void {
    this.end()
    this.#refused(TOO_SLOW)
  }

  /**
   * Takes what came next. Returns why the connection must end, if it must: once, after the packets
   * before the wrong one were handed over. Nothing is read after it, or after DISCONNECT
   * [MQTT-3.14.4-2].
   */
  push(chunk: Buffer): Refusal | undefined {
    if (this.#ended) return undefined
    const begun = this.#begun
    if (begun === undefined) return this.#read(chunk)
    const taken = Math.min(chunk.length, this.#missing)
    const held = this.#hold(begun, chunk.subarray(0, taken))
    if (this.#missing > 0) return undefined
    this.#whole()
    const refusal = this.#read(held)
    return refusal !== undefined || taken === chunk.length ? refusal : this.push(chunk.subarray(taken))
  }

  #read(bytes: Buffer): Refusal | undefined {
    const limits = this.#limits()
    let at = 0
    while (at < bytes.length) {
      const first = bytes[at] ?? 0
      const misplaced = this.#misplaced(first >> 4) ?? headerRefusal(first)
      if (misplaced !== undefined) return this.#refuse(misplaced)
      const body = bodyStart(bytes, at)
      if (body === MALFORMED) return this.#refuse(WRONG_LENGTH)
      if (body === UNKNOWN) {
        this.#begin(bytes.subarray(at), 1)
        return undefined
      }
      const end = body + remainingLength(bytes, at)
      if (end - at > limits.maxPacketSize) return this.#refuse(TOO_LARGE)
      if (end > bytes.length) {
        this.#begin(bytes.subarray(at), end - bytes.length)
        return undefined
      }
      const packet = { at, body, end }
      const refusal = bodyRefusal(bytes, packet, limits)
      if (refusal !== undefined) return this.#refuse(refusal)
      this.#connected = true
      this.#ended = first >> 4 === DISCONNECT
      this.#packet(bytes, packet)
      if (this.#ended) return undefined
      at = end
    }
    return undefined
  }

  #refuse(refusal: Refusal): Refusal {
    this.#ended = true
    return refusal
  }

  /** [MQTT-3.1.0-1], [MQTT-3.1.0-2] */
  #misplaced(type: number): Refusal | undefined {
    if (this.#connected) return type === CONNECT ? SECOND_CONNECT : undefined
    return type === CONNECT ? undefined : NOT_CONNECT
  }

  #whole(): void {
    this.#begun = undefined
    this.#allBegun.ended(this)
  }

  #begin(bytes: Buffer, missing: number): void {
    // a copy: what was read with it is not kept for its sake
    const room = Math.min(bytes.length + missing, Math.max(FIRST_ROOM, bytes.length))
    this.#begun = Buffer.allocUnsafeSlow(room)
    this.#length = bytes.copy(this.#begun)
    this.#missing = missing
    this.#allBegun.takes(this, room)
  }

  /** Returns all bytes that it has now. */
  #hold(begun: Buffer, bytes: Buffer): Buffer {
    const length = this.#length + bytes.length
    let room = begun
    if (length > begun.length) {
      room = Buffer.allocUnsafeSlow(Math.max(length, Math.min(begun.length * 2, this.#length + this.#missing)))
      begun.copy(room, 0, 0, this.#length)
      this.#begun = room
    }
    bytes.copy(room, this.#length)
    this.#length = length
    this.#missing -= bytes.length
    if (room !== begun) this.#allBegun.takes(this, room.length)
    return room.subarray(0, length)
  }
}

const UNKNOWN = 0
const MALFORMED = -1
/** Bytes of a remaining length at most (2.2.3 of the standard). */
const LENGTH_BYTES = 4

/** Where the variable header of the packet at `at` begins, behind its remaining length; `UNKNOWN` until that is whole. */
function bodyStart(bytes: Buffer, at: number): number {
  for (let i = 1; i <= LENGTH_BYTES; i++) {
    const byte = bytes[at + i]
    if (byte === undefined) return UNKNOWN
    if (byte < 0x80) return at + i + 1
  }
  return MALFORMED
}

/** Of a packet whose remaining length is whole. */
function remainingLength(bytes: Buffer, at: number): number {
  let length = 0
  for (let i = 1; i <= LENGTH_BYTES; i++) {
    const byte = bytes[at + i] ?? 0
    length |= (byte & 0x7f) << 7 * (i - 1)
    if (byte < 0x80) break
  }
  return length
}
