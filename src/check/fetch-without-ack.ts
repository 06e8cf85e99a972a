import type { Check } from './check.ts'
import { flowsOf } from './flows.ts'
import { ruleAdded } from './rule-line.ts'

export const fetchWithoutAck: Check = {
  name: 'fetch-without-ack',
  severity: 'warning',
  fix: 'offered',
  doc: 'What is fetched and never acknowledged in Redis is delivered again at each subscribe. Said where no ack rule of the same pool shares a topic with the fetch.',
  bad: `backend.redis.hook.message.publish.1 = {"topic": "queue/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.session.subscribed.1 = {"topic": "queue/#", "action": {"function": "on_message_fetch_for_queue"}, "pool": "pool1"}`,
  good: `backend.redis.hook.message.publish.1 = {"topic": "queue/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.session.subscribed.1 = {"topic": "queue/#", "action": {"function": "on_message_fetch_for_queue"}, "pool": "pool1"}
backend.redis.hook.message.acked.1 = {"topic": "queue/#", "action": {"function": "on_message_acked_for_queue"}, "pool": "pool1"}`,
  *find(symbols) {
    let after = 0
    for (const { fetch, kind, acks, mismatchedAcks, acksElsewhere, isAckedOtherwise } of flowsOf(symbols).flows) {
      if (kind.ack === undefined || isAckedOtherwise || acks.length + mismatchedAcks.length + acksElsewhere.length > 0) continue
      yield {
        span: fetch.span,
        message: 'no rule takes note that what is fetched here was received; each subscribe delivers it again',
        fix: ruleAdded(symbols, fetch, { name: kind.ack, filter: fetch.filter, pool: fetch.pool, after }),
      }
      after += 1
    }
  },
}
