import { lineBeside, type Check } from './check.ts'
import { sameRule } from './same-rule.ts'
import { expiryIsKnown, expirySeconds, isLonger, keptText } from './storing.ts'
import { currentRules } from './symbols.ts'

export const expiryDiffers: Check = {
  name: 'expiry-differs',
  severity: 'info',
  doc: 'Two rules that store the same messages store one record, and the longer time counts.',
  bad: `backend.redis.hook.message.publish.1 = {"topic": "a/#", "action": {"function": "on_message_publish"}, "expired_time": 60, "pool": "pool1"}
backend.redis.hook.message.publish.2 = {"topic": "a/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}`,
  good: `backend.redis.hook.message.publish.1 = {"topic": "a/#", "action": {"function": "on_message_publish"}, "expired_time": 60, "pool": "pool1"}
backend.redis.hook.message.publish.2 = {"topic": "a/#", "action": {"function": "on_message_retain"}, "expired_time": 3600, "pool": "pool1"}`,
  *find(symbols) {
    if (!expiryIsKnown(symbols)) return
    const rules = currentRules(symbols).filter(({ known }) => known?.expires === true)
    for (const [i, rule] of rules.entries()) {
      const first = rules.slice(0, i).find(other => sameRule(other, rule))
      if (first === undefined) continue
      const [one, other] = [first, rule].map(symbol => expirySeconds(symbols, symbol))
      if (one === other) continue
      const span = rule.members.get('expired_time')?.span ?? rule.functionName?.span ?? rule.rule.key.span
      const place = first.members.get('expired_time')?.span ?? first.functionName?.span ?? first.rule.key.span
      yield {
        span,
        message: `the same messages are kept ${keptText(one)} by ${lineBeside(place, span)} and ${keptText(other)} here; the longer time counts`,
        hint: `delete the line with ${isLonger(one, other) ? keptText(other) : keptText(one)}`,
        related: [{ span: place, message: `kept ${keptText(one)}` }],
      }
    }
  },
}
