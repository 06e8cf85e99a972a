import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** `docs/mqtt-3.1.1.md` has every clause of the standard, and what it says of tests is so. */

const ROOT = join(import.meta.dirname, '../..')

/** How many normative statements each section of MQTT 3.1.1 has. */
const STATEMENTS: readonly (readonly [section: string, count: number])[] = [
  ['1.5.3', 3], ['2.2.2', 2], ['2.3.1', 7],
  ['3.1.0', 2], ['3.1.2', 24], ['3.1.3', 11], ['3.1.4', 5], ['3.2.0', 1], ['3.2.2', 6],
  ['3.3.1', 12], ['3.3.2', 3], ['3.3.4', 1], ['3.3.5', 2], ['3.6.1', 1],
  ['3.8.1', 1], ['3.8.3', 4], ['3.8.4', 6], ['3.9.3', 2], ['3.10.1', 1], ['3.10.3', 2], ['3.10.4', 6],
  ['3.12.4', 1], ['3.14.1', 1], ['3.14.4', 3],
  ['4.1.0', 2], ['4.3.1', 1], ['4.3.2', 2], ['4.3.3', 2], ['4.4.0', 1], ['4.5.0', 2], ['4.6.0', 6],
  ['4.7.1', 3], ['4.7.2', 1], ['4.7.3', 4], ['4.8.0', 2], ['6.0.0', 4], ['7.0.0', 2], ['7.1.1', 1], ['7.1.2', 1],
]

const PATHS: Readonly<Record<string, string>> = {
  connect: 'test/broker/conformance-connect.test.ts',
  will: 'test/broker/conformance-will.test.ts',
  publish: 'test/broker/conformance-publish.test.ts',
  subscribe: 'test/broker/conformance-subscribe.test.ts',
  session: 'test/broker/conformance-session.test.ts',
  fuzz: 'test/broker/conformance-fuzz.test.ts',
  delivery: 'test/delivery/session.test.ts',
  'web-socket': 'test/broker/web-socket.test.ts',
}

interface Row {
  readonly clause: string
  readonly state: string
  readonly tests: readonly string[]
}

const ROWS: readonly Row[] = read('docs/mqtt-3.1.1.md').split('\n').flatMap((line) => {
  const [clause = '', , state = '', tests = ''] = line.split(' |').map((cell) => cell.replace(/^\|? ?/, ''))
  return /^\d[\d.]*-\d+$/.test(clause) ? [{ clause, state, tests: tests === '' ? [] : tests.split(' · ') }] : []
})

test('the table has every clause, once and in order', () => {
  const clauses = STATEMENTS.flatMap(([section, count]) => Array.from({ length: count }, (_, i) => `${section}-${i + 1}`))
  expect(ROWS.map(({ clause }) => clause)).toEqual(clauses)
})

test('a clause is kept and tested, or the table says why not', () => {
  const wrong = ROWS.filter(({ state, tests }) => state.startsWith('kept') ? tests.length === 0 : !/^not (?:kept|applicable): ./.test(state))
  expect(wrong).toEqual([])
})

test('the tests that it names are there', () => {
  const there = new Set(Object.entries(PATHS).flatMap(([name, path]) => titlesIn(path).map((title) => `${name}: ${title}`)))
  expect(ROWS.flatMap(({ tests }) => tests).filter((name) => !there.has(name))).toEqual([])
})

/** Titles of tests; what differs from one run of a title to the next is `%s`. */
function titlesIn(path: string): readonly string[] {
  return Array.from(read(path).matchAll(/(?:^|\W)test\(([`'])(.*?)\1, |\)\(([`'])(.*?)\3, async/g), ([, , single, , each]) =>
    (single ?? each ?? '').replace(/%\.\d+s|%i|\$\{[^}]*\}/g, '%s'))
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}
