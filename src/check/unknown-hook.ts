import { nameHint, nearest } from '../diagnostic/did-you-mean.ts'
import { HOOK_NAMES } from '../language/hooks.ts'
import type { Check } from './check.ts'
import { choice } from './choice.ts'
import { freeNumber } from './free-number.ts'
import { inEachRule } from './rule-kinds.ts'

export const unknownHook: Check = {
  name: 'unknown-hook',
  severity: 'error',
  fix: 'offered',
  doc: 'A rule runs when its hook fires, and no such hook ever does.',
  bad: 'backend.redis.hook.message.published.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1"}',
  find: symbols => inEachRule(symbols, function* ({ hook, hookText, hookSpan, number, rule }) {
    if (hook === undefined) {
      // Without its number a misspelt hook looks like half of one.
      const written = hookText.includes('.') ? hookText : `${hookText}.${number ?? ''}`
      yield {
        span: hookSpan, message: `no hook \`${hookText}\``,
        ...choice(nearest(written, HOOK_NAMES), text => hookText.includes('.') ? { span: hookSpan, text } : undefined) ?? { hint: nameHint(written, HOOK_NAMES) },
      }
    } else if (number === undefined) {
      yield {
        span: rule.key.span, message: `a rule of \`${hookText}\` needs a number: its place among the rules of the hook`,
        ...choice([`backend.redis.hook.${hookText}.${freeNumber(symbols, hook)}`], text => ({ span: rule.key.span, text })),
      }
    }
  }),
}
