import pc from 'picocolors'
import type { Diagnostic, Severity, Span } from '../diagnostic.ts'
import { withIncluded, type Source } from '../source.ts'
import { sourceText, type SourceText } from '../source-text.ts'
import { excerptOf } from './excerpt.ts'
import { clean } from './report.ts'

export interface PrettyOptions {
  readonly colour: boolean
}

type Paint = ReturnType<typeof pc.createColors>

/** For people: each finding with its line, what is meant underlined, and a summary. Nothing if there is no finding. */
export function renderPretty(
  diagnostics: readonly Diagnostic[], sources: readonly Source[], { colour }: PrettyOptions,
): string {
  if (diagnostics.length === 0) return ''
  const paint = pc.createColors(colour)
  const texts = new Map(withIncluded(sources).map(source => [source.name, sourceText(source)]))
  const blocks = diagnostics.map(diagnostic => `${finding(diagnostic, texts, paint)}\n`)
  return [...blocks, `${summary(diagnostics, paint)}\n`].join('\n')
}

function finding({ check, severity, message, span, hint, related = [] }: Diagnostic, texts: ReadonlyMap<string, SourceText>, paint: Paint): string {
  const rows = [`${paint.bold(placeText(span))}: ${COLOURS[severity](paint)(severity)}: ${paint.bold(clean(message))} ${paint.dim(`[${check}]`)}`]
  const gutter = String(Math.max(span.start.line, ...related.map(other => other.span.start.line))).length
  rows.push(...excerpt(span, texts, { gutter, paint, colour: COLOURS[severity](paint) }))
  for (const other of related) {
    rows.push(`${' '.repeat(gutter)} ${paint.dim('=')} ${placeText(other.span)}: ${clean(other.message)}`)
    rows.push(...excerpt(other.span, texts, { gutter, paint, colour: paint.dim }))
  }
  if (hint !== undefined) rows.push(`${' '.repeat(gutter)} ${paint.dim('=')} ${paint.cyan('hint')}: ${clean(hint)}`)
  return rows.join('\n')
}

interface Look {
  /** Columns for the number of the line. */
  readonly gutter: number
  readonly paint: Paint
  readonly colour: (text: string) => string
}

function excerpt(span: Span, texts: ReadonlyMap<string, SourceText>, { gutter, paint, colour }: Look): readonly string[] {
  const source = texts.get(span.file)
  if (source === undefined) return []
  const { line, before, underline } = excerptOf(source, span)
  return [
    `${paint.dim(`${String(span.start.line).padStart(gutter)} |`)} ${line}`,
    `${paint.dim(`${' '.repeat(gutter)} |`)} ${before}${colour(underline)}`,
  ]
}

const COLOURS: Readonly<Record<Severity, (paint: Paint) => (text: string) => string>> = {
  error: paint => paint.red,
  warning: paint => paint.yellow,
  info: paint => paint.blue,
}

function summary(diagnostics: readonly Diagnostic[], paint: Paint): string {
  const counts = (['error', 'warning', 'info'] as const).flatMap((severity) => {
    const count = diagnostics.filter(diagnostic => diagnostic.severity === severity).length
    const name = severity === 'info' ? 'hint' : severity
    return count === 0 ? [] : [COLOURS[severity](paint)(`${count} ${name}${count === 1 ? '' : 's'}`)]
  })
  return counts.join(', ')
}

function placeText({ file, start }: Span): string {
  return `${clean(file)}:${start.line}:${start.column}`
}
