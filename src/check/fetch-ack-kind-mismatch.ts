import type { FunctionName } from '../actions/action.ts'
import type { Check } from './check.ts'
import { choice } from './choice.ts'
import { textEdit } from './edits.ts'
import type { FlowRule } from './flow-rule.ts'
import { FLOWS, flowsOf, type Flow } from './flows.ts'

/** What comes of it, by the acknowledgement. */
const EFFECTS: Readonly<Partial<Record<FunctionName, string>>> = {
  on_message_acked_for_queue: 'the first acknowledgement removes a message for all',
  on_message_acked_for_pubsub: 'a position is written, and the messages stay',
}

/** Of messages that another function has stored. */
const NOTHING = 'what is fetched here stays'

export const fetchAckKindMismatch: Check = {
  name: 'fetch-ack-kind-mismatch',
  severity: 'warning',
  fix: 'offered',
  doc: 'Queue (one to one), pubsub (one to many) and keep-latest each have an ack function of their own, and one does not do the work of another.',
  bad: `backend.redis.hook.message.publish.1 = {"topic": "queue/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.session.subscribed.1 = {"topic": "queue/#", "action": {"function": "on_message_fetch_for_queue"}, "pool": "pool1"}
backend.redis.hook.message.acked.1 = {"topic": "queue/#", "action": {"function": "on_message_acked_for_pubsub"}, "pool": "pool1"}`,
  good: `backend.redis.hook.message.publish.1 = {"topic": "queue/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.session.subscribed.1 = {"topic": "queue/#", "action": {"function": "on_message_fetch_for_queue"}, "pool": "pool1"}
backend.redis.hook.message.acked.1 = {"topic": "queue/#", "action": {"function": "on_message_acked_for_queue"}, "pool": "pool1"}`,
  *find(symbols) {
    const flows = flowsOf(symbols).flows.filter(({ isAckedOtherwise }) => !isAckedOtherwise)
    const servedBy = new Map<FlowRule, Flow[]>()
    for (const flow of flows) {
      for (const ack of flow.mismatchedAcks) servedBy.set(ack, [...servedBy.get(ack) ?? [], flow])
    }
    for (const [ack, served] of servedBy) {
      const [first] = served
      if (first === undefined) continue
      const isAlike = FLOWS.find(flow => flow.ack === ack.name)?.store === first.kind.store
      yield {
        span: ack.span,
        message: `\`${ack.name}\` does not go with \`${first.fetch.name}\`: ${isAlike ? EFFECTS[ack.name] ?? NOTHING : NOTHING}`,
        ...choice(first.kind.ack === undefined ? [] : [first.kind.ack], name => ack.symbol.functionName && textEdit(ack.symbol.functionName, name)),
        related: served.map(({ fetch }) => ({ span: fetch.span, message: 'fetched here' })),
      }
    }
  },
}
