import type { Diagnostic, Fix, Severity, Span } from '../diagnostic/diagnostic.ts'
import type { RuleSymbol, Symbols } from './symbols.ts'
import type { Told } from './told.ts'

/** One thing that lint looks for, with its page in the reference. */
export interface Check {
  /** File in this folder, code in every output format, anchor in the reference. */
  readonly name: string
  readonly severity: Severity
  /** What it finds in its bad example can be mended: by `lint --fix`, or by whoever takes what is offered. */
  readonly fix?: 'safe' | 'offered'
  /** Why it matters. */
  readonly doc: string
  /** A text in which it finds something, and one in which it finds nothing; a test runs both. Where no pool is set, `pool1` is. */
  readonly bad: string
  readonly good: string
  /** It depends on what servers say, which only `lint --online` asks: what those of the examples have said. */
  readonly told?: Told
  /** It depends on more than the files: flags, variables, whether something else is found. An ignore of it is never unused. */
  readonly comesAndGoes?: true
  find(symbols: Symbols, told: Told): Iterable<Finding>
  /** What it sees in the findings of all checks, and in those of reviews before its own; none is ignored yet. */
  review?(symbols: Symbols, others: { readonly found: readonly Diagnostic[], readonly checks: ReadonlyMap<string, Check> }): Iterable<Finding>
}

/**
 * A diagnostic before it has its check's name; another severity than the check's is seldom, and so
 * is a fix that is not safe where the check's are. What the fix does is the hint, unless that says more.
 */
export type Finding = Omit<Diagnostic, 'check' | 'severity' | 'fix'> & {
  readonly severity?: Severity
  readonly fix?: Omit<Fix, 'safe'> & { readonly safe?: boolean }
}

/** A rule as messages name it. */
export function ruleName({ hookText, number }: RuleSymbol): string {
  return number === undefined ? hookText : `${hookText}.${number}`
}

/** A place as a message names it that stands at another: `line 9`, with its file if that is another. */
export function lineBeside({ file, start }: Span, beside: Span): string {
  return file === beside.file ? `line ${start.line}` : `line ${start.line} of ${file}`
}

/** One line of a file that was included twice is no repetition. */
export function isSamePlace(a: Span, b: Span): boolean {
  return a.file === b.file && a.start.offset === b.start.offset
}
