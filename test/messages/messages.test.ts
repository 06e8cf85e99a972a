import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { CHECKS } from '../../src/check/index.ts'
import { sourceFiles } from '../structure/imports.ts'
import { ASKED } from './asked.ts'
import { ELSEWHERE } from './elsewhere.ts'
import { EXPLAINED } from './explained.ts'
import { expectGolden, goldens, pathOf } from './golden.ts'
import { MIGRATED } from './migrated.ts'
import { ORDINARY } from './ordinary.ts'
import { PLANS } from './plans.ts'
import { RULE_TESTS } from './rule-tests.ts'
import { SAID } from './said.ts'
import { sentencesOf, type Sentence } from './sentences.ts'
import { STARTS } from './starts.ts'
import type { Situation } from './situation.ts'

// SPEC 5.1: exit codes are fixed. What a command says is in a golden file of the situation's name;
// UPDATE=1 writes them. The situations are played in the test files of their groups' names.

const GROUPS: Readonly<Record<string, readonly Situation[]>> = {
  'asked': ASKED, 'explained': EXPLAINED, 'migrated': MIGRATED, 'ordinary': ORDINARY, 'plans': PLANS, 'rule-tests': RULE_TESTS, 'starts': STARTS,
}
const SITUATIONS = Object.values(GROUPS).flat()

test('every group of situations is played', () => {
  const tests = readdirSync(fileURLToPath(new URL('.', import.meta.url))).filter(name => name.endsWith('.test.ts') && name !== 'messages.test.ts')
  expect(tests.map(name => name.replace('.test.ts', '')).sort()).toEqual(Object.keys(GROUPS))
})

test.each(SAID)('$name: what no test can bring about is said as its file has it', ({ name, text }) => {
  expectGolden(name, `${text().trimEnd()}\n`)
})

test('every golden file belongs to a situation, and none of two', () => {
  const names = [...SITUATIONS, ...SAID].map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(goldens()).toEqual([...names].sort())
})

test('the help says of each command what it takes as its own help does', () => {
  const rows = readFileSync(new URL('help.out', import.meta.url), 'utf8')
  for (const name of goldens().filter(each => each.startsWith('help-'))) {
    const usage = /^Usage: hookline (?<takes>.*)$/m.exec(readFileSync(new URL(`${name}.out`, import.meta.url), 'utf8'))?.groups?.['takes']
    expect(rows).toMatch(`\n  ${usage} `)
  }
})

test('every command has situations for each exit code that its help knows', () => {
  const known = goldens().filter(name => name.startsWith('help-')).map((name) => {
    const [, codes = ''] = readFileSync(pathOf(name), 'utf8').split('Exit codes:')
    return [name.slice('help-'.length), [...codes.replace(/\nexit code.*/s, '').matchAll(/(?:^|, |,\n)\s*(\d) /g)].map(([, code]) => Number(code))] as const
  })
  const had = known.map(([command]) => [command, [...new Set(SITUATIONS.flatMap(({ line, exit }) => line.startsWith(`hookline ${command} `) || line === `hookline ${command}` ? [exit] : []))].sort((a, b) => a - b)] as const)
  expect(had).toEqual(known)
})

const PRINTING = /^(?:check|cli|server|simulate\/rule-test)\/|^engine\/reload\.ts$|^language\/values\.ts$|^simulate\/real-store\.ts$|^store\/(?:embedded|failure|first-answer|sentinels|tls-files)\.ts$|^syntax\/(?:fault|parse)\.ts$/

test('every sentence of the code that prints is in a golden file, or said to be elsewhere', () => {
  const all = [...goldens().map(pathOf), ...lintGoldens()].map(file => flat(readFileSync(file, 'utf8').replaceAll(/^2> /gm, '')))
  // what the doctor says has golden files beside its tests
  const sentences = sourceFiles().filter(file => PRINTING.test(file) && !file.startsWith('cli/doctor')).flatMap(sentencesOf).filter(sentence => !isOfThePage(sentence))
  const unseen = sentences.filter(sentence => !all.some(text => holds(text, sentence)))
  const missing = unseen.filter(({ text }) => !ELSEWHERE.some(({ begins }) => text.startsWith(begins)))
  expect(missing.map(({ file, line, text }) => `src/${file}:${line}: ${text}`)).toEqual([])
  const needless = ELSEWHERE.filter(({ begins }) => !unseen.some(({ text }) => text.startsWith(begins)))
  expect(needless).toEqual([])
})

/** What a check tells of itself is for `explain` and the reference. */
const OF_PAGES = new Set(CHECKS.flatMap(({ doc, bad, good }) => [doc, bad, good]))

function isOfThePage({ file, pieces }: Sentence): boolean {
  return file.startsWith('check/') && OF_PAGES.has(pieces.join(''))
}

/** Its fixed pieces, one after another. */
function holds(text: string, { pieces }: Sentence): boolean {
  let at = 0
  for (const piece of pieces.map(flat)) {
    const found = text.indexOf(piece, at)
    if (found === -1) return false
    at = found + piece.length
  }
  return true
}

/** Wrapped lines of a help are one. */
function flat(text: string): string {
  return text.replaceAll('\\"', '"').replace(/\s+/g, ' ').trim()
}

/** What is wrong in files is shown by tests of its own. */
function lintGoldens(): readonly string[] {
  const folder = fileURLToPath(new URL('../lint/', import.meta.url))
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.out')).map(name => join(folder, name))
}
