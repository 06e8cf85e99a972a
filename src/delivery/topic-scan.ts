import { isWildcard, matchesTopic } from '../language/topic-filter.ts'
import type { Pool, TopicsRequest } from './ports.ts'

/** Topics of one page: what a subscriber of `#` over a million topics has open at once. */
const PAGE = 200

/** What a scan does with a topic: returns true if it is to be waited for until {@link TopicScan.settled}. */
export type Visit = (topic: string) => boolean

/**
 * Walks the topics of one index that a wildcard filter matches, a page at a time; the next page is
 * asked for when all that was opened for this one has settled (DELIVERY 3.5).
 */
export class TopicScan {
  readonly filter: string
  readonly pool: Pool
  readonly index: TopicsRequest['index']
  readonly #visit: Visit
  readonly #done: () => void
  readonly #stopped: (() => void) | undefined
  readonly #refused: (error: Error) => void
  readonly #later: (callback: () => void) => void
  /** Visited and not settled. */
  #open: Set<string> | undefined
  #after: string | undefined
  #last = false
  #state: 'ready' | 'asking' | 'waiting' | 'over' = 'ready'

  constructor(options: {
    readonly filter: string
    readonly pool: Pool
    readonly index: TopicsRequest['index']
    readonly visit: Visit
    /** Every topic was visited and has settled. */
    readonly done: () => void
    /** It was stopped before. */
    readonly stopped?: () => void
    /** Redis is there and said no to a page. */
    readonly refused: (error: Error) => void
    /** Asks again after a failure that no return of the pool will mend. */
    readonly later: (callback: () => void) => void
  }) {
    this.filter = options.filter
    this.pool = options.pool
    this.index = options.index
    this.#visit = options.visit
    this.#done = options.done
    this.#stopped = options.stopped
    this.#refused = options.refused
    this.#later = options.later
  }

  /** Asks for the next page if it is time to; call it while the session may read. */
  step(): void {
    if (this.#state !== 'ready' || !this.pool.ready) return
    this.#state = 'asking'
    this.pool.topics({
      index: this.index,
      prefix: literalPrefix(this.filter),
      after: this.#after,
      limit: PAGE,
      done: (topics) => this.#answer(topics),
    })
  }

  /** What was opened for the topic has nothing left to read. */
  settled(topic: string): void {
    if (this.#open?.delete(topic) === true) this.#goOn()
  }

  stop(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#stopped?.()
  }

  #answer(topics: readonly string[] | Error): void {
    if (this.#state !== 'asking') return
    if (topics instanceof Error) {
      this.#state = 'ready'
      if (this.pool.ready) {
        this.#refused(topics)
        this.#later(() => this.step())
      }
      return
    }
    this.#after = topics.at(-1) ?? this.#after
    this.#last = topics.length < PAGE
    this.#state = 'waiting'
    for (const topic of topics) {
      if (!matchesTopic(this.filter, topic) || !this.#visit(topic)) continue
      this.#open ??= new Set()
      this.#open.add(topic)
    }
    this.#goOn()
  }

  #goOn(): void {
    if (this.#state !== 'waiting' || (this.#open?.size ?? 0) > 0) return
    if (this.#last) {
      this.#state = 'over'
      this.#done()
      return
    }
    this.#state = 'ready'
    this.step()
  }
}

/** What every topic that the filter matches begins with; `a/#` also matches `a`. */
function literalPrefix(filter: string): string {
  const levels = filter.split('/')
  const wild = levels.findIndex(isWildcard)
  if (wild <= 0) return ''
  const prefix = levels.slice(0, wild).join('/')
  return levels[wild] === '#' ? prefix : `${prefix}/`
}
