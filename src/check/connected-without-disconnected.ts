import type { Check } from './check.ts'
import { flowRules, isDoneOtherwise, mayHoldMore } from './flow-rule.ts'
import { ruleAdded } from './rule-line.ts'

export const connectedWithoutDisconnected: Check = {
  name: 'connected-without-disconnected',
  severity: 'warning',
  fix: 'offered',
  doc: 'Who is noted as online and never as offline is online for ever, also after the broker was restarted.',
  bad: 'backend.redis.hook.client.connected.1 = {"action": {"function": "on_client_connected"}, "pool": "pool1"}',
  good: `backend.redis.hook.client.connected.1 = {"action": {"function": "on_client_connected"}, "pool": "pool1"}
backend.redis.hook.client.disconnected.1 = {"action": {"function": "on_client_disconnected"}, "pool": "pool1"}`,
  *find(symbols) {
    if (mayHoldMore(symbols)) return
    const rules = flowRules(symbols)
    const offline = rules.filter(({ name }) => name === 'on_client_disconnected')
    const pools = new Set(offline.map(({ pool }) => pool))
    let after = 0
    for (const rule of rules) {
      const { name, pool, span } = rule
      if (name !== 'on_client_connected' || pools.has(pool)) continue
      if (isDoneOtherwise(symbols, { name: 'on_client_disconnected', pool, filter: undefined, keys: 'mqtt:client:' })) continue
      yield {
        span,
        message: `no rule notes in \`${pool}\` that a client is gone; once seen it stays online`,
        fix: ruleAdded(symbols, rule, { name: 'on_client_disconnected', filter: undefined, pool, after }),
        related: offline.map(other => ({ span: other.poolSpan, message: `notes it in \`${other.pool}\`` })),
      }
      after += 1
    }
  },
}
