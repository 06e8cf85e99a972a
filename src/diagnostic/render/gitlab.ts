import type { Severity } from '../diagnostic.ts'
import { fingerprints } from './fingerprint.ts'
import { pathIn, textOf, type Renderer } from './report.ts'

/** A Code Quality report, which merge requests show (docs.gitlab.com, "Code Quality report format"). */
export const renderGitlab: Renderer = (report) => {
  const { diagnostics, folder } = report
  const prints = fingerprints(diagnostics, report)
  const issues = diagnostics.map((diagnostic, i) => ({
    description: textOf(diagnostic, folder),
    check_name: diagnostic.check,
    fingerprint: prints[i],
    severity: SEVERITIES[diagnostic.severity],
    location: { path: pathIn(folder, diagnostic.span.file), lines: { begin: diagnostic.span.start.line, end: diagnostic.span.end.line } },
  }))
  return `${JSON.stringify(issues, null, 2)}\n`
}

/** A file with an error is refused as a whole. */
const SEVERITIES: Readonly<Record<Severity, string>> = { error: 'critical', warning: 'minor', info: 'info' }
