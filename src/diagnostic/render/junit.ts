import type { Diagnostic } from '../diagnostic.ts'
import { withIncluded } from '../source.ts'
import { clean, pathIn, textOf, type Renderer, type Report } from './report.ts'

/**
 * JUnit's XML as Jenkins and GitLab read it: a test case for each file. It has failed if it holds
 * what makes the command fail, with all of that in one text, because Jenkins shows the first
 * `failure` of a case only; the other findings are its output.
 */
export const renderJunit: Renderer = (report) => {
  const files = withIncluded(report.sources).map(({ name }) => caseOf(name, report))
  const counts = attributes({ name: 'hookline lint', tests: files.length, failures: files.filter(({ failed }) => failed).length, errors: 0, skipped: 0 })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>', `<testsuites ${counts}>`, `  <testsuite ${counts}>`,
    ...files.map(({ xml }) => xml), '  </testsuite>', '</testsuites>', '',
  ].join('\n')
}

function caseOf(name: string, { diagnostics, failing, folder }: Report): { readonly xml: string, readonly failed: boolean } {
  const path = pathIn(folder, name)
  const own = diagnostics.filter(({ span }) => span.file === name)
  const [bad, others] = [own.filter(({ severity }) => failing.has(severity)), own.filter(({ severity }) => !failing.has(severity))]
  const text = (found: readonly Diagnostic[]): string => found.map(it => `${place(it, path)}: ${it.severity} [${it.check}]: ${textOf(it, folder)}`).map(escaped).join('\n')
  const [first] = bad
  const parts = [
    ...first === undefined ? [] : [`      <failure ${attributes({ message: summary(bad), type: first.check })}>${text(bad)}</failure>`],
    ...others.length === 0 ? [] : [`      <system-out>${text(others)}</system-out>`],
  ]
  const head = `    <testcase ${attributes({ name: path, classname: 'hookline.lint', file: path, time: 0 })}`
  return { xml: parts.length === 0 ? `${head}/>` : [`${head}>`, ...parts, '    </testcase>'].join('\n'), failed: first !== undefined }
}

function place({ span: { start } }: Diagnostic, path: string): string {
  return `${clean(path)}:${start.line}:${start.column}`
}

/** The first finding, and how many more there are. */
function summary([first, ...more]: readonly Diagnostic[]): string {
  return `${first?.message ?? ''}${more.length === 0 ? '' : `, and ${more.length} more`}`
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values).map(([name, value]) => `${name}="${escaped(clean(String(value)))}"`).join(' ')
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** For a text or an attribute. What XML 1.0 has no place for, not even escaped, is replaced (w3.org/TR/xml, "Char"). */
function escaped(text: string): string {
  return text.replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD').replaceAll(/[&<>"]/g, character => ENTITIES[character] ?? '')
}
