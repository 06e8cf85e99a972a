import type { Source } from '../diagnostic/source.ts'
import { lineText, sourceText } from '../diagnostic/source-text.ts'
import type { Line, RuleFile } from '../syntax/ast.ts'

/** A line of a file, or the several of an object. */
export interface Row {
  readonly file: string
  /** From 1. */
  readonly first: number
  /** As it is in the file. */
  readonly text: readonly string[]
  /** Absent: it cannot be read. */
  readonly line: Line | undefined
}

/** All lines of a file in their order, those too that the parser could not read. */
export function rowsOf(source: Source, { lines }: Pick<RuleFile, 'lines'>): readonly Row[] {
  const text = sourceText(source)
  const starting = new Map(lines.flatMap((line) => {
    const extent = extentOf(line)
    return extent === undefined ? [] : [[extent.first, { line, last: extent.last }] as const]
  }))
  const count = text.lineStarts.length - (/(?:^|\n)$/.test(source.text) ? 1 : 0)
  const rows: Row[] = []
  for (let first = 1; first <= count;) {
    const found = starting.get(first)
    const last = found?.last ?? first
    const taken = Array.from({ length: last - first + 1 }, (_, i) => lineText(text, first + i))
    rows.push({ file: source.name, first, text: taken, line: found?.line ?? (taken.join('').trim() === '' ? { kind: 'blank' } : undefined) })
    first = last + 1
  }
  return rows
}

function extentOf(line: Line): { readonly first: number, readonly last: number } | undefined {
  switch (line.kind) {
    case 'blank': return undefined
    case 'comment': case 'include': return { first: line.span.start.line, last: line.span.end.line }
    case 'setting': case 'rule': return { first: line.key.span.start.line, last: line.value.span.end.line }
    default: return line satisfies never
  }
}
