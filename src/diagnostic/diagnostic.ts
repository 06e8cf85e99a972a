/** A place in a source. Lines and columns count from 1, columns in UTF-16 units; offsets from 0. */
export interface Position {
  readonly line: number
  readonly column: number
  readonly offset: number
}

/** From `start` up to, not including, `end`. May cover several lines. */
export interface Span {
  readonly file: string
  readonly start: Position
  readonly end: Position
}

export type Severity = 'error' | 'warning' | 'info'

/** What we say about a file: a value, collected, never thrown. Never holds a secret or a payload. */
export interface Diagnostic {
  /** The check's name: file in `src/check`, code in every output format, anchor in the reference. */
  readonly check: string
  readonly severity: Severity
  /** What is wrong, in the user's words; lower case, no full stop. */
  readonly message: string
  readonly span: Span
  /** What to type; starts with a verb. */
  readonly hint?: string
  readonly related?: readonly { readonly span: Span, readonly message: string }[]
}
