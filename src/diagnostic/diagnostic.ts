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
  /** What to type; starts with a verb. Where there is a fix, it says what that does, and maybe what else could be done. */
  readonly hint?: string
  readonly fix?: Fix
  readonly related?: readonly { readonly span: Span, readonly message: string }[]
}

/** How a finding can be mended, as data. */
export interface Fix {
  /** What it does; starts with a verb. */
  readonly title: string
  /** At least one; no two of them overlap. Applied together or not at all. */
  readonly edits: readonly Edit[]
  /** `lint --fix` applies it: it changes what the check says, and nothing else. The others are offered. */
  readonly safe: boolean
}

/** Another text in the place of that of a span; an empty span is a place between two characters. */
export interface Edit {
  readonly span: Span
  readonly text: string
}
