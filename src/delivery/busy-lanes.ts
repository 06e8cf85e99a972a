import type { Lane } from './outgoing.ts'

/** Lanes of a session that read at once: its window is small, and each may bring a page. */
const READING = 64

/** Of one session's lanes, those that have something to read or to send. The sets are made for the first. */
export class BusyLanes {
  #all: Set<Lane> | undefined
  #hungry: Set<Lane> | undefined
  /** A page is on its way to them, or was lately. */
  #reading: Set<Lane> | undefined

  get size(): number {
    return this.#all?.size ?? 0
  }

  /** Some want to read and had no turn yet, or no pool. */
  get hasHungry(): boolean {
    return this.#hungry !== undefined && this.#hungry.size > 0
  }

  /** It has something to send. */
  fed(lane: Lane): void {
    this.#all ??= new Set()
    this.#all.add(lane)
  }

  /** It has something to read. */
  hungry(lane: Lane): void {
    this.#all ??= new Set()
    this.#all.add(lane)
    this.#hungry ??= new Set()
    this.#hungry.add(lane)
  }

  /** It has read and handed out all that there is. */
  rest(lane: Lane): void {
    this.#all?.delete(lane)
  }

  /** There is no such lane any more. */
  delete(lane: Lane): void {
    this.#all?.delete(lane)
    this.#hungry?.delete(lane)
    this.#reading?.delete(lane)
  }

  clear(): void {
    this.#all = undefined
    this.#hungry = undefined
    this.#reading = undefined
  }

  /** Lets as many read as may read at once; called while the window is open. */
  read(): void {
    for (const lane of this.#reading ?? []) if (!lane.reading) this.#reading?.delete(lane)
    for (const lane of this.#hungry ?? []) {
      if (this.#reading !== undefined && this.#reading.size >= READING) break
      if (!lane.read()) continue
      this.#hungry?.delete(lane)
      if (!lane.reading) continue
      this.#reading ??= new Set()
      this.#reading.add(lane)
    }
  }
}
