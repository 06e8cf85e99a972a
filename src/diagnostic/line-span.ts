import type { Position, Span } from './diagnostic.ts'

/** Where a line begins; `offset` is that of its first character. */
export interface LineStart {
  readonly file: string
  readonly line: number
  readonly offset: number
}

/**
 * A place within one line. Of the many places of a file hardly one is ever shown, so its positions are made when somebody asks.
 * A class, because an object of three fields is small only if its getters are those of all.
 */
export class LineSpan implements Span {
  readonly at: LineStart
  /** In the line, UTF-16 units. */
  readonly from: number
  readonly to: number

  constructor(at: LineStart, from: number, to: number) {
    this.at = at
    this.from = from
    this.to = to
  }

  get file(): string {
    return this.at.file
  }

  get start(): Position {
    return positionIn(this.at, this.from)
  }

  get end(): Position {
    return positionIn(this.at, this.to)
  }
}

/** The same as plain data. */
export function plainSpan(span: Span): Span {
  return span instanceof LineSpan ? { file: span.file, start: span.start, end: span.end } : span
}

/** The place of a part of one within one line, by the distances of its ends from where that begins. */
export function partOfSpan(span: Span, start: number, end: number): Span {
  if (span instanceof LineSpan) return new LineSpan(span.at, span.from + start, span.from + end)
  const { line, column, offset } = span.start
  const place = (distance: number): Position => ({ line, column: column + distance, offset: offset + distance })
  return { file: span.file, start: place(start), end: place(end) }
}

/** From the beginning of one to the end of another of the same file. */
export function spanBetween(first: Span, last: Span): Span {
  if (first instanceof LineSpan && last instanceof LineSpan && first.at === last.at) return new LineSpan(first.at, first.from, last.to)
  return { file: first.file, start: first.start, end: last.end }
}

/** UTF-16 units. */
export function lengthOf(span: Span): number {
  return span instanceof LineSpan ? span.to - span.from : span.end.offset - span.start.offset
}

function positionIn({ line, offset }: LineStart, distance: number): Position {
  return { line, column: distance + 1, offset: offset + distance }
}
