import type { Failure } from '../simulate/rule-test/compare.ts'
import type { FileReport } from './test-text.ts'

/** Test Anything Protocol 14 (testanything.org/tap-version-14-specification.html). */
export function testTap(reports: readonly FileReport[]): string {
  const points = reports.flatMap(({ name, trouble, cases }) => trouble !== undefined
    ? [{ title: name, lines: trouble.findings.map(({ span, message }) => `${span.file}:${span.start.line}:${span.start.column}: ${message}`) }]
    : cases.map(({ testCase, failures, real }) => ({
      title: `${name}: ${testCase.value.name}`, lines: [...failures, ...real].flatMap(failureLines(name)),
    })))
  const rows = points.flatMap(({ title, lines }, i) => [
    `${lines.length === 0 ? 'ok' : 'not ok'} ${i + 1} - ${title.replace(/[\\#]/g, '\\$&')}`, ...lines.map((line) => `# ${line}`),
  ])
  return ['TAP version 14', `1..${points.length}`, ...rows, ''].join('\n')
}

/** A failure in lines: where it is, then what was expected and what there is. */
export function failureLines(file: string): (failure: Failure) => readonly string[] {
  return ({ span, what, rows, sentence }) => [
    `${file}:${span.start.line}:${span.start.column}: ${sentence ?? what}`,
    ...rows.flatMap(({ expected, actual }) => expected === actual ? []
      : [...expected === undefined ? [] : [`- ${oneLine(expected)}`], ...actual === undefined ? [] : [`+ ${oneLine(actual)}`]]),
  ]
}

function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- a line must stay one, and XML has none of these
  return text.replace(/[\u0000-\u001f\u007f]/g, (character) => JSON.stringify(character).slice(1, -1))
}
