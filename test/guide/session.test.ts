import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { makeFolder, removeFolder } from '../support/temp-folder.ts'
import { linesOf } from './printed.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CAST = join(ROOT, 'docs/session.cast')
const run = promisify(execFile)

/** What differs from one recording to the next, and what stands for it. */
const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/\b\d\d:\d\d:\d\d\b/g, 'TIME'],
  [/^\[1\] \d+$/, '[1] PID'],
  [/"tookMs":\d+/, '"tookMs":MS'],
  [/mqtt:msg:[0-9A-Za-z]{20}\b/, 'mqtt:msg:ID'],
  [/mqtt:batch:[0-9A-Za-z.]+/, 'mqtt:batch:BOOT'],
  // seconds left of two days, a second later
  [/\(integer\) 172(800|79\d)$/, '(integer) SECONDS'],
  // keys have no order
  [/^\d+\) /, ''],
]

/** The lines that a recording (asciinema v2) shows, without what differs each time. */
function textOf(file: string): readonly string[] {
  const [, ...events] = readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as readonly [number, string, string]) // by the format
  const lines = linesOf(events.map(([, , text]) => text).join(''))
    .map((line) => VOLATILE.reduce((text, [what, name]) => text.replace(what, name), line))
  const isKey = (line: string | undefined) => line?.startsWith('"mqtt:') ?? false
  const keys = lines.filter(isKey).sort()
  return lines.map((line) => isKey(line) ? keys.shift() ?? line : line)
}

test('the recorded session is what the program prints; `npm run record` makes it anew', async () => {
  const out = makeFolder()
  onTestFinished(() => { removeFolder(out) })
  await run(process.execPath, [join(ROOT, 'scripts/record-session.mjs'), '--out', out])
  expect(textOf(CAST)).toEqual(textOf(join(out, 'session.cast')))
}, 120_000)

test('its picture shows that recording', async () => {
  const { stdout } = await run(process.execPath, [join(ROOT, 'scripts/session-svg.mjs'), CAST])
  expect(readFileSync(join(ROOT, 'docs/session.svg'), 'utf8')).toBe(stdout)
})

test('both are small enough for a page', () => {
  for (const file of ['session.cast', 'session.svg']) expect(readFileSync(join(ROOT, 'docs', file)).length, file).toBeLessThan(100_000)
})
