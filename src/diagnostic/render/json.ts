import type { Diagnostic, Fix, Span } from '../diagnostic.ts'
import { holdsSecret } from './secret.ts'

/** One JSON object a line, its fields always in this order; columns count UTF-16 units from 1, the end is the first that is no part. */
export function renderJson(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(diagnostic => `${JSON.stringify(fieldsOf(diagnostic))}\n`).join('')
}

/** What a line of it holds. */
export function fieldsOf({ check, severity, message, span, hint, fix, related }: Diagnostic): object {
  return {
    ...place(span), severity, check, message, hint, fix: fix === undefined || holdsSecret(fix) ? undefined : fixFields(fix),
    related: related?.map(other => ({ ...place(other.span), message: other.message })),
  }
}

function fixFields({ title, safe, edits }: Fix): object {
  return { title, safe, edits: edits.map(({ span, text }) => ({ ...place(span), text })) }
}

function place({ file, start, end }: Span): object {
  return { file, line: start.line, column: start.column, endLine: end.line, endColumn: end.column }
}
