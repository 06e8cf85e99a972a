import type { Rules } from '../engine/rules.ts'
import { isWildcard, LONGEST_REMEMBERED } from '../language/topic-filter.ts'
import { coversOf, fetchesOf, laneKind, sameFetch, type Cover, type Fetch } from './coverage.ts'
import { LazyMap } from './lazy.ts'
import type { Lane } from './outgoing.ts'
import type { Pool } from './ports.ts'
import type { Subscription } from './subscription.ts'
import { SubscriptionTree } from './subscription-tree.ts'

/** What must be known of who reads: a session, or a shared subscription. */
export interface Reader {
  /** One reader for several clients: only queues can be shared so, and there is no position. */
  readonly shared: boolean
  readonly subscriptions: Pick<ReadonlyMap<string, Subscription>, 'get' | 'has' | 'values'>
  rules(): Rules
}

/** Topics whose covers are remembered until rules or subscriptions change. */
const COVERS = 2_000
/** Reloads remembered per subscription; beyond, all that is not open counts as newly served. */
const REPLACED = 16

/** How the rules serve the topics that one reader has subscribed to with QoS 1 or 2, and what they fetch for its filters. */
export class ReaderCoverage {
  readonly #reader: Reader
  readonly #covers = new LazyMap<string, readonly Cover[]>()
  /** Those of different topics that are the same, by what they say: most topics of a session are covered alike. */
  readonly #coversAlike = new LazyMap<string, readonly Cover[]>()
  /** What it is asked is remembered in `#covers`. */
  readonly #wildcards = new SubscriptionTree<string>(0)

  constructor(reader: Reader) {
    this.#reader = reader
  }

  // --- changes

  /** A filter came, went, or changed its QoS. */
  resubscribed(filter: string): void {
    this.#covers.clear()
    if (!isWildcard(filter)) return
    if (this.#reader.subscriptions.has(filter)) this.#wildcards.add(filter, filter, 0)
    else this.#wildcards.remove(filter, filter)
  }

  /** The rules have changed, or nobody asks for a while. */
  forget(): void {
    this.#covers.clear()
    // pools may be others under the same name
    this.#coversAlike.clear()
  }

  /** The rules have changed: returns what the subscription's filter fetches no longer. */
  replace(subscription: Subscription, before: Rules): readonly Fetch[] {
    const { filter } = subscription
    subscription.replaced = [...subscription.replaced, before].slice(-REPLACED - 1)
    return this.#fetchesUnder(before, filter).filter((old) => this.isLost(filter, old))
  }

  // --- answers

  /** The subscriptions with QoS 1 or 2 that match a topic, and are not shared. */
  *matching(topic: string): Iterable<Subscription> {
    const exact = this.#reader.subscriptions.get(topic)
    if (exact !== undefined && exact.qos > 0 && exact.group === undefined && !isWildcard(exact.filter)) yield exact
    for (const { subscriber: filter } of this.#wildcards.match(topic)) {
      const subscription = this.#reader.subscriptions.get(filter)
      if (subscription !== undefined && subscription.qos > 0 && subscription.group === undefined) yield subscription
    }
  }

  of(topic: string): readonly Cover[] {
    const known = this.#covers.get(topic)
    if (known !== undefined) return known
    const found = this.#under(this.#reader.rules(), Array.from(this.matching(topic), ({ filter }) => filter), topic)
    const alike = found.map(({ pool, kind, stored, acked, positions }) => `${pool.name} ${kind} ${stored} ${acked} ${positions}`).join()
    const covers = this.#coversAlike.get(alike) ?? found
    this.#coversAlike.set(alike, covers)
    if (topic.length > LONGEST_REMEMBERED) return covers
    if (this.#covers.size >= COVERS) this.#covers.clear()
    this.#covers.set(topic, covers)
    return covers
  }

  /** A rule stores the topic in the pool, where lanes of this kind read it. */
  isStored(pool: Pool, topic: string, kind: Lane['kind']): boolean {
    return this.of(topic).some((cover) => cover.pool === pool && cover.stored && laneKind(cover) === kind)
  }

  /** The cover that a fetch means for a topic, if the rules still know one. */
  meant(topic: string, fetch: Fetch): Cover | undefined {
    return this.of(topic).find((cover) => sameFetch(cover, fetch))
      ?? this.of(topic).find((cover) => cover.pool === fetch.pool && laneKind(cover) === laneKind(fetch))
  }

  /** What is fetched for a filter. */
  fetches(filter: string): readonly Fetch[] {
    return this.#fetchesUnder(this.#reader.rules(), filter)
  }

  /** The rules do not fetch it for the filter any more. */
  isLost(filter: string, fetch: Fetch): boolean {
    return !this.fetches(filter).some((now) => sameFetch(now, fetch))
  }

  /** A reload since the last fetch brought this cover: what was stored before is not owed (SPEC 4.4). */
  isNew(topic: string, cover: Cover): boolean {
    const owing = [...this.matching(topic)].filter(({ filter }) => !this.isLost(filter, cover))
    return owing.length > 0 && owing.every(({ filter, replaced }) => replaced.length > REPLACED
      || replaced.some((rules) => !this.#under(rules, [filter], topic).some((old) => old.stored && sameFetch(old, cover))))
  }

  // --- inside

  #fetchesUnder(rules: Rules, filter: string): readonly Fetch[] {
    const fetches = fetchesOf(rules, [filter])
    return this.#reader.shared ? fetches.filter(({ kind }) => kind === 'queue') : fetches
  }

  #under(rules: Rules, filters: readonly string[], topic: string): readonly Cover[] {
    const covers = coversOf(rules, filters, topic)
    if (!this.#reader.shared) return covers
    return covers.filter(({ kind }) => kind === 'queue').map((cover) => ({ ...cover, positions: false }))
  }
}
