import type { Pool } from './ports.ts'
import { RunList } from './run-list.ts'

/** The lanes beside them: a topic's log has one. */
interface Logs {
  log(pool: Pool, topic: string): object | undefined
}

/** The run lists of one session, by pool and topic. They outlive connections, as long as they know what the store does not. */
export class RunLists {
  readonly #reader: { readonly connected: boolean }
  readonly #lanes: Logs
  /** Made for the first. */
  #byPool: Map<Pool, Map<string, RunList>> | undefined

  constructor(reader: { readonly connected: boolean }, lanes: Logs) {
    this.#reader = reader
    this.#lanes = lanes
  }

  /** The one of the topic, or a new one. */
  of(pool: Pool, topic: string): RunList {
    this.#byPool ??= new Map()
    const runs = this.#byPool.get(pool) ?? new Map<string, RunList>()
    this.#byPool.set(pool, runs)
    const run = runs.get(topic) ?? new RunList(() => {
      // while its client is away nobody reads, and what it knows of before may be needed
      if (this.#reader.connected) this.letGo(pool, topic)
    })
    runs.set(topic, run)
    return run
  }

  has(pool: Pool, topic: string): boolean {
    return this.#byPool?.get(pool)?.has(topic) === true
  }

  /** Something of the topic was sent that no position has passed. */
  isOut(pool: Pool, topic: string): boolean {
    return (this.#byPool?.get(pool)?.get(topic)?.length ?? 0) > 0
  }

  /** What has no lane, nothing out and nothing on its way to Redis is known to the store alone. */
  letGo(pool: Pool, topic: string, options: { readonly doubted: boolean } = { doubted: false }): void {
    const runs = this.#byPool?.get(pool)
    const run = runs?.get(topic)
    if (runs === undefined || run === undefined || run.isNeeded || (run.isDoubted && !options.doubted) || this.#lanes.log(pool, topic) !== undefined) return
    runs.delete(topic)
    if (runs.size === 0) this.#byPool?.delete(pool)
  }

  /** Whatever is still stored of what was read before has been read again: {@link letGo} of all, also of those in doubt. */
  letAllGo(): void {
    for (const [pool, runs] of this.#byPool ?? []) for (const topic of runs.keys()) this.letGo(pool, topic, { doubted: true })
  }

  /** The pool may have lost data. */
  forgetScores(pool: Pool): void {
    for (const run of this.#byPool?.get(pool)?.values() ?? []) run.forgetScores()
  }

  /** The pool is closed for good. */
  abandon(pool: Pool): void {
    this.#byPool?.delete(pool)
  }
}
