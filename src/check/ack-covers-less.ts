import { exampleTopic } from '../language/filter-algebra.ts'
import { createFilterIndex } from '../language/filter-index.ts'
import { coversFilter } from '../language/topic-filter.ts'
import type { Check } from './check.ts'
import { textEdit } from './edits.ts'
import { filterOf, type FlowRule } from './flow-rule.ts'
import { flowsOf, type Flow } from './flows.ts'

export const ackCoversLess: Check = {
  name: 'ack-covers-less',
  severity: 'warning',
  fix: 'offered',
  doc: 'Of what is stored and fetched, some is not acknowledged in Redis, and is delivered again at each subscribe. The topic that is named is an example.',
  bad: `backend.redis.hook.message.publish.1 = {"topic": "queue/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.session.subscribed.1 = {"topic": "queue/#", "action": {"function": "on_message_fetch_for_queue"}, "pool": "pool1"}
backend.redis.hook.message.acked.1 = {"topic": "queue/+", "action": {"function": "on_message_acked_for_queue"}, "pool": "pool1"}`,
  good: `backend.redis.hook.message.publish.1 = {"topic": "queue/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.session.subscribed.1 = {"topic": "queue/+/#", "action": {"function": "on_message_fetch_for_queue"}, "pool": "pool1"}
backend.redis.hook.message.acked.1 = {"topic": "queue/+", "action": {"function": "on_message_acked_for_queue"}, "pool": "pool1"}
backend.redis.hook.message.acked.2 = {"topic": "queue/+/+/#", "action": {"function": "on_message_acked_for_queue"}, "pool": "pool1"}`,
  *find(symbols) {
    // Most stores have one acknowledgement for all of it, which is quickly seen, and once for all fetches.
    const settled = new Map<string, Map<FlowRule, boolean>>()
    const isSettled = (store: FlowRule, { kind, acks }: Flow): boolean => {
      const stores = settled.get(kind.fetch) ?? new Map<FlowRule, boolean>()
      settled.set(kind.fetch, stores)
      const is = stores.get(store) ?? acks.some(({ filter }) => filter === undefined || coversFilter(filter, filterOf(store)))
      stores.set(store, is)
      return is
    }
    for (const flow of flowsOf(symbols).flows) {
      const { fetch, stores, acks, mismatchedAcks, isAckedOtherwise } = flow
      const [ack] = acks
      if (ack === undefined || mismatchedAcks.length > 0 || isAckedOtherwise) continue
      const topic = stores.length > 0 && stores.every(store => isSettled(store, flow)) ? undefined
        : notAcked(fetch, { stores: stores.filter(store => !isSettled(store, flow)), acks })
      if (topic === undefined) continue
      const widened = acks.length === 1 && (ack.filter === undefined || coversFilter(filterOf(fetch), ack.filter))
      yield {
        span: ack.symbol.topic?.span ?? ack.span,
        message: `\`${topic}\` is fetched but never acknowledged; ${acks.length === 1 ? 'the filter covers' : 'the filters cover'} less than \`${filterOf(fetch)}\``,
        ...widened && ack.symbol.topic !== undefined
          ? { fix: { title: `write "topic": ${JSON.stringify(filterOf(fetch))}`, edits: [textEdit(ack.symbol.topic, filterOf(fetch))] } }
          : { hint: `widen the filter until it covers \`${topic}\`` },
        related: [{ span: fetch.symbol.topic?.span ?? fetch.span, message: 'fetched here' }],
      }
    }
  },
}

/** Of what a rule stores; where none is known of anything. */
function notAcked(fetch: FlowRule, { stores, acks }: { readonly stores: readonly FlowRule[], readonly acks: readonly FlowRule[] }): string | undefined {
  if (acks.some(({ filter }) => filter === undefined)) return undefined
  const sources = stores.length === 0 ? [[]] : stores.map(store => [filterOf(store)])
  const index = createFilterIndex<string>()
  for (const filter of acks.map(filterOf)) index.add(filter, filter)
  for (const source of sources) {
    const acked = index.overlapping(source[0])
    const topic = exampleTopic([filterOf(fetch), ...source], acked)
    if (topic !== undefined) return topic
  }
  return undefined
}
