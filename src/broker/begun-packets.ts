/** What packets that have begun may take together, whatever their limit is. */
const BYTES = 48 * 1024 * 1024
/** Or so many packets of the largest, if that is more. */
const PACKETS = 4
/** A packet that has begun and takes no more is not looked at: there may be as many as connections. */
const SMALL = 1_024

/** Whose packet has begun. */
export interface Beginner {
  /** Too much has begun, and this one longest ago. */
  giveUp(): void
}

/**
 * What all connections hold of packets, or of WebSocket messages, that are not whole yet. One may be as large as
 * its limit and may take for ever to come: beyond a bound the one that began longest ago goes.
 */
export class BegunPackets {
  readonly #largest: () => number
  /** Longest begun first. */
  readonly #bytesOf = new Map<Beginner, number>()
  #bytes = 0

  /** `largest`: bytes of the largest packet. */
  constructor(largest: () => number) {
    this.#largest = largest
  }

  get bytes(): number {
    return this.#bytes
  }

  /** It takes so much now. */
  takes(beginner: Beginner, bytes: number): void {
    if (bytes <= SMALL) return this.ended(beginner)
    this.#bytes += bytes - (this.#bytesOf.get(beginner) ?? 0)
    this.#bytesOf.set(beginner, bytes)
    const most = Math.max(BYTES, PACKETS * this.#largest())
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
