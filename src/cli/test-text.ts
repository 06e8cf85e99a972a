import pc from 'picocolors'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Step } from '../plan/program.ts'
import type { Failure, Row } from '../simulate/rule-test/compare.ts'
import { ruleName } from '../simulate/rule-test/run-case.ts'
import type { CaseReport } from '../simulate/rule-test/run-file.ts'

/** What became of one test file. */
export interface FileReport {
  readonly name: string
  /** It, or its rules, cannot be read as they are. */
  readonly trouble: { readonly findings: readonly Diagnostic[], readonly shown: (colour: boolean) => string } | undefined
  readonly cases: readonly CaseReport[]
  /** Its expectations were written anew. */
  readonly isUpdated: boolean
}

export interface TestTextOptions {
  /** The expectations are brought up to date: what differed is no failure. */
  readonly updates: boolean
  /** Columns of the terminal. */
  readonly width: number
  readonly colour: boolean
}

type Paint = ReturnType<typeof pc.createColors>

/** For people: a line for each file, and below it what is not as expected, side by side. */
export function testText(reports: readonly FileReport[], { updates, width, colour }: TestTextOptions): string {
  const paint = pc.createColors(colour)
  const look: Look = { paint, width: Math.max(width, LEAST_WIDTH) }
  const failuresOf = ({ failures, real }: CaseReport): readonly Failure[] => [...failures.filter(({ sentence }) => !updates || sentence !== undefined), ...real]
  const blocks = reports.map((report) => {
    const { name, trouble, cases, isUpdated } = report
    if (trouble !== undefined) return `${paint.red('FAIL')}     ${name}\n\n${trouble.shown(colour)}\n`
    const failed = cases.filter((one) => failuresOf(one).length > 0)
    const head = failed.length > 0 ? `${paint.red('FAIL')}     ${name}  ${failed.length} of ${count(cases.length, 'case')}`
      : isUpdated ? `${paint.yellow('updated')}  ${name}  ${count(cases.length, 'case')}` : `${paint.green('ok')}       ${name}  ${count(cases.length, 'case')}`
    const notes = cases.flatMap(({ testCase, notes }) => notes.map((note) => `  note: ${testCase.value.name}: ${note}\n`))
    return `${head}\n${notes.join('')}${failed.map((one) => caseText(name, one, failuresOf(one), look)).join('')}${failed.length > 0 ? '\n' : ''}`
  })
  return `${blocks.join('')}${summary(reports, (report) => failuresOf(report).length > 0)}\n`
}

interface Look {
  readonly paint: Paint
  readonly width: number
}

/** Narrower is not readable. */
const LEAST_WIDTH = 60
const MARGIN = 4

function caseText(file: string, { testCase }: CaseReport, failures: readonly Failure[], look: Look): string {
  const blocks = failures.map((failure) => {
    const place = `${file}:${failure.span.start.line}:${failure.span.start.column}`
    const what = failure.sentence === undefined ? failure.what : `cannot go on here: ${clean(failure.sentence)}`
    return `  ${look.paint.bold(place)}: ${what}\n${failure.rows.length === 0 ? '' : sideBySide(failure.rows, look)}`
  })
  return `\n  ${look.paint.bold(testCase.value.name)}\n${blocks.join('\n')}`
}

/** `~` differs, `-` is missing, `+` was not expected. */
function sideBySide(rows: readonly Row[], { paint, width }: Look): string {
  const texts = rows.map(({ expected, actual }) => ({ expected: expected === undefined ? undefined : clean(expected), actual: actual === undefined ? undefined : clean(actual) }))
  const longest = Math.max('expected'.length, ...texts.map(({ expected }) => expected?.length ?? 0))
  const half = Math.floor((width - MARGIN - ' ~ '.length - 1) / 2)
  const left = Math.min(longest, half)
  const right = width - MARGIN - ' ~ '.length - 1 - left
  const margin = ' '.repeat(MARGIN)
  const lines = texts.flatMap(({ expected, actual }) => {
    const mark = expected === actual ? ' ' : expected === undefined ? '+' : actual === undefined ? '-' : '~'
    const [before, after] = [wrapped(expected ?? '', left), wrapped(actual ?? '', right)]
    return Array.from({ length: Math.max(before.length, after.length) }, (_, i) => {
      const one = (before[i] ?? '').padEnd(left)
      const other = after[i] ?? ''
      const row = mark === ' ' ? `${one}   ${other}` : `${paint.red(one)} ${i === 0 ? mark : ' '} ${paint.green(other)}`
      return `${margin}${row}`.trimEnd()
    })
  })
  return [`${margin}${paint.dim(`${'expected'.padEnd(left)}   actual`)}`, ...lines, ''].join('\n')
}

/** At blanks where there are some; what goes on is indented. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (let rest = text; ;) {
    if (rest.length <= width) return [...lines, rest]
    const blank = rest.lastIndexOf(' ', width)
    const end = blank > width / 2 ? blank : width
    lines.push(rest.slice(0, end))
    rest = `  ${rest.slice(end).trimStart()}`
  }
}

/** What a client or Redis says cannot move the cursor. */
function clean(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what a terminal must not get
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => JSON.stringify(character).slice(1, -1))
}

function summary(reports: readonly FileReport[], fails: (report: CaseReport) => boolean): string {
  const cases = reports.flatMap((report) => report.cases)
  const failed = cases.filter(fails).length
  const broken = reports.filter(({ trouble }) => trouble !== undefined).length
  const result = failed === 0 && broken === 0 ? 'all passed' : [
    ...failed > 0 ? [`${failed} failed`] : [], ...broken > 0 ? [`${count(broken, 'file')} could not be played`] : [],
  ].join(', ')
  return `${count(reports.length, 'file')}, ${count(cases.length, 'case')}: ${result}`
}

/** The rules that no test has hit. */
export function coverageText({ all, missed }: { readonly all: number, readonly missed: readonly Step[] }, least: number | undefined): string {
  const hit = all - missed.length
  const part = all === 0 ? 100 : Math.floor(hit * 100 / all)
  const rows = missed.map((rule) => `  ${rule.at.file}:${rule.at.line}  ${ruleName(rule)}\n`)
  const wanted = least !== undefined && part < least ? `, and ${least} % are wanted` : ''
  return `coverage: ${hit} of ${count(all, 'rule')} (${part} %)${wanted}${missed.length > 0 ? '; no test has hit' : ''}\n${rows.join('')}`
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
