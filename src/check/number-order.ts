import { HOOK_NAMES } from '../language/hooks.ts'
import { compareRuleNumbers } from '../language/rule-number.ts'
import { ruleName, type Check } from './check.ts'
import { currentRules } from './symbols.ts'

export const numberOrder: Check = {
  name: 'number-order',
  severity: 'info',
  doc: 'Rules of a hook run in the order of their numbers, not of their lines; a file that shows another order misleads.',
  bad: `backend.redis.hook.message.acked.2 = {"topic": "a", "action": {"commands": ["INCR a:\${clientid}"]}, "pool": "pool1"}
backend.redis.hook.message.acked.1 = {"topic": "b", "action": {"commands": ["INCR b:\${clientid}"]}, "pool": "pool1"}`,
  good: `backend.redis.hook.message.acked.2 = {"topic": "a", "action": {"commands": ["INCR a:\${clientid}"]}, "pool": "pool1"}
backend.redis.hook.message.acked.10 = {"topic": "b", "action": {"commands": ["INCR b:\${clientid}"]}, "pool": "pool1"}`,
  *find(symbols) {
    for (const hook of HOOK_NAMES) {
      const rules = currentRules(symbols).filter(rule => rule.hook === hook)
      for (const [i, rule] of rules.entries()) {
        const before = rules[i - 1]
        if (before?.number === undefined || rule.number === undefined) continue
        // Files are put together in an order of their own.
        if (before.rule.key.span.file !== rule.rule.key.span.file) continue
        if (compareRuleNumbers(before.number, rule.number) <= 0) continue
        yield {
          span: rule.rule.key.span, message: `\`${ruleName(rule)}\` runs before \`${ruleName(before)}\`, and the file shows another order`,
          hint: 'move the line', related: [{ span: before.rule.key.span, message: 'runs later' }],
        }
        break
      }
    }
  },
}
