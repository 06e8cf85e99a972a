import type { Check } from './check.ts'
import { filterOf } from './flow-rule.ts'
import { flowsOf } from './flows.ts'
import { ruleAdded } from './rule-line.ts'

export const fetchWithoutStore: Check = {
  name: 'fetch-without-store',
  severity: 'warning',
  fix: 'offered',
  doc: 'A fetch brings what a rule has stored in its pool, and none stores what it asks for. Said where no storing rule shares a topic with the fetch; what other programs write is not known here.',
  bad: `backend.redis.hook.session.subscribed.1 = {"topic": "queue/#", "action": {"function": "on_message_fetch_for_queue"}, "pool": "pool1"}
backend.redis.hook.message.publish.1 = {"topic": "sensors/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.message.acked.1 = {"topic": "queue/#", "action": {"function": "on_message_acked_for_queue"}, "pool": "pool1"}`,
  good: `backend.redis.hook.session.subscribed.1 = {"topic": "queue/#", "action": {"function": "on_message_fetch_for_queue"}, "pool": "pool1"}
backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.message.acked.1 = {"topic": "queue/#", "action": {"function": "on_message_acked_for_queue"}, "pool": "pool1"}`,
  *find(symbols) {
    let after = 0
    for (const { fetch, kind, stores, storesElsewhere, isStoredOtherwise } of flowsOf(symbols).flows) {
      if (kind.ack === undefined || isStoredOtherwise || stores.length + storesElsewhere.length > 0) continue
      yield {
        span: fetch.span,
        message: `no rule stores messages of \`${filterOf(fetch)}\` in \`${fetch.pool}\`; this fetch finds nothing`,
        fix: ruleAdded(symbols, fetch, { name: kind.store, filter: fetch.filter, pool: fetch.pool, after }),
      }
      after += 1
    }
  },
}
