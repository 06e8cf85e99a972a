import type { Log } from '../engine/log-port.ts'

/** That a Redis is away. */
export interface Outage {
  /** Why, as a plain clause. */
  readonly clause: string
  /** Milliseconds since 1970. */
  readonly since: number
}

/** What is said of the outages of one pool: each reason once, and the end when all that was held up is done. */
export function createOutages(pool: string, log: Log) {
  /** That was logged, until its end. */
  let outage: Outage | undefined
  /** Why there is no connection now; the words that were logged may be older. */
  let trouble: string | undefined

  return {
    /** The one that goes on, by the newest words. */
    get current(): Outage | undefined { return outage === undefined ? undefined : { ...outage, clause: trouble ?? outage.clause } },
    /** Its words as they were logged. */
    get logged(): string | undefined { return outage?.clause },
    /** There is no connection. That alone is no outage: it may be one of the first attempts. */
    troubled(clause: string): void { trouble = clause },
    connected(): void { trouble = undefined },
    /** Redis is away, or still away for another reason. */
    begin(clause: string): void {
      if (outage?.clause === clause) return
      outage = { clause, since: outage?.since ?? Date.now() }
      log.warn({ pool, reason: clause }, 'Redis is away')
    },
    /** Redis is there, and all that it held up is done; nothing, if it was not away. */
    end(): void {
      if (outage === undefined) return
      log.info({ pool, awayMs: Date.now() - outage.since }, 'Redis is back')
      outage = undefined
    },
  }
}
