import type { Check } from './check.ts'
import { filterOf } from './flow-rule.ts'
import { flowsOf } from './flows.ts'
import { ruleAdded } from './rule-line.ts'

export const retainLookupWithoutStore: Check = {
  name: 'retain-lookup-without-store',
  severity: 'warning',
  fix: 'offered',
  doc: '`on_retain_lookup` brings what `on_message_retain` has written in its pool. Said where no such rule shares a topic with it; what other programs write is not known here.',
  bad: 'backend.redis.hook.session.subscribed.1 = {"topic": "#", "action": {"function": "on_retain_lookup"}, "pool": "pool1"}',
  good: `backend.redis.hook.session.subscribed.1 = {"topic": "#", "action": {"function": "on_retain_lookup"}, "pool": "pool1"}
backend.redis.hook.message.publish.1 = {"topic": "values/#", "action": {"function": "on_message_retain"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.message.publish.2 = {"topic": "values/#", "action": {"function": "on_retain_delete"}, "pool": "pool1"}`,
  *find(symbols) {
    let after = 0
    for (const { fetch, kind, stores, storesElsewhere, isStoredOtherwise } of flowsOf(symbols).flows) {
      if (kind.ack !== undefined || isStoredOtherwise || stores.length + storesElsewhere.length > 0) continue
      yield {
        span: fetch.span,
        message: `no rule writes retained messages of \`${filterOf(fetch)}\` into \`${fetch.pool}\`; this lookup finds none`,
        fix: ruleAdded(symbols, fetch, { name: kind.store, filter: fetch.filter, pool: fetch.pool, after }),
      }
      after += 1
    }
  },
}
