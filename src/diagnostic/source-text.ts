import type { Position, Span } from './diagnostic.ts'

/** A source with its lines found: turns offsets into places. Lines end with LF or CRLF. */
export interface SourceText {
  readonly name: string
  readonly text: string
  /** Where each line begins, as offsets. There is at least one line. */
  readonly lineStarts: readonly number[]
}

export function sourceText({ name, text }: { readonly name: string, readonly text: string }): SourceText {
  // An editor does not count the byte order mark as a column.
  const lineStarts = [text.startsWith('\uFEFF') ? 1 : 0]
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) lineStarts.push(end + 1)
  return { name, text, lineStarts }
}

/** The place of what lies between two offsets of the source. */
export function spanOf(source: SourceText, start: number, end: number): Span {
  const first = positionAt(source, start)
  return { file: source.name, start: first, end: end === start ? first : positionAt(source, end) }
}

/** The text of a line, counted from 1, without its end. */
export function lineText(source: SourceText, line: number): string {
  const start = source.lineStarts[line - 1] ?? source.text.length
  let end = source.lineStarts[line] ?? source.text.length
  if (end > start && source.text[end - 1] === '\n') end -= end - 1 > start && source.text[end - 2] === '\r' ? 2 : 1
  return source.text.slice(start, end)
}

function positionAt({ lineStarts }: SourceText, offset: number): Position {
  let low = 0
  let high = lineStarts.length
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if ((lineStarts[middle] ?? 0) <= offset) low = middle
    else high = middle
  }
  return { line: low + 1, column: offset - (lineStarts[low] ?? 0) + 1, offset }
}
