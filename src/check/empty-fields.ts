import type { Fix, Span } from '../diagnostic/diagnostic.ts'
import type { CommandField } from '../syntax/ast.ts'
import { partOf } from '../syntax/parse.ts'
import type { Finding } from './check.ts'
import { rewritten } from './command-text.ts'
import { between, callsOf, type RedisCall } from './redis-call.ts'
import type { CommandSymbol } from './symbols.ts'
import { isRefused } from './unpaired.ts'

/** Where two spaces, or one at the end, make an empty field. */
export function emptyFields({ text, fields }: CommandSymbol): readonly Span[] {
  const { end } = partOf(text, text.value.length, text.value.length)
  return fields.flatMap((field, i) => {
    const [before, after] = [fields[i - 1], fields[i + 1]]
    if (before === undefined || !isUnwritten(field)) return []
    return [{ ...between(before, field), start: before.span.end, end: after === undefined ? end : after.span.start }]
  })
}

/** Nothing is there, not even quotes. */
export function isUnwritten({ parts, span }: CommandField): boolean {
  return parts.length === 0 && span.start.offset === span.end.offset
}

/** The command without its empty fields, and whether Redis takes it then. */
export function withoutEmptyFields({ rule, command }: RedisCall): { readonly fix: Omit<Fix, 'safe'>, readonly isTaken: boolean } {
  const fields = command.fields.filter(field => !isUnwritten(field))
  return {
    fix: rewritten(command, fields, 'write one space between fields'),
    isTaken: !callsOf([{ ...rule, commands: [{ ...command, fields }] }]).some(isRefused),
  }
}

/** What to do where a wrong number of fields is a matter of spaces. */
export function oneSpace(call: RedisCall): Pick<Finding, 'hint' | 'fix'> {
  const { fix, isTaken } = withoutEmptyFields(call)
  return { hint: 'write one space between fields: two make an empty field', ...isTaken ? { fix } : {} }
}
