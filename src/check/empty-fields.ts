import type { Span } from '../diagnostic/diagnostic.ts'
import type { CommandField } from '../syntax/ast.ts'
import { partOf } from '../syntax/parse.ts'
import { between } from './redis-call.ts'
import type { CommandSymbol } from './symbols.ts'

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

/** What to say where a wrong number of fields is a matter of spaces. */
export const ONE_SPACE = 'write one space between fields: two make an empty field'
