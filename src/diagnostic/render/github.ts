import type { Severity } from '../diagnostic.ts'
import { clean, pathIn, textOf, type Renderer } from './report.ts'

/**
 * Workflow commands: GitHub Actions shows each beside its line of the change (docs.github.com,
 * "Workflow commands for GitHub Actions"). It takes ten of each kind from one step.
 */
export const renderGithub: Renderer = ({ diagnostics, folder }) => diagnostics.map((diagnostic) => {
  const { check, severity, span: { file, start, end } } = diagnostic
  const properties = {
    file: pathIn(folder, file), line: start.line, endLine: end.line,
    // a check run takes columns only where the lines are one
    ...start.line === end.line ? { col: start.column, endColumn: end.column } : {},
    title: check,
  }
  const list = Object.entries(properties).map(([name, value]) => `${name}=${property(clean(String(value)))}`)
  return `::${COMMANDS[severity]} ${list.join(',')}::${data(textOf(diagnostic, folder))}\n`
}).join('')

const COMMANDS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'notice' }

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
