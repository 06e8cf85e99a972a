import type { Pool } from './ports.ts'
import { bringsOf, poolOf, runs, type Rules } from '../engine/rules.ts'
import { isWildcard } from '../language/topic-filter.ts'
import { stepsFor } from '../plan/match.ts'

/** How one pool serves one subscription. */
export interface Cover {
  readonly pool: Pool
  /** Where a reader begins: queue (and both rules together) at the beginning, pubsub at its position. */
  readonly kind: 'queue' | 'pubsub' | 'latest'
  /** A rule stores what is published: Redis is the offline queue (SPEC 4.3). Without one only what is there already is fetched. */
  readonly stored: boolean
  /** A rule of this pool takes note of acknowledgements, so nothing is owed twice. */
  readonly acked: boolean
  /** Acknowledgements move this client's position. */
  readonly positions: boolean
}

/**
 * Which pools serve a subscription with QoS 1 or 2: a fetch rule for the filter and a storing rule
 * for the topic, in one pool (SPEC 4.3). A topic that has a log uses only that.
 */
export function coversOf(rules: Rules, filter: string): readonly Cover[] {
  if (isWildcard(filter)) return []
  const { program } = rules
  const brought = new Map<string, Set<string>>()
  for (const step of stepsFor(program, 'session.subscribed', filter)) {
    const brings = bringsOf(step)
    if (brings !== 'queue' && brings !== 'pubsub' && brings !== 'latest') continue
    brought.set(step.pool, (brought.get(step.pool) ?? new Set()).add(brings))
  }
  const publish = stepsFor(program, 'message.publish', filter)
  const acked = stepsFor(program, 'message.acked', filter)
  return Array.from(brought, ([name, kinds]): Cover => {
    const kind = kinds.has('queue') ? 'queue' : kinds.has('pubsub') ? 'pubsub' : 'latest'
    const storing = kind === 'latest' ? 'on_message_store_keep_latest' : 'on_message_publish'
    const here = acked.filter((step) => step.pool === name)
    return {
      pool: poolOf(rules, name),
      kind,
      stored: publish.some((step) => step.pool === name && runs(step, storing)),
      acked: here.some((step) => step.action.kind === 'function'),
      positions: kind !== 'latest' && here.some((step) => runs(step, 'on_message_acked_for_pubsub')),
    }
  })
}

/** The retained message of a topic is kept in Redis alone: a rule stores it where another looks it up (SPEC 4.3). */
export function keepsRetained(rules: Rules, topic: string): boolean {
  const stored = stepsFor(rules.program, 'message.publish', topic).filter((step) => runs(step, 'on_message_retain'))
  return stored.some(({ pool }) => rules.program.steps['session.subscribed'].some((step) =>
    step.pool === pool && bringsOf(step) === 'retained'))
}
