import type { Diagnostic, Severity, Span } from '../diagnostic/diagnostic.ts'
import { spanBetween } from '../diagnostic/line-span.ts'
import { lineText, spanOf } from '../diagnostic/source-text.ts'
import type { Comment, Line, RuleFile } from '../syntax/ast.ts'

/** `# hookline-ignore NAME -- reason` */
export interface IgnoreSymbol {
  readonly span: Span
  /** Of checks, as written. */
  readonly names: readonly { readonly text: string, readonly span: Span }[]
  /** Absent: none is given, and nothing is ignored. */
  readonly reason: string | undefined
  /** What it stands before: a line, one that cannot be read, or none; or it stands inside a rule. */
  readonly before: Span | 'unreadable' | 'nothing' | 'inside'
}

/** Errors that a line may say to ignore: what they warn of can be meant. */
const IGNORABLE_ERRORS: ReadonlySet<string> = new Set(['dangerous'])

const DIRECTIVE = /^#+[ \t]*hookline-ignore(?![\w-])/

/** The ignores of a file: each is about the line after it; between them there are comments only. */
export function ignoresIn(file: RuleFile): readonly IgnoreSymbol[] {
  const ignores: IgnoreSymbol[] = []
  let comments: Comment[] = []
  for (const line of file.lines) {
    if (line.kind === 'comment') {
      if (comments.at(-1)?.span.start.line !== line.span.start.line - 1) settle(undefined)
      comments.push(line)
      continue
    }
    settle(line)
    if (line.kind !== 'rule') continue
    for (const { text } of line.comments) {
      if (DIRECTIVE.test(text)) ignores.push({ span: line.key.span, names: [], reason: '', before: 'inside' })
    }
  }
  settle(undefined)
  return ignores

  /** The comments so far are over; the line is the next that can be read. */
  function settle(line: Line | undefined): void {
    const last = comments.at(-1)?.span.start.line ?? 0
    for (const comment of comments) {
      const ignore = ignoreIn(file, comment)
      if (ignore !== undefined) ignores.push({ ...ignore, before: lineAfter(file, last, line) })
    }
    comments = []
  }
}

function lineAfter(file: RuleFile, number: number, line: Line | undefined): IgnoreSymbol['before'] {
  const extent = line === undefined ? undefined : extentOf(line)
  if (extent !== undefined && extent.start.line === number + 1) return extent
  return lineText(file.source, number + 1).trim() === '' ? 'nothing' : 'unreadable'
}

function extentOf(line: Line): Span | undefined {
  switch (line.kind) {
    case 'setting':
    case 'rule': return spanBetween(line.key.span, line.value.span)
    case 'include': return line.span
    case 'blank':
    case 'comment': return undefined
    default: return line satisfies never
  }
}

function ignoreIn({ source }: RuleFile, { text, span }: Comment): Omit<IgnoreSymbol, 'before'> | undefined {
  const head = DIRECTIVE.exec(text)?.[0]
  if (head === undefined) return undefined
  const dashes = /[ \t]--(?:[ \t]|$)/.exec(text)
  const list = text.slice(head.length, dashes?.index)
  const reason = dashes === null ? '' : text.slice(dashes.index + dashes[0].length).trim()
  const names = Array.from(list.matchAll(/[^\s,]+/g), ({ 0: name, index }) => {
    const start = span.start.offset + head.length + index
    return { text: name, span: spanOf(source, start, start + name.length) }
  })
  return { span, names, reason: reason === '' ? undefined : reason }
}

/** A line can say to ignore what the check finds. */
export function mayIgnore(check: string, severity: Severity): boolean {
  return severity !== 'error' || IGNORABLE_ERRORS.has(check)
}

/** The ignore says so of that finding. */
export function ignoresFinding({ reason, names, before }: IgnoreSymbol, { check, severity, span }: Diagnostic): boolean {
  return reason !== undefined && mayIgnore(check, severity)
    && names.some(({ text }) => text === check) && isWithin(before, span)
}

/** The place is on the line. */
export function isWithin(line: IgnoreSymbol['before'], { file, start }: Span): boolean {
  return typeof line === 'object' && line.file === file && line.start.offset <= start.offset && start.offset <= line.end.offset
}

/** The findings that no line says to ignore. */
export function heedIgnores(ignores: readonly IgnoreSymbol[], diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  if (ignores.length === 0) return diagnostics
  const byLine = new Map<string, IgnoreSymbol[]>()
  for (const ignore of ignores) {
    for (const line of linesBefore(ignore)) byLine.set(line, [...byLine.get(line) ?? [], ignore])
  }
  return diagnostics.filter(finding => byLine.get(lineOf(finding.span))?.some(ignore => ignoresFinding(ignore, finding)) !== true)
}

/** The lines that an ignore is about, as keys; of a rule that runs over several lines all. */
export function linesBefore({ before }: IgnoreSymbol): readonly string[] {
  if (typeof before !== 'object') return []
  return Array.from({ length: before.end.line - before.start.line + 1 }, (_, i) => `${before.start.line + i} ${before.file}`)
}

export function lineOf({ file, start }: Span): string {
  return `${start.line} ${file}`
}
