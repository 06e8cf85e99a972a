import { oneOfThese } from '../diagnostic/did-you-mean.ts'
import type { HookName } from '../language/hooks.ts'
import { isPlaceholder, placeholdersOf } from '../language/hook-name.ts'
import type { CommandField } from '../syntax/ast.ts'
import { partOf } from '../syntax/parse.ts'
import type { Check } from './check.ts'
import { fieldText, rewritten } from './command-text.ts'
import { callsOf } from './redis-call.ts'
import { isRefused } from './unpaired.ts'

/** Placeholders that EMQ X's manuals print without `${}`; ours were never written so. */
const PRINTED_BARE = new Set(['clientid', 'msgid', 'topic', 'payload', 'qos', 'message'])

export const bareWordPlaceholder: Check = {
  name: 'bare-word-placeholder',
  severity: 'warning',
  fix: 'offered',
  doc: 'Old EMQ X manuals print placeholders as bare words; a bare word is stored as it is. A word before a value with a placeholder is taken for the name of a hash field.',
  bad: 'backend.redis.hook.session.subscribed.1 = {"topic": "#", "action": {"commands": ["HSET sub:${clientid} topic qos"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.session.subscribed.1 = {"topic": "#", "action": {"commands": ["HSET sub:${clientid} topic ${topic}"]}, "pool": "pool1"}',
  *find({ rules }) {
    for (const rule of rules) {
      const { hook, commands } = rule
      if (hook === undefined) continue
      // That a value is missing is said as that.
      const refused = new Set(callsOf([rule]).filter(isRefused).map(({ command }) => command))
      for (const command of commands) {
        const { text, fields } = command
        const words = bareWords(fields, hook)
        if (words.length === 0 || refused.has(command)) continue
        yield {
          span: partOf(text, 0, text.value.length),
          message: `this stores the ${words.length === 1 ? 'word' : 'words'} ${oneOfThese(words, 'and')}, not the ${words.length === 1 ? 'value' : 'values'}`,
          hint: `write ${oneOfThese(words.map(word => `\${${word}}`), 'and')}`,
          fix: rewritten(command, fields.map((field, i) => i === 0 ? field : filled(field, i, words)), 'write the placeholders'),
        }
      }
    }
  },
}

/** Each once. Words of a key count only beside a whole field that is one: `INCR count:topic` may be meant. */
function bareWords([, ...fields]: readonly CommandField[], hook: HookName): readonly string[] {
  const whole = fields.flatMap((field, i) => {
    const word = literal(field)
    const namesValue = fields[i + 1]?.parts.some(({ kind }) => kind === 'placeholder') === true
    return word !== undefined && i > 0 && !namesValue && isBare(word, hook) ? [word] : []
  })
  if (whole.length === 0) return []
  const key = fields[0] === undefined ? undefined : literal(fields[0])
  return [...new Set([...key?.split(':').filter(word => isBare(word, hook)) ?? [], ...whole])]
}

/** The field with placeholders for the words; of the key also where they are parts of it. */
function filled(field: CommandField, at: number, words: readonly string[]): CommandField | string {
  const text = literal(field)
  if (text === undefined) return field
  const parts = at === 1 ? text.split(':') : [text]
  return parts.some(part => words.includes(part)) ? fieldText(parts.map(part => words.includes(part) ? `\${${part}}` : part).join(':')) : field
}

function isBare(word: string, hook: HookName): boolean {
  return PRINTED_BARE.has(word) && isPlaceholder(word) && placeholdersOf(hook).includes(word)
}

function literal({ parts }: CommandField): string | undefined {
  const [only] = parts
  return parts.length === 1 && only?.kind === 'text' ? only.text : undefined
}
