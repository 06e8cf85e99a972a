import type { Edit, Fix } from '../diagnostic/diagnostic.ts'
import type { CommandField, Json } from '../syntax/ast.ts'
import { elementRemoved, ruleRemoved } from './edits.ts'
import type { RedisCall } from './redis-call.ts'
import type { CommandSymbol, RuleSymbol, Symbols } from './symbols.ts'
import { written } from './template.ts'

/** Characters of a command that a hint shows as a whole. */
const SHORT = 72

/** A command as it is typed into a rules file, of fields and of fields' texts; nothing if it is too long to be shown. */
export function commandText(fields: readonly (CommandField | string)[]): string | undefined {
  const text = typed(fields)
  return text.length > SHORT ? undefined : text
}

/** Another command in the place of one; what that does is said by the command, or by `long` where it is too long to be shown. */
export function rewritten({ text }: CommandSymbol, fields: readonly (CommandField | string)[], long: string): Omit<Fix, 'safe'> {
  const shown = commandText(fields)
  return { title: shown === undefined ? long : `write \`${shown}\``, edits: [{ span: text.span, text: `"${typed(fields)}"` }] }
}

/** A command less; the rule, if it is the only one. */
export function commandRemoved(symbols: Pick<Symbols, 'files' | 'ignores'>, { rule, command: { text } }: Pick<RedisCall, 'rule' | 'command'>): readonly Edit[] {
  const items = listOf(rule)
  return items.length < 2 ? [ruleRemoved(symbols, rule)] : elementRemoved(symbols, items, text)
}

function listOf({ action }: RuleSymbol): readonly Json[] {
  const list = action?.members.findLast(({ name }) => name.value === 'commands')?.value
  return list?.kind === 'array' ? list.items : []
}

function typed(fields: readonly (CommandField | string)[]): string {
  return fields.map(field => typeof field === 'string' ? field : fieldText(written(field.parts))).join(' ')
}

/** A field as it is typed, in quotes where it needs them, and with the escapes of JSON. */
export function fieldText(text: string): string {
  return JSON.stringify(quotedField(text)).slice(1, -1)
}

/** A field as a command has it, in quotes where it needs them. */
export function quotedField(text: string): string {
  const quoted = text === '' || text.includes(' ') || text.startsWith('"')
  return quoted ? `"${text.replace(/["\\]/g, String.raw`\$&`)}"` : text
}
