import { LazyMap, LazySet } from './lazy.ts'
import type { Pool, TopicIndex } from './ports.ts'
import type { TopicScan } from './topic-scan.ts'

/**
 * Scans of one pool and index that a session has on their way at once; the others wait their turn.
 * Counted by index, because those of retained messages wait for what others bring.
 */
const AT_ONCE = 8

/** The scans of one session: as many as it has wildcard subscriptions, a few of them on their way. */
export class TopicScans {
  readonly #byFilter = new LazyMap<string, TopicScan[]>()
  readonly #waiting = new LazySet<TopicScan>()
  readonly #walking = new LazySet<TopicScan>()

  of(filter: string): readonly TopicScan[] {
    return this.#byFilter.get(filter) ?? []
  }

  *[Symbol.iterator](): Iterator<TopicScan> {
    yield* this.#walking
    yield* this.#waiting
  }

  add(scan: TopicScan): void {
    this.#byFilter.set(scan.filter, [...this.of(scan.filter), scan])
    this.#waiting.add(scan)
  }

  delete(scan: TopicScan): void {
    const others = this.of(scan.filter).filter((other) => other !== scan)
    if (others.length > 0) this.#byFilter.set(scan.filter, others)
    else this.#byFilter.delete(scan.filter)
    this.#waiting.delete(scan)
    this.#walking.delete(scan)
  }

  clear(): void {
    this.#byFilter.clear()
    this.#waiting.clear()
    this.#walking.clear()
  }

  /** Lets them ask for their next pages; call it while the session may read. */
  step(): void {
    for (const scan of [...this.#walking]) scan.step()
    for (const scan of this.#waiting) {
      if (!scan.pool.ready || this.#walkingOn(scan.pool, scan.index) >= AT_ONCE) continue
      this.#waiting.delete(scan)
      this.#walking.add(scan)
      scan.step()
    }
  }

  /** What was opened for the topic has nothing left to read. */
  settled(pool: Pool, index: TopicIndex, topic: string): void {
    for (const scan of [...this.#walking]) if (scan.pool === pool && scan.index === index) scan.settled(topic)
  }

  #walkingOn(pool: Pool, index: TopicIndex): number {
    let count = 0
    for (const scan of this.#walking) if (scan.pool === pool && scan.index === index) count++
    return count
  }
}
