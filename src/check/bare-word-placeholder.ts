import { oneOfThese } from '../diagnostic/did-you-mean.ts'
import type { HookName } from '../language/hooks.ts'
import { isPlaceholder, placeholdersOf } from '../language/hook-name.ts'
import type { CommandField } from '../syntax/ast.ts'
import { partOf } from '../syntax/parse.ts'
import type { Check } from './check.ts'
import { fieldText, quotedField, rewritten } from './command-text.ts'
import { callsOf } from './redis-call.ts'
import type { CommandSymbol } from './symbols.ts'
import { written } from './template.ts'
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
      for (const command of commands) {
        const { text, fields } = command
        const words = bareWords(fields, hook)
        // That a value is missing is said as that.
        if (words.length === 0 || callsOf([rule]).some(call => call.command === command && isRefused(call))) continue
        yield {
          span: partOf(text, 0, text.value.length),
          message: `this stores the ${words.length === 1 ? 'word' : 'words'} ${oneOfThese(words, 'and')}, not the ${words.length === 1 ? 'value' : 'values'}`,
          hint: `write ${oneOfThese(words.map(word => `\${${word}}`), 'and')}`,
          fix: rewritten(command, filledTexts(fields, hook).map(fieldText), 'write the placeholders'),
        }
      }
    }
  },
}

/** The command with placeholders in the place of the bare words; undefined if it has none. */
export function withPlaceholders({ fields }: CommandSymbol, hook: HookName): string | undefined {
  return bareFields(fields.slice(1), hook).size === 0 ? undefined : filledTexts(fields, hook).map(quotedField).join(' ')
}

/** The fields with placeholders for the bare words; of the key also where they are parts of it. */
function filledTexts(fields: readonly CommandField[], hook: HookName): readonly string[] {
  const bare = bareFields(fields.slice(1), hook)
  return fields.map(({ parts }, i) => {
    const key = i === 1 ? literal({ parts }) : undefined
    if (key !== undefined) return key.split(':').map(word => isBare(word, hook) ? `\${${word}}` : word).join(':')
    return bare.has(i - 1) ? `\${${written(parts)}}` : written(parts)
  })
}

/** Each once. Words of a key count only beside a whole field that is one: `INCR count:topic` may be meant. */
function bareWords([, ...fields]: readonly CommandField[], hook: HookName): readonly string[] {
  const bare = bareFields(fields, hook)
  if (bare.size === 0) return []
  const key = fields[0] === undefined ? undefined : literal(fields[0])
  return [...new Set([...key?.split(':').filter(word => isBare(word, hook)) ?? [], ...fields.flatMap((field, i) => bare.has(i) ? literal(field) ?? [] : [])])]
}

/** The fields behind the key that are a bare word; one before a value with a placeholder names a hash field. */
function bareFields(fields: readonly CommandField[], hook: HookName): ReadonlySet<number> {
  return new Set(fields.flatMap((field, i) => {
    const word = literal(field)
    const namesValue = fields[i + 1]?.parts.some(({ kind }) => kind === 'placeholder') === true
    return word !== undefined && i > 0 && !namesValue && isBare(word, hook) ? [i] : []
  }))
}

/** Words of a key that may be meant as placeholders, where nothing else in the command says so. */
export function doubtfulWords({ fields: [, key, ...others] }: CommandSymbol, hook: HookName): readonly string[] {
  if (key === undefined || bareFields([key, ...others], hook).size > 0) return []
  return literal(key)?.split(':').filter(word => isBare(word, hook)) ?? []
}

function isBare(word: string, hook: HookName): boolean {
  return PRINTED_BARE.has(word) && isPlaceholder(word) && placeholdersOf(hook).includes(word)
}

function literal({ parts }: Pick<CommandField, 'parts'>): string | undefined {
  const [only] = parts
  return parts.length === 1 && only?.kind === 'text' ? only.text : undefined
}
