import type { Pool } from './ports.ts'

/** Remembered at most. */
const ACKED = 1000

/** The last messages acknowledged that a lane of another pool may yet show. */
export class AckedLately {
  /** With the pool that they came from; made when there is one, because most sessions have none. */
  #pools: Map<string, Pool | undefined> | undefined

  /** A lane of another pool than this one must not bring the message again; of any pool, if none is named. */
  note(msgid: string, pool: Pool | undefined): void {
    this.#pools ??= new Map()
    this.#pools.set(msgid, pool)
    if (this.#pools.size <= ACKED) return
    for (const oldest of this.#pools.keys()) {
      this.#pools.delete(oldest)
      break
    }
  }

  isElsewhere(msgid: string, pool: Pool): boolean {
    return this.#pools?.has(msgid) === true && this.#pools.get(msgid) !== pool
  }
}
