import type { FunctionName } from '../actions/action.ts'
import { overlapsFilter } from '../language/topic-filter.ts'
import type { Check } from './check.ts'
import { currentRules, type RuleSymbol } from './symbols.ts'

/** What takes note that the fetched message has arrived. */
const ACKS: Readonly<Partial<Record<FunctionName, FunctionName>>> = {
  on_message_fetch_for_queue: 'on_message_acked_for_queue',
  on_message_fetch_for_pubsub: 'on_message_acked_for_pubsub',
  on_message_fetch_for_keep_latest: 'on_message_acked_for_keep_latest',
}

export const fetchWithoutAck: Check = {
  name: 'fetch-without-ack',
  severity: 'warning',
  doc: 'What is fetched and never acknowledged in Redis is delivered again at each subscribe. Said where no ack rule of the same pool shares a topic with the fetch.',
  bad: 'backend.redis.hook.session.subscribed.1 = {"topic": "queue/#", "action": {"function": "on_message_fetch_for_queue"}, "pool": "pool1"}',
  good: `backend.redis.hook.session.subscribed.1 = {"topic": "queue/#", "action": {"function": "on_message_fetch_for_queue"}, "pool": "pool1"}
backend.redis.hook.message.acked.1 = {"topic": "queue/#", "action": {"function": "on_message_acked_for_queue"}, "pool": "pool1"}`,
  *find(symbols) {
    // The ack rule may be among what could not be read.
    if (symbols.broken.length + symbols.strays.length > 0 || symbols.isPartial) return
    const rules = currentRules(symbols)
    for (const fetch of rules) {
      const ack = fetch.known === undefined ? undefined : ACKS[fetch.known.name]
      if (fetch.hook !== 'session.subscribed' || ack === undefined || fetch.functionName === undefined) continue
      if (rules.some(rule => rule.hook === 'message.acked' && rule.known?.name === ack && mayMeet(rule, fetch))) continue
      yield {
        span: fetch.functionName.span,
        message: 'no rule takes note that what is fetched here was received; each subscribe delivers it again',
        hint: `add a \`message.acked\` rule with \`${ack}\``,
      }
    }
  },
}

function mayMeet(a: RuleSymbol, b: RuleSymbol): boolean {
  return a.pool?.value === b.pool?.value && (a.topic === undefined || b.topic === undefined || overlapsFilter(a.topic.value, b.topic.value))
}
