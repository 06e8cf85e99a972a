import type { Diagnostic, Span } from '../diagnostic/diagnostic.ts'

/** What there is to say of what stands on lines of a rules file. */
export interface LineFacts {
  /** Of the whole: an object may run over several lines. */
  readonly span: Span
  /** What kind of line it is, and what it is called: `the rule message.publish.1`. */
  readonly title: string
  /** Clauses, each with what they are about; several of one label stand one below the other. */
  readonly facts: readonly (readonly [label: string, clauses: readonly string[]])[]
}

/** The same with what the checks find there. */
export interface LineStory extends LineFacts {
  readonly findings: readonly Diagnostic[]
}
