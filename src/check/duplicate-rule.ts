import { lineBeside, ruleName, type Check } from './check.ts'
import { ruleRemoved } from './edits.ts'
import { once } from './once.ts'
import { sameness } from './same-rule.ts'
import { expirySeconds } from './storing.ts'
import { currentRules, type RuleSymbol } from './symbols.ts'

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
    const firsts = new Map<string, RuleSymbol>()
    for (const rule of currentRules(symbols)) {
      const same = sameness(rule)
      if (same === undefined) continue
      const id = `${same} ${rule.known?.expires === true ? expirySeconds(symbols, rule) ?? '' : ''}`
      const first = firsts.get(id)
      if (first === undefined) {
        firsts.set(id, rule)
        continue
      }
      const { span } = first.rule.key
      yield {
        span: rule.rule.key.span, message: `\`${ruleName(rule)}\` does the same as \`${ruleName(first)}\` (${lineBeside(span, rule.rule.key.span)})`,
        hint: 'delete one of the lines', related: [{ span, message: 'the same' }],
        fix: {
          title: 'delete this line', edits: [ruleRemoved(symbols, rule)],
          // A file may be read without the other one; and a line that this one replaces would run again.
          safe: span.file === rule.rule.key.span.file && !replacing(symbols).has(rule.rule),
        },
      }
    }
  },
}

/** The lines that take the place of others. */
const replacing = once(({ rules }) => new Set(rules.map(({ repeatedBy }) => repeatedBy)))
