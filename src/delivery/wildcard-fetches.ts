import type { Rules } from '../engine/rules.ts'
import { isWildcard, matchesTopic } from '../language/topic-filter.ts'
import type { Step } from '../plan/program.ts'
import { fetchSteps, sameFetch, type Cover, type Fetch } from './coverage.ts'
import { LazyMap } from './lazy.ts'
import type { Pool } from './ports.ts'
import type { ReaderCoverage } from './reader-coverage.ts'
import { TopicScan } from './topic-scan.ts'
import { TopicScans } from './topic-scans.ts'

/** What scans need of the session whose they are. */
export interface ScansOwner {
  rules(): Rules
  /** There is something to do at the end of this turn. */
  wants(): void
  /** Asks again after a failure that no return of the pool will mend. */
  later(callback: () => void): void
  /** Redis is there and said no to a read for these rules. */
  refused(steps: readonly Step[], error: Error): void
}

/** The lanes that scans open. */
export interface ScanVisitor {
  /** The scan has come by a topic; true if it is to wait until what was opened there has settled. */
  visit(scan: TopicScan, topic: string, fetch: Fetch): boolean
  /** All that it came by has settled. */
  scanned(scan: TopicScan): void
  /** It has ended before. */
  stopped(scan: TopicScan): void
}

/** What a scan on its way fetches. */
interface Unfinished {
  readonly filter: string
  readonly fetch: Fetch
}

/**
 * What the wildcard subscriptions of one session or group fetch: scans of a store's index, on their way, or put off
 * until there is room for what they would open.
 */
export class WildcardFetches {
  readonly scans = new TopicScans()
  readonly #owner: ScansOwner
  readonly #coverage: ReaderCoverage
  readonly #visitor: ScanVisitor
  readonly #unfinished = new LazyMap<TopicScan, Unfinished>()
  /** They woke when there were too many busy lanes; by filter, made for the first. Their topics are looked for again when there is room. */
  #postponed: Map<string, readonly Fetch[]> | undefined

  constructor(owner: ScansOwner, coverage: ReaderCoverage, visitor: ScanVisitor) {
    this.#owner = owner
    this.#coverage = coverage
    this.#visitor = visitor
  }

  /** Visits every stored topic that the filter matches, page by page. */
  begin(filter: string, fetch: Fetch): TopicScan {
    const scan = this.walk({
      filter,
      pool: fetch.pool,
      index: fetch.kind === 'latest' ? 'latest' : 'logs',
      visit: (topic) => this.#visitor.visit(scan, topic, fetch),
      done: () => {
        this.#unfinished.delete(scan)
        this.#visitor.scanned(scan)
      },
      refused: (error) => this.#owner.refused(fetchSteps(this.#owner.rules(), filter, fetch), error),
    })
    this.#unfinished.set(scan, { filter, fetch })
    return scan
  }

  /**
   * Visits the topics of an index, as the pool is there and the session may read; ends with the
   * connection, or when the same is begun anew: a client that subscribes over and over has one.
   */
  walk(options: Omit<ConstructorParameters<typeof TopicScan>[0], 'later'>): TopicScan {
    for (const other of this.scans.of(options.filter)) {
      if (other.pool === options.pool && other.index === options.index) this.stop(other)
    }
    const scan: TopicScan = new TopicScan({
      ...options,
      done: () => {
        this.scans.delete(scan)
        options.done()
      },
      later: (callback) => this.#owner.later(callback),
    })
    this.scans.add(scan)
    this.#owner.wants()
    return scan
  }

  stop(scan: TopicScan): void {
    scan.stop()
    this.scans.delete(scan)
    this.#unfinished.delete(scan)
    this.#visitor.stopped(scan)
  }

  /** A filter is granted this QoS, or none any more. */
  regranted(filter: string, qos: 0 | 1 | 2 | undefined): void {
    for (const scan of this.scans.of(filter)) {
      // retained messages come at any QoS, stored ones above 0
      if (qos === undefined || (qos === 0 && scan.index !== 'retained')) this.stop(scan)
    }
    if (qos === undefined || qos === 0) this.#postponed?.delete(filter)
  }

  /** The pool is closed for good. */
  abandon(pool: Pool): void {
    for (const scan of [...this.scans]) if (scan.pool === pool) this.stop(scan)
  }

  /** The connection is gone. */
  detach(): void {
    for (const scan of this.scans) scan.stop()
    this.#unfinished.clear()
    this.scans.clear()
    this.#postponed = undefined
  }

  // --- for want of room

  get hasPostponed(): boolean {
    return this.#postponed !== undefined && this.#postponed.size > 0
  }

  /**
   * A topic of a wildcard subscription may wait in the store's index, where a scan will find it:
   * who does not read cannot have a lane for each of a million topics. False if no scan would.
   */
  postpone(topic: string, cover: Cover): boolean {
    for (const { filter } of this.#coverage.matching(topic)) {
      if (!isWildcard(filter) || this.#coverage.isLost(filter, cover)) continue
      this.#postponed ??= new Map()
      const fetches = this.#postponed.get(filter) ?? []
      if (!fetches.some((fetch) => sameFetch(fetch, cover))) this.#postponed.set(filter, [...fetches, { pool: cover.pool, kind: cover.kind }])
      return true
    }
    return false
  }

  /** There may be room again. */
  beginPostponed(): void {
    const postponed = this.#postponed
    this.#postponed = undefined
    for (const [filter, fetches] of postponed ?? []) for (const fetch of fetches) this.begin(filter, fetch)
  }

  // --- what has yet to be found

  /** All that was to be found was. */
  get isOver(): boolean {
    return this.#unfinished.size === 0 && !this.hasPostponed
  }

  /** A scan has yet to come by the topic, or has just been there. */
  mayFind(topic: string, isMeant: (pool: Pool) => boolean): boolean {
    for (const { filter, fetch } of this.#unfinished.values()) if (isMeant(fetch.pool) && matchesTopic(filter, topic)) return true
    for (const [filter, fetches] of this.#postponed ?? []) {
      if (fetches.some((fetch) => isMeant(fetch.pool)) && matchesTopic(filter, topic)) return true
    }
    return false
  }

  /** Those on their way whose fetch the rules know no longer. */
  *lost(): Iterable<Unfinished & { readonly scan: TopicScan }> {
    for (const [scan, { filter, fetch }] of this.#unfinished) if (this.#coverage.isLost(filter, fetch)) yield { scan, filter, fetch }
  }
}
