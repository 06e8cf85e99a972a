import type { Check } from './check.ts'
import { elementRemoved } from './edits.ts'
import { inEachRule } from './rule-kinds.ts'
import { expiryIsKnown, expirySeconds, keptText } from './storing.ts'

export const expiryNotPositive: Check = {
  name: 'expiry-not-positive',
  severity: 'warning',
  fix: 'offered',
  doc: '`expired_time` of 0 or less says nothing: `backend.redis.msg.expired_after` counts, and without that the message is kept for ever. It does not mean "at once".',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "expired_time": 0, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "expired_time": 1, "pool": "pool1"}',
  *find(symbols) {
    if (!expiryIsKnown(symbols)) return
    yield* inEachRule(symbols, function* (rule) {
      const member = rule.members.get('expired_time')
      if (member === undefined || rule.known?.expires !== true || rule.expiredTime === undefined || rule.expiredTime > 0) return
      const seconds = expirySeconds(symbols, rule)
      yield {
        span: member.value.span,
        message: `${rule.expiredTime} does not mean "at once": what this stores is kept ${keptText(seconds)}${seconds === undefined ? '' : ', as `backend.redis.msg.expired_after` says'}`,
        hint: seconds === undefined ? 'write a number of seconds, such as 3600' : 'write a number of seconds, or delete `expired_time`',
        fix: seconds === undefined
          ? { title: 'write 3600', edits: [{ span: member.value.span, text: '3600' }] }
          : { title: 'delete `expired_time`', edits: elementRemoved(symbols, rule.rule.value.members, member) },
      }
    })
  },
}
