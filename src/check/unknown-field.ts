import { nameHint } from '../diagnostic/did-you-mean.ts'
import { ACTION_MEMBERS, RULE_MEMBERS } from '../language/rule-members.ts'
import type { JsonObject } from '../syntax/ast.ts'
import type { Check, Finding } from './check.ts'

export const unknownField: Check = {
  name: 'unknown-field',
  severity: 'warning',
  doc: 'A field that hookline does not know has no effect; mostly it is a misspelt one.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1", "expire_time": 60}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}',
  *find({ rules }) {
    for (const { rule, action } of rules) {
      yield* unknown(rule.value, Object.keys(RULE_MEMBERS), 'a rule')
      if (action !== undefined) yield* unknown(action, Object.keys(ACTION_MEMBERS), 'an action')
    }
  },
}

function* unknown({ members }: JsonObject, names: readonly string[], what: string): Iterable<Finding> {
  for (const { name } of members) {
    if (names.includes(name.value)) continue
    yield { span: name.span, message: `${what} has no field \`${name.value}\`; it has no effect`, hint: nameHint(name.value, names) }
  }
}
