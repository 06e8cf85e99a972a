import type { Span } from '../diagnostic/diagnostic.ts'
import type { Comment, Line } from '../syntax/ast.ts'
import type { Entry, Outcome } from './report.ts'
import type { Row } from './row.ts'

/** What a row becomes, and what is said of it. */
export interface Turned {
  readonly row: Row
  readonly lines: readonly Line[]
  readonly entries: readonly Entry[]
}

export function entryOf({ file, first }: Row, outcome: Outcome, key: string, why?: string): Entry {
  return { file, line: first, outcome, key, ...why !== undefined && { why } }
}

const NOWHERE: Span = { file: '', start: { line: 1, column: 1, offset: 0 }, end: { line: 1, column: 1, offset: 0 } }

/** The lines as they are, as comments. */
export function behindHash({ text }: Pick<Row, 'text'>): readonly Comment[] {
  return text.map(line => ({ kind: 'comment', text: /^\s*#/.test(line) ? line.trim() : `# ${line.trim()}`.trimEnd(), span: NOWHERE }))
}
