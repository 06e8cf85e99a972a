import type { Check } from './check.ts'
import { flowRules, isDoneOtherwise, mayHoldMore } from './flow-rule.ts'
import { ruleLine } from './rule-line.ts'

export const connectedWithoutDisconnected: Check = {
  name: 'connected-without-disconnected',
  severity: 'warning',
  doc: 'Who is noted as online and never as offline is online for ever, also after the broker was restarted.',
  bad: 'backend.redis.hook.client.connected.1 = {"action": {"function": "on_client_connected"}, "pool": "pool1"}',
  good: `backend.redis.hook.client.connected.1 = {"action": {"function": "on_client_connected"}, "pool": "pool1"}
backend.redis.hook.client.disconnected.1 = {"action": {"function": "on_client_disconnected"}, "pool": "pool1"}`,
  *find(symbols) {
    if (mayHoldMore(symbols)) return
    const rules = flowRules(symbols)
    let after = 0
    for (const { name, pool, span } of rules) {
      const offline = rules.filter(rule => rule.name === 'on_client_disconnected')
      if (name !== 'on_client_connected' || offline.some(rule => rule.pool === pool)) continue
      if (isDoneOtherwise(symbols, { name: 'on_client_disconnected', pool, filter: undefined, keys: 'mqtt:client:' })) continue
      yield {
        span,
        message: `no rule notes in \`${pool}\` that a client is gone; once seen it stays online`,
        hint: `add \`${ruleLine(symbols, { name: 'on_client_disconnected', filter: undefined, pool, after })}\``,
        related: offline.map(rule => ({ span: rule.poolSpan, message: `notes it in \`${rule.pool}\`` })),
      }
      after += 1
    }
  },
}
