import type { Diagnostic, Span } from '../diagnostic.ts'

/** One JSON object a line, its fields always in this order; columns count UTF-16 units from 1, the end is the first that is no part. */
export function renderJson(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(diagnostic => `${JSON.stringify(fields(diagnostic))}\n`).join('')
}

function fields({ check, severity, message, span, hint, related }: Diagnostic): object {
  return {
    ...place(span), severity, check, message, hint,
    related: related?.map(other => ({ ...place(other.span), message: other.message })),
  }
}

function place({ file, start, end }: Span): object {
  return { file, line: start.line, column: start.column, endLine: end.line, endColumn: end.column }
}
