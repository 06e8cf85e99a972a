import type { Json, JsonObject, Key, Line, RuleFile, Scalar } from './ast.ts'

/** The canonical text of a rules file: parsed again it is the same file, but for the places. */
export function print(file: Pick<RuleFile, 'lines'>): string {
  return file.lines.map(line => `${printLine(line)}\n`).join('')
}

export function printLine(line: Line): string {
  switch (line.kind) {
    case 'blank': return ''
    case 'comment': return line.text
    case 'include': return `include ${line.path}`
    case 'setting': return `${keyText(line.key)} = ${line.value.text}`
    case 'rule': return `${keyText(line.key)} = ${printRuleObject(line.value, line.comments)}`
    default: return line satisfies never
  }
}

/** A value as it is written: with its references, never with what they stand for. */
export function scalarText({ parts }: Pick<Scalar, 'parts'>): string {
  return parts.map(part => part.kind === 'text' ? part.text : `\${${part.kind}:${part.name}}`).join('')
}

/** A key as it is written, dots in words escaped. */
export function keyText({ words }: Pick<Key, 'words'>): string {
  return words.map(({ text }) => text.replaceAll('.', String.raw`\.`)).join('.')
}

/** Comments need lines of their own, and the object then runs over several. */
function printRuleObject(value: JsonObject, comments: readonly string[]): string {
  if (comments.length === 0) return printJson(value)
  return ['{', ...comments, printJson(value).slice(1)].join('\n')
}

/** One line: a blank after each comma and colon, none inside brackets. */
export function printJson(json: Json): string {
  switch (json.kind) {
    case 'object': return `{${json.members.map(({ name, value }) => `${printJson(name)}: ${printJson(value)}`).join(', ')}}`
    case 'array': return `[${json.items.map(printJson).join(', ')}]`
    case 'string': return JSON.stringify(json.value)
    case 'number': return json.text
    case 'constant': return json.text
    default: return json satisfies never
  }
}
