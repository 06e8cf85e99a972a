import { lineBeside, type Check, type Finding } from './check.ts'
import type { FlowRule } from './flow-rule.ts'
import { flowsOf, type Flow } from './flows.ts'

export const poolSplitFlow: Check = {
  name: 'pool-split-flow',
  severity: 'warning',
  fix: 'offered',
  doc: 'A rule of one pool never looks into another: what is stored, fetched and acknowledged belongs into one pool.',
  bad: `backend.redis.pool1.server = 10.0.0.1:6379
backend.redis.pool2.server = 10.0.0.2:6379
backend.redis.hook.message.publish.1 = {"topic": "values/#", "action": {"function": "on_message_retain"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.message.publish.2 = {"topic": "values/#", "action": {"function": "on_retain_delete"}, "pool": "pool1"}
backend.redis.hook.session.subscribed.1 = {"topic": "values/#", "action": {"function": "on_retain_lookup"}, "pool": "pool2"}`,
  good: `backend.redis.pool1.server = 10.0.0.1:6379
backend.redis.hook.message.publish.1 = {"topic": "values/#", "action": {"function": "on_message_retain"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.message.publish.2 = {"topic": "values/#", "action": {"function": "on_retain_delete"}, "pool": "pool1"}
backend.redis.hook.session.subscribed.1 = {"topic": "values/#", "action": {"function": "on_retain_lookup"}, "pool": "pool1"}`,
  *find(symbols) {
    for (const flow of flowsOf(symbols).flows) yield* splitOf(flow)
  },
}

function* splitOf({ fetch, storesElsewhere: [store], isStoredOtherwise, acksElsewhere: [ack], isAckedOtherwise }: Flow): Iterable<Finding> {
  if (store !== undefined && !isStoredOtherwise) {
    // An acknowledgement beside the store says again that it is the fetch that went astray.
    yield {
      span: fetch.poolSpan,
      message: `this looks in \`${fetch.pool}\`, and the messages are written to \`${store.pool}\` (${lineBeside(store.poolSpan, fetch.poolSpan)})`,
      ...movedTo(store.pool, fetch),
      related: [
        { span: store.poolSpan, message: 'written here' },
        ...ack === undefined ? [] : [{ span: ack.poolSpan, message: 'acknowledged here' }],
      ],
    }
  } else if (ack !== undefined && !isAckedOtherwise) {
    yield {
      span: ack.poolSpan,
      message: `this acknowledges in \`${ack.pool}\`, and the messages are fetched from \`${fetch.pool}\` (${lineBeside(fetch.poolSpan, ack.poolSpan)})`,
      ...movedTo(fetch.pool, ack),
      related: [{ span: fetch.poolSpan, message: 'fetched here' }],
    }
  }
}

function movedTo(pool: string, { poolSpan }: FlowRule): Pick<Finding, 'hint' | 'fix'> {
  const name = JSON.stringify(pool)
  const title = `write "pool": ${name}`
  return { hint: `${title}, or the other pool there`, fix: { title, edits: [{ span: poolSpan, text: name }] } }
}
