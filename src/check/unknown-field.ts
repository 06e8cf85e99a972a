import { nameHint, nearest } from '../diagnostic/did-you-mean.ts'
import { ACTION_MEMBERS, RULE_MEMBERS } from '../language/rule-members.ts'
import type { JsonObject } from '../syntax/ast.ts'
import type { Check, Finding } from './check.ts'
import { choice } from './choice.ts'
import { textEdit } from './edits.ts'
import { inEachRule } from './rule-kinds.ts'

export const unknownField: Check = {
  name: 'unknown-field',
  severity: 'warning',
  fix: 'offered',
  doc: 'A field that hookline does not know has no effect; mostly it is a misspelt one.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1", "expire_time": 60}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}',
  find: symbols => inEachRule(symbols, function* ({ rule, action }) {
    yield* unknown(rule.value, Object.keys(RULE_MEMBERS), 'a rule')
    if (action !== undefined) yield* unknown(action, Object.keys(ACTION_MEMBERS), 'an action')
  }),
}

function* unknown({ members }: JsonObject, names: readonly string[], what: string): Iterable<Finding> {
  for (const { name } of members) {
    if (names.includes(name.value)) continue
    // Where the one that is near is there too, this is hardly it.
    const rename = (near: string) => members.some(other => other.name.value === near) ? undefined : textEdit(name, near)
    yield {
      span: name.span, message: `${what} has no field \`${name.value}\`; it has no effect`,
      ...choice(nearest(name.value, names), rename) ?? { hint: nameHint(name.value, names) },
    }
  }
}
