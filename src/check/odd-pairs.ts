import { isPlaceholder, placeholdersOf } from '../language/hook-name.ts'
import type { Check } from './check.ts'
import { commandText } from './command-text.ts'
import { emptyFields, ONE_SPACE } from './empty-fields.ts'
import { callsOf, type RedisCall } from './redis-call.ts'
import { fixedText, written } from './template.ts'
import { unpaired } from './unpaired.ts'

export const oddPairs: Check = {
  name: 'odd-pairs',
  severity: 'error',
  doc: 'Some commands take their arguments in pairs, and Redis refuses one that is left over.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["HSET m:${msgid} qos ${qos} topic"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["HSET m:${msgid} qos ${qos} topic ${topic}"]}, "pool": "pool1"}',
  *find({ rules }) {
    for (const call of callsOf(rules)) {
      const found = unpaired(call)
      if (found === undefined) continue
      const { groups, last, lacks } = found
      yield {
        span: last.field.span,
        message: `\`${call.title}\` takes ${groups}, and \`${written(last.template)}\` has no ${lacks}`,
        hint: emptyFields(call.command).length > 0 ? ONE_SPACE : whole(call, fixedText(last.template)) ?? `write its ${lacks} after it${lacks === 'value' ? ', in quotes if it has spaces: \\"a b\\"' : ''}`,
      }
    }
  },
}

/** The command with the value that the name of a field suggests. */
function whole({ rule: { hook }, command: { fields } }: RedisCall, word: string | undefined): string | undefined {
  if (word === undefined || hook === undefined || !isPlaceholder(word) || word === 'message' || !placeholdersOf(hook).includes(word)) return undefined
  const text = commandText([...fields, `\${${word}}`])
  return text === undefined ? undefined : `write \`${text}\``
}
