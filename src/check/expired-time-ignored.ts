import type { Check } from './check.ts'
import { elementRemoved } from './edits.ts'
import { inEachRule } from './rule-kinds.ts'

export const expiredTimeIgnored: Check = {
  name: 'expired-time-ignored',
  severity: 'warning',
  fix: 'safe',
  doc: '`expired_time` is how long a function keeps what it stores; those that store nothing, and commands, take no notice of it.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_retain_delete"}, "expired_time": 60, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_retain_delete"}, "pool": "pool1"}',
  find: symbols => inEachRule(symbols, function* ({ members, known, action, rule }) {
    const expiry = members.get('expired_time')
    if (expiry === undefined) return
    const commands = action?.members.some(({ name }) => name.value === 'commands') === true
    if (known === undefined ? commands : !known.expires) {
      yield {
        span: expiry.span,
        message: known === undefined ? 'commands keep what they store as long as they say; `expired_time` has no effect' : `\`${known.name}\` stores nothing that could expire; \`expired_time\` has no effect`,
        fix: { title: 'delete `expired_time`', edits: elementRemoved(symbols, rule.value.members, expiry) },
      }
    }
  }),
}
