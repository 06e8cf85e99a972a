import { isSamePlace, lineBeside, ruleName, type Check } from './check.ts'
import { freeNumber } from './free-number.ts'

export const duplicateRuleNumber: Check = {
  name: 'duplicate-rule-number',
  severity: 'warning',
  fix: 'offered',
  doc: 'Of two rules of one hook with one number only the later line runs, as in EMQ X.',
  bad: `backend.redis.hook.message.publish.1 = {"topic": "a/#", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}
backend.redis.hook.message.publish.1 = {"topic": "b/#", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}`,
  good: `backend.redis.hook.message.publish.1 = {"topic": "a/#", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}
backend.redis.hook.message.publish.2 = {"topic": "b/#", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}`,
  *find(symbols) {
    for (const rule of symbols.rules) {
      if (rule.repeatedBy === undefined || rule.number === undefined || isSamePlace(rule.repeatedBy.key.span, rule.rule.key.span)) continue
      const { span } = rule.repeatedBy.key
      const free = freeNumber(symbols, rule.hook)
      const title = `write \`${rule.hookText}.${free}\``
      const number = rule.rule.key.words.at(-1)
      yield {
        span: rule.rule.key.span, message: `\`${ruleName(rule)}\` is also on ${lineBeside(span, rule.rule.key.span)}; only the later one runs`,
        hint: `${title} for one of them`,
        ...number === undefined || rule.oldForm ? {} : { fix: { title, edits: [{ span: number.span, text: String(free) }] } },
        related: [{ span, message: 'this one runs' }],
      }
    }
  },
}
