import type { CommandField } from '../syntax/ast.ts'
import { written } from './template.ts'

/** Characters of a command that a hint shows as a whole. */
const SHORT = 72

/** A command as it is typed into a rules file, of fields and of fields' texts; nothing if it is too long to be shown. */
export function commandText(fields: readonly (CommandField | string)[]): string | undefined {
  const text = fields.map(field => typeof field === 'string' ? field : fieldText(written(field.parts))).join(' ')
  return text.length > SHORT ? undefined : text
}

/** A field as it is typed, in quotes where it needs them, and with the escapes of JSON. */
export function fieldText(text: string): string {
  const quoted = text === '' || text.includes(' ') || text.startsWith('"')
  const field = quoted ? `"${text.replace(/["\\]/g, String.raw`\$&`)}"` : text
  return JSON.stringify(field).slice(1, -1)
}
