import type { Comment, Json, JsonObject, Key, Line, RuleFile, Scalar } from './ast.ts'

/** The text of a rules file: parsed again it is the same file, but for the places. */
export function print(file: Pick<RuleFile, 'lines'>): string {
  return file.lines.map(line => `${printLine(line)}\n`).join('')
}

/** A line without its end; an object that runs over several lines goes on doing so. */
export function printLine(line: Line): string {
  switch (line.kind) {
    case 'blank': return ''
    case 'comment': return line.text
    case 'include': return `include ${line.path}`
    case 'setting': return `${keyText(line.key)} = ${scalarText(line.value)}`
    case 'rule': return `${keyText(line.key)} = ${printValue(line.value, line.comments, '')}`
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

const STEP = '  '

/** An object or list that runs over several lines has each of its parts on a line, with the comments that stand over it. */
function printValue(json: Json, comments: readonly Comment[], indent: string): string {
  const own = comments.filter(({ span }) => isWithin(json, span.start.offset))
  const isSpread = own.length > 0 || json.span.end.line > json.span.start.line
  if (!isSpread || (json.kind !== 'object' && json.kind !== 'array')) return printJson(json)
  const parts = partsOf(json)
  if (parts.length === 0 && own.length === 0) return printJson(json)
  const inner = `${indent}${STEP}`
  const left = new Set(own)
  // In the order of the file, in which parts need not be printed.
  const over = new Map([...parts].sort((a, b) => a.end - b.end).map((part) => {
    const above = [...left].filter(({ span }) => span.start.offset < part.end && !isWithin(part.value, span.start.offset))
    for (const comment of own) if (comment.span.start.offset < part.end) left.delete(comment)
    return [part, above]
  }))
  const lines = parts.flatMap((part, i) => [
    ...(over.get(part) ?? []).map(({ text }) => text),
    `${part.name}${printValue(part.value, own, inner)}${i < parts.length - 1 ? ',' : ''}`,
  ])
  const [open, close] = json.kind === 'object' ? '{}' : '[]'
  return [open, ...[...lines, ...[...left].map(({ text }) => text)].map(line => `${inner}${line}`), `${indent}${close}`].join('\n')
}

interface Part {
  /** With its colon; of items of a list nothing. */
  readonly name: string
  readonly value: Json
  readonly end: number
}

function partsOf(json: JsonObject | Extract<Json, { kind: 'array' }>): readonly Part[] {
  return json.kind === 'object'
    ? json.members.map(({ name, value, span }) => ({ name: `${printJson(name)}: `, value, end: span.end.offset }))
    : json.items.map(value => ({ name: '', value, end: value.span.end.offset }))
}

function isWithin({ span }: Json, offset: number): boolean {
  return span.start.offset <= offset && offset < span.end.offset
}
