import { ruleName, type Check } from './check.ts'
import { definedPools } from './undefined-pool.ts'

export const poolMissing: Check = {
  name: 'pool-missing',
  severity: 'error',
  doc: 'A rule says in which pool it works.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "expired_time": 60}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}',
  *find(symbols) {
    const [only] = symbols.pools.keys()
    for (const rule of symbols.rules) {
      if (rule.members.has('pool')) continue
      yield {
        span: rule.rule.key.span, message: `\`${ruleName(rule)}\` names no pool; ${definedPools(symbols, rule.rule.key.span)}`,
        hint: `add "pool": "${only ?? 'pool1'}"`,
      }
    }
  },
}
