import type { Span } from '../diagnostic.ts'
import { lineText, type SourceText } from '../source-text.ts'
import { isPlain } from './plain-text.ts'
import { withoutSecrets } from './secret.ts'

/** The line of a span and the row beneath it that underlines the span, both for a terminal. */
export interface Excerpt {
  readonly line: string
  readonly before: string
  readonly underline: string
}

/** Columns of a terminal that a line may take; one that is longer is cut around its span. */
const WIDTH = 110
/** Columns kept before the span, where a line is cut. */
const LEAD = 40
const TAB = '  '

/** The first line of a span, with the part of it that is meant underlined. */
export function excerptOf(source: SourceText, span: Span): Excerpt {
  const text = lineText(source, span.start.line)
  const shown = withoutSecrets(text)
  // A secret is shorter than it was: what stands behind one has moved.
  const shownColumn = (column: number) => Math.min(shown === text ? column - 1 : withoutSecrets(text.slice(0, column - 1)).length, shown.length)
  const from = shownColumn(span.start.column)
  const to = span.end.line > span.start.line ? shown.length : shownColumn(span.end.column)
  const before = printable(shown.slice(0, from))
  const marked = printable(shown.slice(from, to))
  return cut({ before, marked, after: printable(shown.slice(to)) })
}

function cut({ before, marked, after }: { readonly before: string, readonly marked: string, readonly after: string }): Excerpt {
  const [ahead, meant, behind] = [widthOf(before), widthOf(marked), widthOf(after)]
  const inView = ahead + meant + behind <= WIDTH || ahead <= LEAD || ahead + meant < WIDTH
  const left = inView ? before : `…${lastColumns(before, LEAD)}`
  const indent = widthOf(left)
  const isWhole = indent + meant <= WIDTH
  const middle = isWhole ? marked : `${firstColumns(marked, WIDTH - indent)}…`
  const underlined = widthOf(middle)
  const room = WIDTH - indent - underlined
  // What is cut says so once.
  const right = !isWhole ? '' : behind <= room ? after : `${firstColumns(after, room)}…`
  return {
    line: `${left}${middle}${right}`,
    before: ' '.repeat(indent),
    underline: '^'.repeat(Math.max(1, underlined)),
  }
}

/** Tabs get a width of their own, and nothing in a file may steer the terminal. */
function printable(text: string): string {
  return isPlain(text) ? text : text.replaceAll('\t', TAB).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD')
}

function firstColumns(text: string, columns: number): string {
  if (isPlain(text)) return text.slice(0, columns)
  let taken = ''
  let width = 0
  for (const character of text) {
    width += widthOf(character)
    if (width > columns) break
    taken += character
  }
  return taken
}

function lastColumns(text: string, columns: number): string {
  if (isPlain(text)) return text.slice(Math.max(0, text.length - columns))
  let taken = ''
  let width = 0
  for (const character of Array.from(text).reverse()) {
    width += widthOf(character)
    if (width > columns) break
    taken = character + taken
  }
  return taken
}

/** Two columns: East Asian wide and emoji. None: marks that combine. As well as one can know it of a terminal. */
const WIDE = /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]/u
const COMBINING = /\p{M}/u

function widthOf(text: string): number {
  if (isPlain(text)) return text.length
  let width = 0
  for (const character of text) {
    if (COMBINING.test(character)) continue
    width += WIDE.test(character) ? 2 : 1
  }
  return width
}
