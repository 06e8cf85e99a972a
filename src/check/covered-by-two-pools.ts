import { exampleTopic } from '../language/filter-algebra.ts'
import { createFilterIndex, type FilterIndex } from '../language/filter-index.ts'
import { lineBeside, type Check } from './check.ts'
import { filterOf } from './flow-rule.ts'
import { flowsOf, type Flow } from './flows.ts'

export const coveredByTwoPools: Check = {
  name: 'covered-by-two-pools',
  severity: 'warning',
  doc: 'A rule of one pool never looks into another, so a subscriber is served from both; a message that comes twice is recognised only for a while.',
  bad: `backend.redis.pool1.server = 10.0.0.1:6379
backend.redis.pool2.server = 10.0.0.2:6379
backend.redis.hook.message.publish.1 = {"topic": "a/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.message.publish.2 = {"topic": "a/+", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool2"}
backend.redis.hook.session.subscribed.1 = {"topic": "#", "action": {"function": "on_message_fetch_for_queue"}, "pool": "pool1"}
backend.redis.hook.session.subscribed.2 = {"topic": "#", "action": {"function": "on_message_fetch_for_queue"}, "pool": "pool2"}
backend.redis.hook.message.acked.1 = {"topic": "#", "action": {"function": "on_message_acked_for_queue"}, "pool": "pool1"}
backend.redis.hook.message.acked.2 = {"topic": "#", "action": {"function": "on_message_acked_for_queue"}, "pool": "pool2"}`,
  good: `backend.redis.pool1.server = 10.0.0.1:6379
backend.redis.pool2.server = 10.0.0.2:6379
backend.redis.hook.message.publish.1 = {"topic": "a/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.message.publish.2 = {"topic": "b/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool2"}
backend.redis.hook.session.subscribed.1 = {"topic": "#", "action": {"function": "on_message_fetch_for_queue"}, "pool": "pool1"}
backend.redis.hook.session.subscribed.2 = {"topic": "#", "action": {"function": "on_message_fetch_for_queue"}, "pool": "pool2"}
backend.redis.hook.message.acked.1 = {"topic": "#", "action": {"function": "on_message_acked_for_queue"}, "pool": "pool1"}
backend.redis.hook.message.acked.2 = {"topic": "#", "action": {"function": "on_message_acked_for_queue"}, "pool": "pool2"}`,
  *find(symbols) {
    const { flows } = flowsOf(symbols)
    if (flows.every(({ fetch }) => fetch.pool === flows[0]?.fetch.pool)) return
    const said = new Set<string>()
    const earlierFlows = new Map<string, FilterIndex<Flow>>()
    for (const later of flows) {
      const { pool, filter } = later.fetch
      for (const [other, index] of earlierFlows) {
        const pools = [other, pool].sort().join('\0')
        if (other === pool || said.has(pools)) continue
        const earlier = index.overlapping(filter).find(it => sharedTopic(it, later) !== undefined)
        const topic = earlier === undefined ? undefined : sharedTopic(earlier, later)
        if (earlier === undefined || topic === undefined) continue
        said.add(pools)
        const { span } = earlier.fetch
        yield {
          span: later.fetch.span,
          message: `\`${topic}\` is stored in and fetched from \`${later.fetch.pool}\` and \`${earlier.fetch.pool}\` (${lineBeside(span, later.fetch.span)}); only recent doubles are recognised`,
          hint: 'store or fetch each topic in one pool only',
          related: [{ span, message: 'fetched here too' }],
        }
      }
      const index = earlierFlows.get(pool) ?? createFilterIndex<Flow>()
      earlierFlows.set(pool, index)
      index.add(filter, later)
    }
  },
}

/** A topic that a subscriber gets from both. */
function sharedTopic(a: Flow, b: Flow): string | undefined {
  if (a.kind.ack === undefined || b.kind.ack === undefined) return undefined
  for (const aStore of a.stores) {
    for (const bStore of b.stores) {
      const topic = exampleTopic([a.fetch, b.fetch, aStore, bStore].map(filterOf))
      if (topic !== undefined) return topic
    }
  }
  return undefined
}
