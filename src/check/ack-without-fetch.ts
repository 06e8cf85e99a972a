import type { FunctionName } from '../actions/action.ts'
import { ruleName, type Check } from './check.ts'
import { flowsOf, FLOWS } from './flows.ts'
import { ruleAdded } from './rule-line.ts'

/** What it does all the same. */
const EFFECTS: Readonly<Partial<Record<FunctionName, string>>> = {
  on_message_acked_for_queue: 'removes stored messages that no rule ever fetches',
  on_message_acked_for_pubsub: 'writes read positions that no rule ever reads',
  on_message_acked_for_keep_latest: 'removes last messages that no rule ever fetches',
}

export const ackWithoutFetch: Check = {
  name: 'ack-without-fetch',
  severity: 'warning',
  fix: 'offered',
  doc: 'An ack rule keeps the books for a fetch of its kind. Said where no such fetch of the same pool shares a topic with it.',
  bad: 'backend.redis.hook.message.acked.1 = {"topic": "pubsub/#", "action": {"function": "on_message_acked_for_pubsub"}, "pool": "pool1"}',
  good: `backend.redis.hook.session.subscribed.1 = {"topic": "pubsub/#", "action": {"function": "on_message_fetch_for_pubsub"}, "pool": "pool1"}
backend.redis.hook.message.acked.1 = {"topic": "pubsub/#", "action": {"function": "on_message_acked_for_pubsub"}, "pool": "pool1"}`,
  *find(symbols) {
    let after = 0
    for (const ack of flowsOf(symbols).loose) {
      const kind = FLOWS.find(flow => flow.ack === ack.name)
      if (kind === undefined) continue
      const fix = ruleAdded(symbols, ack, { name: kind.fetch, filter: ack.filter, pool: ack.pool, after })
      yield {
        span: ack.span,
        message: `\`${ruleName(ack.symbol)}\` ${EFFECTS[ack.name] ?? 'acknowledges what no rule fetches'}`,
        hint: `${fix.title}, or delete the line`,
        fix,
      }
      after += 1
    }
  },
}
