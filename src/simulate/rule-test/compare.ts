import type { Span } from '../../diagnostic/diagnostic.ts'
import type { KeySnapshot } from '../key-snapshot.ts'
import { keyLines } from './key-lines.ts'
import type { CaseResult, GotMessage, StepResult } from './run-case.ts'
import type { ExpectedDelivery, Step, TestCase } from './scenario.ts'
import type { Located } from './shape.ts'

/** One line of what was expected beside one of what is; either may be absent. */
export interface Row {
  readonly expected: string | undefined
  readonly actual: string | undefined
}

/** Something is not as it was expected. */
export interface Failure {
  /** Where the expectation stands, or the step that has none. */
  readonly span: Span
  /** Such as `commands`. */
  readonly what: string
  /** Absent where a step could not be taken. */
  readonly rows: readonly Row[]
  /** A sentence in place of rows. */
  readonly sentence?: string
}

/** What is not as the case says. `several`: the rules use several pools. */
export function compareCase(testCase: TestCase, result: CaseResult, { several }: { readonly several: boolean }): readonly Failure[] {
  const failures = result.steps.flatMap((found, i) => {
    const step = testCase.steps[i]
    return step === undefined ? [] : compareStep(step, found, several)
  })
  if (result.stopped !== undefined) return [...failures, { span: result.stopped.step.span, what: 'step', rows: [], sentence: result.stopped.why }]
  return [...failures, ...compareKeys(testCase, result, several)]
}

function compareStep({ value: { expected }, span }: Located<Step>, found: StepResult, several: boolean): readonly Failure[] {
  const failures: Failure[] = []
  const hold = (what: string, at: Span, rows: readonly Row[]): void => {
    if (rows.some(({ expected, actual }) => expected !== actual)) failures.push({ span: at, what, rows })
  }
  const { commands, deliveries, matched, unmatched } = expected
  if (commands !== undefined) {
    for (const [pool, lines] of found.commands) hold(of('commands', pool, several), commands.span, besideEachOther(commands.value.get(pool) ?? [], lines))
  }
  if (deliveries !== undefined) hold('deliveries', deliveries.span, besideDeliveries(deliveries.value, found.deliveries))
  if (matched !== undefined) hold('matched', matched.span, besideEachOther([...matched.value].sort(), [...found.matched].sort()))
  if (unmatched !== undefined) hold('unmatched', unmatched.span, besideEachOther([...unmatched.value].sort(), [...found.unmatched].sort()))
  hold('failed', expected.failed?.span ?? span, besideNamed(expected.failed?.value ?? [], found.failed))
  hold('closed', expected.closed?.span ?? span, besideNamed(expected.closed?.value ?? [], found.closed))
  return failures
}

function compareKeys({ keys }: TestCase, result: CaseResult, several: boolean): readonly Failure[] {
  if (keys === undefined) return []
  return [...result.keys].flatMap(([pool, found]): readonly Failure[] => {
    const unknown = result.unknown.get(pool) ?? new Map<string, string>()
    const expected = keys.value.get(pool) ?? new Map<string, never>()
    const names = [...new Set([...expected.keys(), ...found.keys()])].filter((key) => !unknown.has(key)).sort()
    const rows = names.flatMap((key) => {
      const { expected: left, actual: right } = keyLines(key, expected.get(key), found.get(key))
      const lines = besideEachOther(left, right)
      return lines.every((row) => row.expected === row.actual) ? [] : lines
    })
    return rows.length === 0 ? [] : [{ span: keys.span, what: of('keys', pool, several), rows }]
  })
}

/** The keys of two stores, where they differ. */
export function compareSnapshots(simulated: KeySnapshot, real: KeySnapshot, ignored: ReadonlySet<string>): readonly Row[] {
  const names = [...new Set([...simulated.keys(), ...real.keys()])].filter((key) => !ignored.has(key)).sort()
  return names.flatMap((key) => {
    const lines = besideEachOther(keyLines(key, undefined, simulated.get(key)).actual, keyLines(key, undefined, real.get(key)).actual)
    return lines.every(({ expected, actual }) => expected === actual) ? [] : lines
  })
}

function of(what: string, pool: string, several: boolean): string {
  return several ? `${what} of ${pool}` : what
}

/** A rule or client that was not expected is shown with the words about it. */
function besideNamed(expected: readonly string[], found: ReadonlyMap<string, string>): readonly Row[] {
  return [
    ...expected.map((name) => ({ expected: name, actual: found.has(name) ? name : undefined })),
    ...[...found].flatMap(([name, words]) => expected.includes(name) ? [] : [{ expected: undefined, actual: `${name}: ${words}` }]),
  ]
}

/** Only what an expectation says is looked at. */
function besideDeliveries(expected: readonly ExpectedDelivery[], found: readonly GotMessage[]): readonly Row[] {
  const clients = [...new Set([...expected, ...found].map(({ to }) => to))]
  return clients.flatMap((client) => {
    const left = expected.filter(({ to }) => to === client)
    const right = found.filter(({ to }) => to === client)
    return Array.from({ length: Math.max(left.length, right.length) }, (_, i): Row => {
      const [wanted, got] = [left[i], right[i]]
      return {
        expected: wanted === undefined ? undefined : deliveryText(wanted),
        actual: got === undefined ? undefined : deliveryText(wanted === undefined ? got : said(got, wanted)),
      }
    })
  })
}

const DELIVERY_MEMBERS = ['topic', 'payload', 'qos', 'retain', 'dup'] as const

function said(got: GotMessage, wanted: ExpectedDelivery): ExpectedDelivery {
  return { to: got.to, ...Object.fromEntries(DELIVERY_MEMBERS.flatMap((name) => wanted[name] === undefined ? [] : [[name, got[name]]])) }
}

export function deliveryText(message: ExpectedDelivery): string {
  const members = DELIVERY_MEMBERS.flatMap((name) => message[name] === undefined ? [] : [`${name}: ${message[name]}`])
  return `to: ${message.to}${members.map((member) => `, ${member}`).join('')}`
}

/** Equal lines beside each other, as many as can be; what lies between them in pairs. */
export function besideEachOther(expected: readonly string[], actual: readonly string[]): readonly Row[] {
  const rows: Row[] = []
  let [i, j] = [0, 0]
  for (const [nextI, nextJ] of [...commonLines(expected, actual), [expected.length, actual.length] as const]) {
    while (i < nextI || j < nextJ) rows.push({ expected: i < nextI ? expected[i++] : undefined, actual: j < nextJ ? actual[j++] : undefined })
    if (i < expected.length && j < actual.length) rows.push({ expected: expected[i++], actual: actual[j++] })
  }
  return rows
}

/** Where the lines of a longest common subsequence stand. */
function commonLines(a: readonly string[], b: readonly string[]): readonly (readonly [number, number])[] {
  const lengths = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0))
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const row = lengths[i]
      if (row !== undefined) row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const common: (readonly [number, number])[] = []
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) common.push([i++, j++])
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1
    else j += 1
  }
  return common
}
