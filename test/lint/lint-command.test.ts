import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { lintCommand } from '../../src/cli/lint.ts'

let folder = ''

beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'hookline-lint-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

const GOOD = 'node.name = a\n'
const WARNING = 'zone.external.idle_timeout = 15s\n'
const BAD = 'node.nam = a\n'

function file(name: string, text: string): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
  return path
}

/** What the command writes and exits with. */
async function lint(...args: string[]) {
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const before = process.exitCode
  try {
    await lintCommand().exitOverride().parseAsync(args, { from: 'user' })
    return { code: process.exitCode, out: out.mock.calls.join(''), err: err.mock.calls.join('') }
  } finally {
    process.exitCode = before
    vi.restoreAllMocks()
  }
}

it('exits with 0 where nothing is found, and says so', async () => {
  expect(await lint(file('a.conf', GOOD))).toEqual({ code: 0, out: '1 file, nothing found\n', err: '' })
})

it('exits with 0 on warnings and with 1 on errors', async () => {
  expect(await lint(file('a.conf', WARNING))).toMatchObject({ code: 0, out: expect.stringContaining('1 warning\n') })
  expect(await lint(file('b.conf', BAD))).toMatchObject({ code: 1, out: expect.stringContaining('[unknown-setting]') })
})

it('takes every *.conf of a folder, each as a program of its own', async () => {
  file('a.conf', 'backend.redis.pool1.server = a\n')
  file('deep/er/b.conf', 'backend.redis.pool1.server = b\n')
  file('notes.txt', BAD)
  expect(await lint(folder)).toEqual({ code: 0, out: '2 files, nothing found\n', err: '' })
})

it.each([
  ['a file that is not there', () => join(folder, 'none.conf'), 'no such file or folder'],
  ['a folder without *.conf', () => join(file('x/notes.txt', GOOD), '..'), 'has no *.conf'],
])('exits with 2 on %s, and never takes it for an empty one', async (_, path, reason) => {
  const result = await lint(file('a.conf', GOOD), path())
  expect(result).toMatchObject({ code: 2, out: '' })
  expect(result.err).toContain(reason)
})

it('refuses a format that it does not know', async () => {
  await expect(lint('--format', 'xml', file('a.conf', GOOD))).rejects.toThrow(/xml/)
})

it('writes one JSON object a line, its fields in a stable order', async () => {
  const path = file('a.conf', `${WARNING}${BAD}`)
  const { out } = await lint('--format', 'json', path)
  const lines = out.trimEnd().split('\n').map((line): unknown => JSON.parse(line))
  expect(lines).toEqual([
    expect.objectContaining({ line: 1, severity: 'warning', check: 'foreign-setting' }),
    {
      file: path, line: 2, column: 1, endLine: 2, endColumn: 9, severity: 'error', check: 'unknown-setting',
      message: 'no setting `node.nam`', hint: 'write `node.name`',
    },
  ])
  expect(Array.from((out.split('\n')[1] ?? '').matchAll(/"(\w+)":/g), ([, name]) => name)).toEqual(
    ['file', 'line', 'column', 'endLine', 'endColumn', 'severity', 'check', 'message', 'hint'])
})

it('writes no colour where it writes to no terminal', async () => {
  expect((await lint(file('a.conf', BAD))).out).not.toContain('\u001B')
})
