import type { Check, Finding } from './check.ts'
import { rewritten } from './command-text.ts'
import { emptyFields, oneSpace } from './empty-fields.ts'
import { allCalls, type RedisCall } from './redis-call.ts'
import { fixedText, valueNamed, written } from './template.ts'
import { unpaired } from './unpaired.ts'

export const oddPairs: Check = {
  name: 'odd-pairs',
  severity: 'error',
  fix: 'offered',
  doc: 'Some commands take their arguments in pairs, and Redis refuses one that is left over.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["HSET m:${msgid} qos ${qos} topic"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["HSET m:${msgid} qos ${qos} topic ${topic}"]}, "pool": "pool1"}',
  *find(symbols) {
    for (const call of allCalls(symbols)) {
      const found = unpaired(call)
      if (found === undefined) continue
      const { groups, last, lacks } = found
      yield {
        span: last.field.span,
        message: `\`${call.title}\` takes ${groups}, and \`${written(last.template)}\` has no ${lacks}`,
        ...emptyFields(call.command).length > 0 ? oneSpace(call) : whole(call, fixedText(last.template), lacks),
      }
    }
  },
}

/** The command with the value that the name of a field suggests. */
function whole({ rule: { hook }, command }: RedisCall, word: string | undefined, lacks: string): Pick<Finding, 'hint' | 'fix'> {
  const hint = `write its ${lacks} after it${lacks === 'value' ? ', in quotes if it has spaces: \\"a b\\"' : ''}`
  const value = valueNamed(hook, word)
  return value === undefined ? { hint } : { fix: rewritten(command, [...command.fields, value], hint) }
}
