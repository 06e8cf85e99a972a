import type { Json } from '../syntax/ast.ts'
import type { Check, Finding } from './check.ts'
import { elementRemoved } from './edits.ts'
import { inEachRule } from './rule-kinds.ts'
import type { Symbols } from './symbols.ts'

export const duplicateJsonKey: Check = {
  name: 'duplicate-json-key',
  severity: 'warning',
  fix: 'offered',
  doc: 'Of a field that is given twice the last one counts, and nobody sees it.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "a", "topic": "b", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "b", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}',
  find: symbols => inEachRule(symbols, ({ rule }) => duplicates(symbols, rule.value)),
}

function* duplicates(symbols: Symbols, json: Json): Iterable<Finding> {
  if (json.kind === 'array') for (const item of json.items) yield* duplicates(symbols, item)
  if (json.kind !== 'object') return
  const last = new Map(json.members.map(({ name }) => [name.value, name]))
  for (const member of json.members) {
    const { name, value } = member
    const counts = last.get(name.value)
    if (counts !== undefined && counts !== name) {
      yield {
        span: name.span, message: `\`${name.value}\` is given twice; this one has no effect`, hint: 'delete one of them',
        fix: { title: 'delete the one without effect', edits: elementRemoved(symbols, json.members, member) },
        related: [{ span: counts.span, message: 'this one counts' }],
      }
    }
    yield* duplicates(symbols, value)
  }
}
