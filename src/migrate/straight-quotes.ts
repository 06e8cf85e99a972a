import type { Source } from '../diagnostic/source.ts'
import { parse } from '../syntax/parse.ts'

/** A source whose rules have the quotes that JSON needs, and the lines where they were others. */
export interface Straight {
  readonly source: Source
  readonly straightened: ReadonlySet<number>
}

/** Only in lines that cannot be read with their typographic quotes: inside a text they may be meant. */
export function straightQuotes(source: Source, straightened: ReadonlySet<number> = new Set()): Straight {
  const curly = parse(source).faults.filter(({ check }) => check === 'curly-quote').map(({ span }) => span.start.line).filter(line => !straightened.has(line))
  if (curly.length === 0) return { source, straightened }
  const lines = source.text.split('\n').map((line, i) => curly.includes(i + 1) ? line.replace(/[“”„‟«»″‘’]/g, '"') : line)
  // of an object over several lines only the first is known so far
  return straightQuotes({ ...source, text: lines.join('\n') }, new Set([...straightened, ...curly]))
}
