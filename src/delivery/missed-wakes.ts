import { LONGEST_REMEMBERED } from '../language/topic-filter.ts'
import type { Pool } from './ports.ts'

/** Topics looked at in one call. */
const CHANGES_PAGE = 500
/** How far two clocks may be apart. Milliseconds. */
const SKEW_MS = 60_000
/** Topics of our own remembered between two looks; beyond, some are looked at for nothing. */
const OWN_SCORES = 100_000

/** What another broker of the same Redis stored and no wake told of: found by a look at the scores of the topics. */
export class MissedWakes {
  /** In the clock's milliseconds. */
  readonly #startedAt: number
  readonly #changed: (pool: Pool, topic: string) => void
  /** Score up to which each pool was searched. */
  readonly #lookedAt = new WeakMap<Pool, number>()
  readonly #looking = new Set<Pool>()
  /** The newest score that each topic was given by us since the last look: no news to anyone. */
  readonly #ownScores = new WeakMap<Pool, Map<string, number>>()

  /** `now`: when this process begins. `changed` is told of what was found. */
  constructor(now: number, changed: (pool: Pool, topic: string) => void) {
    this.#startedAt = now
    this.#changed = changed
  }

  /** We have stored something, and whom it concerns knows. */
  noteOwn(pool: Pool, topic: string, score: number): void {
    if (topic.length > LONGEST_REMEMBERED) return
    let own = this.#ownScores.get(pool)
    if (own === undefined || own.size >= OWN_SCORES) {
      own = new Map()
      this.#ownScores.set(pool, own)
    }
    own.set(topic, score)
  }

  /** Asks which topics have something newer than at the last look. */
  look(pool: Pool): void {
    if (this.#looking.has(pool) || !pool.ready) return
    this.#looking.add(pool)
    // what was stored before this process began, every reader has found by itself
    const since = this.#lookedAt.get(pool) ?? (this.#startedAt + pool.clockOffsetMs - SKEW_MS) * 1000
    const own = this.#ownScores.get(pool) ?? new Map<string, number>()
    this.#ownScores.set(pool, new Map())
    let first: number | undefined
    const next = (after: string | undefined) => pool.changedTopics({
      after,
      since,
      limit: CHANGES_PAGE,
      done: (page) => {
        if (page instanceof Error) {
          this.#looking.delete(pool)
          return
        }
        first ??= page.clock
        for (const { topic, score } of page.topics) if (own.get(topic) !== score) this.#changed(pool, topic)
        if (page.next !== undefined) return next(page.next)
        this.#lookedAt.set(pool, first)
        this.#looking.delete(pool)
      },
    })
    next(undefined)
  }

  /** The pool has other data: another server may go on below the scores that were looked at. */
  forget(pool: Pool): void {
    this.#lookedAt.delete(pool)
  }
}
