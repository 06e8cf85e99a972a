import { failureLines } from './test-tap.ts'
import type { FileReport } from './test-text.ts'

/** The XML that continuous integration reads (github.com/testmoapp/junitxml): a suite for each file. */
export function testJunit(reports: readonly FileReport[]): string {
  const suites = reports.map(({ name, trouble, cases }) => {
    const tests = trouble !== undefined
      ? [{ title: 'it can be played', lines: trouble.findings.map(({ span, message }) => `${span.file}:${span.start.line}:${span.start.column}: ${message}`) }]
      : cases.map(({ testCase, failures, real }) => ({
        title: testCase.value.name, lines: [...failures, ...real].flatMap(failureLines(name)),
      }))
    const failed = tests.filter(({ lines }) => lines.length > 0).length
    const rows = tests.map(({ title, lines: [first, ...rest] }) => {
      const head = `    <testcase name="${escaped(title)}" classname="${escaped(name)}"`
      return first === undefined ? `${head}/>` : `${head}>\n      <failure message="${escaped(first)}">${escaped(rest.join('\n'))}</failure>\n    </testcase>`
    })
    return `  <testsuite name="${escaped(name)}" tests="${tests.length}" failures="${failed}">\n${rows.join('\n')}\n  </testsuite>`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('\n')}\n</testsuites>\n`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escaped(text: string): string {
  return text.replace(/[&<>\u0022]/g, (character) => ENTITIES[character] ?? character)
}
