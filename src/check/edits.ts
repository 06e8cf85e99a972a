import type { Edit, Span } from '../diagnostic/diagnostic.ts'
import { spanBetween } from '../diagnostic/line-span.ts'
import { lineText, spanOf } from '../diagnostic/source-text.ts'
import type { JsonObject, JsonString, Rule, Setting } from '../syntax/ast.ts'
import { partOf } from '../syntax/parse.ts'
import type { RuleSymbol, Symbols } from './symbols.ts'

type Files = Pick<Symbols, 'files'>

/** Another text in a text of JSON, whole. */
export function textEdit({ span }: JsonString, value: string): Edit {
  return { span, text: JSON.stringify(value) }
}

/** The same for a part of it, by UTF-16 units of its value. */
export function partEdit(text: JsonString, start: number, end: number, value: string): Edit {
  return { span: partOf(text, start, end), text: JSON.stringify(value).slice(1, -1) }
}

/** A member more, as the last one. `value` is JSON. */
export function memberAdded({ members, span }: JsonObject, name: string, value: string): Edit {
  const last = members.at(-1)
  const at = last?.span.end ?? { line: span.start.line, column: span.start.column + 1, offset: span.start.offset + 1 }
  return { span: { file: span.file, start: at, end: at }, text: `${last === undefined ? '' : ', '}${JSON.stringify(name)}: ${value}` }
}

/** A member first, before all others. */
export function memberBefore({ members: [first], span }: JsonObject, name: string, value: string): Edit {
  const at = first?.span.start ?? { line: span.start.line, column: span.start.column + 1, offset: span.start.offset + 1 }
  return { span: { file: span.file, start: at, end: at }, text: `${JSON.stringify(name)}: ${value}${first === undefined ? '' : ', '}` }
}

interface Placed {
  readonly span: Span
}

/** A text more in a list, behind the one. */
export function itemAdded({ span }: Placed, json: string): Edit {
  return { span: { file: span.file, start: span.end, end: span.end }, text: `, ${json}` }
}

/** One of several members of an object, or of several items of a list, less: with its comma, and its line if it has one of its own. Comments stay. */
export function elementRemoved({ files }: Files, unordered: readonly Placed[], { span }: Placed): readonly Edit[] {
  const source = files.get(span.file)?.source
  if (source === undefined) return [{ span, text: '' }]
  const { text } = source
  const elements = [...unordered].sort((a, b) => a.span.start.offset - b.span.start.offset)
  // Those of a rule in the form of before EMQ X 2.0 are not in the order of the file.
  const before = elements.findLast(other => other.span.end.offset <= span.start.offset)
  const after = elements.find(other => other.span.start.offset >= span.end.offset)
  const [start, end] = [span.start.offset, span.end.offset]
  if (after !== undefined) {
    const comma = commaAfter(text, end)
    const rest = comma === undefined ? end : comma + 1
    const ownLine = /(?:^|\n)[ \t]*$/.test(text.slice(0, start)) && /^[ \t]*\r?\n/.test(text.slice(rest))
    // A comma that stands behind a comment is taken out by itself.
    if (comma !== undefined && text.slice(end, comma).includes('\n')) {
      return [{ span, text: '' }, { span: spanOf(source, comma, comma + 1), text: '' }]
    }
    const from = ownLine ? start - (/[ \t]*$/.exec(text.slice(0, start))?.[0].length ?? 0) : start
    const blanks = (ownLine ? /^[ \t]*\r?\n/ : /^[ \t]*/).exec(text.slice(rest))?.[0].length ?? 0
    return [{ span: spanOf(source, from, rest + blanks), text: '' }]
  }
  if (before === undefined) return [{ span, text: '' }]
  const comma = commaAfter(text, before.span.end.offset)
  if (comma === undefined) return [{ span, text: '' }]
  const gap = text.slice(comma + 1, start)
  return gap.trim() === ''
    ? [{ span: spanOf(source, comma, end), text: '' }]
    : [{ span: spanOf(source, comma, comma + 1), text: '' }, { span, text: '' }]
}

/** Where the comma is that follows an element; comment lines may stand before it. */
function commaAfter(text: string, offset: number): number | undefined {
  const gap = /^(?:[ \t\r]|\n(?:[ \t]*#[^\n]*(?=\n))?)*,/.exec(text.slice(offset))?.[0]
  return gap === undefined ? undefined : offset + gap.length - 1
}

/** From the key of a rule or setting to the end of its value. */
export function extentOf({ key, value }: Pick<Rule | Setting, 'key' | 'value'>): Span {
  return spanBetween(key.span, value.span)
}

/** A rule less, with the ignores above it that were about it. */
export function ruleRemoved({ files, ignores }: Pick<Symbols, 'files' | 'ignores'>, { rule }: Pick<RuleSymbol, 'rule'>): Edit {
  const { file, start, end } = extentOf(rule)
  const above = ignores.filter(({ before }) => typeof before === 'object' && before.file === file && before.start.offset === start.offset)
  let from = start
  for (const { span } of above.toReversed()) if (span.start.line === from.line - 1) from = span.start
  return linesRemoved({ files }, { file, start: from, end })
}

/** The lines of a span less, with the end of the last. */
export function linesRemoved({ files }: Files, span: Span): Edit {
  const source = files.get(span.file)?.source
  if (source === undefined) return { span, text: '' }
  const from = source.lineStarts[span.start.line - 1] ?? span.start.offset
  const to = source.lineStarts[span.end.line] ?? source.text.length
  return { span: spanOf(source, from, to), text: '' }
}

/** A line more, behind the last line of a span. */
export function lineAdded({ files }: Files, { file, start, end }: Span, line: string): Edit {
  const source = files.get(file)?.source
  if (source === undefined) return { span: { file, start: end, end }, text: line }
  const feed = endOfLine(source.text, source.lineStarts[start.line] ?? source.lineStarts[1])
  const next = source.lineStarts[end.line]
  if (next !== undefined) return { span: spanOf(source, next, next), text: `${line}${feed}` }
  const last = (source.lineStarts[end.line - 1] ?? 0) + lineText(source, end.line).length
  return { span: spanOf(source, last, last), text: `${feed}${line}` }
}

/** Other lines in the place of a span, ended as those of the file are. */
export function linesEdit({ files }: Files, span: Span, lines: string): Edit {
  const source = files.get(span.file)?.source
  return { span, text: source === undefined ? lines : lines.replaceAll('\n', endOfLine(source.text, source.lineStarts[span.start.line] ?? source.lineStarts[1])) }
}

/** How the line before an offset ends. */
function endOfLine(text: string, next: number | undefined): string {
  return next !== undefined && text.endsWith('\r\n', next) ? '\r\n' : '\n'
}
