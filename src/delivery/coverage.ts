import type { FunctionName } from '../actions/action.ts'
import { bringsOf, poolOf, runs, type Rules } from '../engine/rules.ts'
import { LONGEST_REMEMBERED } from '../language/topic-filter.ts'
import { stepsFor } from '../plan/match.ts'
import type { Step } from '../plan/program.ts'
import type { Lane } from './outgoing.ts'
import type { Pool } from './ports.ts'

/** What the rules fetch from one pool for a subscription. */
export interface Fetch {
  readonly pool: Pool
  /** Where a reader begins: queue (and both rules together) at the beginning, pubsub at its position. `latest` has no log. */
  readonly kind: 'queue' | 'pubsub' | 'latest'
}

/** How one pool serves one topic to one session. */
export interface Cover extends Fetch {
  /** A rule stores what is published: Redis is the offline queue (SPEC 4.3). Without one only what is there already is fetched. */
  readonly stored: boolean
  /** A rule of this pool takes note of acknowledgements, so nothing is owed twice. */
  readonly acked: boolean
  /** Acknowledgements move this client's position. */
  readonly positions: boolean
}

/** Answers remembered per rules; beyond it all are forgotten. Sessions ask the same: one message may go to many of them. */
const REMEMBERED = 10_000

interface Remembered {
  readonly fetches: Map<string, readonly Fetch[]>
  readonly covers: Map<string, readonly Cover[]>
}

/** Forgotten with its rules, so a reload needs no word about it. */
const remembered = new WeakMap<Rules, Remembered>()

function rememberedOf(rules: Rules): Remembered {
  const known = remembered.get(rules) ?? { fetches: new Map(), covers: new Map() }
  remembered.set(rules, known)
  return known
}

function remember<T>(answers: Map<string, T>, question: string, answer: () => T): T {
  const known = answers.get(question)
  if (known !== undefined) return known
  const found = answer()
  if (question.length > LONGEST_REMEMBERED) return found
  if (answers.size >= REMEMBERED) answers.clear()
  answers.set(question, found)
  return found
}

/** No text of MQTT holds it [MQTT-1.5.3-2]. */
const BETWEEN = '\0'

/** What is fetched for a subscription to any of these filters with QoS 1 or 2, by pool. A topic that has a log uses only that. */
export function fetchesOf(rules: Rules, filters: readonly string[]): readonly Fetch[] {
  return remember(rememberedOf(rules).fetches, filters.join(BETWEEN), () => findFetches(rules, filters))
}

function findFetches(rules: Rules, filters: readonly string[]): readonly Fetch[] {
  const brought = new Map<string, Set<string>>()
  for (const filter of filters) {
    for (const step of stepsFor(rules.program, 'session.subscribed', filter)) {
      const brings = bringsOf(step)
      if (brings !== 'queue' && brings !== 'pubsub' && brings !== 'latest') continue
      brought.set(step.pool, (brought.get(step.pool) ?? new Set()).add(brings))
    }
  }
  return Array.from(brought, ([name, kinds]): Fetch => ({
    pool: poolOf(rules, name),
    kind: kinds.has('queue') ? 'queue' : kinds.has('pubsub') ? 'pubsub' : 'latest',
  }))
}

/** The rules that ask for what is stored for a subscription, in a pool if one is named. Of one that has a log, those of the log. */
export function fetchSteps(rules: Rules, filter: string, fetch?: Fetch): readonly Step[] {
  return stepsFor(rules.program, 'session.subscribed', filter).filter((step) => {
    const brings = bringsOf(step)
    if (brings !== 'queue' && brings !== 'pubsub' && brings !== 'latest') return false
    return fetch === undefined || (step.pool === fetch.pool.name && (brings === 'latest') === (fetch.kind === 'latest'))
  // each subscription keeps one: without the room that a filtered list has for more
  }).slice()
}

/** Which pools serve a topic to a session whose filters with QoS 1 or 2 that match it are these (SPEC 4.3). */
export function coversOf(rules: Rules, filters: readonly string[], topic: string): readonly Cover[] {
  return remember(rememberedOf(rules).covers, [topic, ...filters].join(BETWEEN), () => findCovers(rules, filters, topic))
}

function findCovers(rules: Rules, filters: readonly string[], topic: string): readonly Cover[] {
  const fetches = fetchesOf(rules, filters)
  if (fetches.length === 0) return []
  const publish = stepsFor(rules.program, 'message.publish', topic)
  const acked = stepsFor(rules.program, 'message.acked', topic)
  return fetches.map(({ pool, kind }) => {
    const storing = kind === 'latest' ? 'on_message_store_keep_latest' : 'on_message_publish'
    const acks = (name: FunctionName) => acked.some((step) => step.pool === pool.name && runs(step, name))
    return {
      pool,
      kind,
      stored: publish.some((step) => step.pool === pool.name && runs(step, storing)),
      acked: kind === 'latest' ? acks('on_message_acked_for_keep_latest')
        : acks('on_message_acked_for_queue') || (kind === 'pubsub' && acks('on_message_acked_for_pubsub')),
      positions: kind !== 'latest' && acks('on_message_acked_for_pubsub'),
    }
  })
}

/** Both read the same thing in the same way. */
export function sameFetch(a: Fetch, b: Fetch): boolean {
  return a.pool === b.pool && a.kind === b.kind
}

/** The kind of lane that carries a fetch out. */
export function laneKind(fetch: Fetch): Lane['kind'] {
  return fetch.kind === 'latest' ? 'latest' : 'log'
}

/** The retained message of a topic is kept in Redis alone: a rule stores it where another looks it up (SPEC 4.3). */
export function keepsRetained(rules: Rules, topic: string): boolean {
  const stored = stepsFor(rules.program, 'message.publish', topic).filter((step) => runs(step, 'on_message_retain'))
  return stored.some(({ pool }) => rules.program.steps['session.subscribed'].some((step) =>
    step.pool === pool && bringsOf(step) === 'retained'))
}
