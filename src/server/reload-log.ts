import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Log } from '../engine/log-port.ts'
import type { ReloadReport } from '../engine/reload.ts'

/** One line per reload, with the report as its fields. */
export function logReload(log: Log, report: ReloadReport): void {
  const fields = { ...report, diagnostics: report.diagnostics.map(diagnosticFields) }
  if (report.result === 'rejected') log.error(fields, 'reload rejected')
  else log.info(fields, `reload ${report.result}`)
}

/** A diagnostic without the parts that only make sense beside its source. */
export interface DiagnosticFields extends Pick<Diagnostic, 'severity' | 'check' | 'message' | 'hint'> {
  readonly file: string
  readonly line: number
  readonly column: number
}

export function diagnosticFields({ check, severity, message, span, hint }: Diagnostic): DiagnosticFields {
  return { file: span.file, line: span.start.line, column: span.start.column, severity, check, message, hint }
}
