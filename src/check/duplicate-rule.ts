import { lineBeside, ruleName, type Check } from './check.ts'
import { ruleRemoved } from './edits.ts'
import { sameRule } from './same-rule.ts'
import { expirySeconds } from './storing.ts'
import { currentRules } from './symbols.ts'

export const duplicateRule: Check = {
  name: 'duplicate-rule',
  severity: 'warning',
  fix: 'safe',
  doc: 'Two rules of one hook that do the same for the same topics in the same pool: functions do it once all the same, commands run twice.',
  bad: `backend.redis.hook.message.publish.1 = {"topic": "a/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.message.publish.2 = {"topic": "a/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}`,
  good: `backend.redis.hook.message.publish.1 = {"topic": "a/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.message.publish.2 = {"topic": "b/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}`,
  *find(symbols) {
    const rules = currentRules(symbols)
    for (const [i, rule] of rules.entries()) {
      const first = rules.slice(0, i).find(other => sameRule(other, rule)
        && (rule.known?.expires !== true || expirySeconds(symbols, other) === expirySeconds(symbols, rule)))
      if (first === undefined) continue
      const { span } = first.rule.key
      yield {
        span: rule.rule.key.span, message: `\`${ruleName(rule)}\` does the same as \`${ruleName(first)}\` (${lineBeside(span, rule.rule.key.span)})`,
        hint: 'delete one of the lines', related: [{ span, message: 'the same' }],
        fix: {
          title: 'delete this line', edits: [ruleRemoved(symbols, rule)],
          // A file may be read without the other one; and a line that this one replaces would run again.
          safe: span.file === rule.rule.key.span.file && !symbols.rules.some(({ repeatedBy }) => repeatedBy === rule.rule),
        },
      }
    }
  },
}
