import { relative, resolve, sep } from 'node:path'
import type { Diagnostic, Severity } from '../diagnostic.ts'
import type { Source } from '../source.ts'
import { isPlain } from './plain-text.ts'

/** All that a format may show of one run of lint. */
export interface Report {
  /** In the order of the files; what a line says to ignore is not among them. */
  readonly diagnostics: readonly Diagnostic[]
  /** Each a program's first files; what they include is within. */
  readonly sources: readonly Source[]
  /** The pages of the checks, for formats that explain. */
  readonly checks: readonly CheckPage[]
  /** Severities that make the command fail. */
  readonly failing: ReadonlySet<Severity>
  /** Absolute; files below it are named from it, as a repository names them. */
  readonly folder: string
  /** Of hookline. */
  readonly version: string
  readonly colour: boolean
}

export interface CheckPage {
  readonly name: string
  readonly severity: Severity
  /** Why it matters. */
  readonly doc: string
  /** A text in which it finds something, and one in which it finds nothing. */
  readonly bad: string
  readonly good: string
}

/** An output format: the whole output of a run as text. Pure. */
export type Renderer = (report: Report) => string

/** How a repository names a file: from the folder, with `/`. One beside or above the folder keeps `..` in front. */
export function pathIn(folder: string, file: string): string {
  return relative(folder, resolve(folder, file)).replaceAll(sep, '/')
}

/** What is said of a finding, for formats with one text for it: a line each. */
export function textOf({ message, hint, related = [] }: Diagnostic, folder: string): string {
  return [
    message,
    ...related.map(other => `${pathIn(folder, other.span.file)}:${other.span.start.line}: ${other.message}`),
    ...hint === undefined ? [] : [`hint: ${hint}`],
  ].map(clean).join('\n')
}

/** Messages quote what the file says, and nothing in a file may steer a terminal, or break a line. */
export function clean(text: string): string {
  return isPlain(text) ? text : text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '\uFFFD')
}
