import { ruleName, type Check } from './check.ts'
import { memberAdded } from './edits.ts'
import { inEachRule } from './rule-kinds.ts'
import { definedPools } from './undefined-pool.ts'

export const poolMissing: Check = {
  name: 'pool-missing',
  severity: 'error',
  fix: 'offered',
  doc: 'A rule says in which pool it works.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "expired_time": 60}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}',
  *find(symbols) {
    const [name = 'pool1'] = symbols.pools.keys()
    yield* inEachRule(symbols, function* (rule) {
      if (rule.members.has('pool')) return
      yield {
        span: rule.rule.key.span, message: `\`${ruleName(rule)}\` names no pool; ${definedPools(symbols, rule.rule.key.span)}`,
        fix: { title: `add "pool": "${name}"`, edits: [memberAdded(rule.rule.value, 'pool', JSON.stringify(name))] },
      }
    })
  },
}
