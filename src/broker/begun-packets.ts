/** What packets that have begun may take together, whatever mqtt.max_packet_size is. */
const BYTES = 48 * 1024 * 1024
/** Or so many packets of mqtt.max_packet_size, if that is more. */
const PACKETS = 4
/** A packet that has begun and takes no more is not looked at: there may be as many as connections. */
const SMALL = 1_024

/** Whose packet has begun. */
export interface Beginner {
  /** Too much has begun, and this one longest ago. */
  giveUp(): void
}

/**
 * What all connections hold of packets that are not whole yet. One may be as large as
 * mqtt.max_packet_size and may take for ever to come: beyond a bound the one that began longest ago goes.
 */
export class BegunPackets {
  readonly #maxPacketSize: () => number
  /** Longest begun first. */
  readonly #bytesOf = new Map<Beginner, number>()
  #bytes = 0

  constructor(maxPacketSize: () => number) {
    this.#maxPacketSize = maxPacketSize
  }

  get bytes(): number {
    return this.#bytes
  }

  /** It takes so much now. */
  takes(beginner: Beginner, bytes: number): void {
    if (bytes <= SMALL) return
    this.#bytes += bytes - (this.#bytesOf.get(beginner) ?? 0)
    this.#bytesOf.set(beginner, bytes)
    const most = Math.max(BYTES, PACKETS * this.#maxPacketSize())
    for (const oldest of this.#bytesOf.keys()) {
      if (this.#bytes <= most) break
      this.ended(oldest)
      oldest.giveUp()
    }
  }

  /** It is whole, or its connection is gone. */
  ended(beginner: Beginner): void {
    const bytes = this.#bytesOf.get(beginner)
    if (bytes === undefined) return
    this.#bytesOf.delete(beginner)
    this.#bytes -= bytes
  }
}
