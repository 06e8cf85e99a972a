import { lineBeside, type Check } from './check.ts'
import { sameness } from './same-rule.ts'
import { expiryIsKnown, expirySeconds, isLonger, keptText } from './storing.ts'
import { currentRules, type RuleSymbol } from './symbols.ts'

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
    const firsts = new Map<string, RuleSymbol>()
    for (const rule of currentRules(symbols)) {
      const same = rule.known?.expires === true ? sameness(rule) : undefined
      if (same === undefined) continue
      const first = firsts.get(same)
      if (first === undefined) {
        firsts.set(same, rule)
        continue
      }
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
