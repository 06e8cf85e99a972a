import type { Json } from '../syntax/ast.ts'
import { partOf } from '../syntax/parse.ts'
import type { Check, Finding } from './check.ts'
import { inEachRule } from './rule-kinds.ts'

export const envInRule: Check = {
  name: 'env-in-rule',
  severity: 'error',
  doc: 'What comes from the environment or a file belongs into settings: a rule reads the same everywhere.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "${env:SITE}/#", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "site/#", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}',
  find: symbols => inEachRule(symbols, ({ rule }) => references(rule.value)),
}

function* references(json: Json): Iterable<Finding> {
  if (json.kind === 'object') for (const { value } of json.members) yield* references(value)
  if (json.kind === 'array') for (const item of json.items) yield* references(item)
  if (json.kind !== 'string') return
  for (const { 0: text, index } of json.value.matchAll(/\$\{(?:env|file):[^}]*\}?/g)) {
    yield { span: partOf(json, index, index + text.length), message: '`${env:..}` and `${file:..}` work in settings, not inside a rule', hint: 'write the value' }
  }
}
