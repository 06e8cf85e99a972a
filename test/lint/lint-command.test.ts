import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
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
  ['a file that is not there', () => join(folder, 'none.conf'), 'no such file'],
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
      fix: { title: 'write `node.name`', safe: false, edits: [{ file: path, line: 2, column: 1, endLine: 2, endColumn: 9, text: 'node.name' }] },
    },
  ])
  expect(Array.from((out.split('\n')[1] ?? '').split(',"fix":')[0]?.matchAll(/"(\w+)":/g) ?? [], ([, name]) => name)).toEqual(
    ['file', 'line', 'column', 'endLine', 'endColumn', 'severity', 'check', 'message', 'hint'])
  expect(out).toMatch(/"fix":\{"title":.*,"safe":false,"edits":\[\{"file":.*,"line":2,"column":1,"endLine":2,"endColumn":9,"text":/)
})

it('writes no colour where it writes to no terminal', async () => {
  expect((await lint(file('a.conf', BAD))).out).not.toContain('\u001B')
})

it('judges a file that another one of the folder includes only where it is included', async () => {
  file('main.conf', `backend.redis.pool1.server = a\ninclude parts/*.conf\n`)
  const part = file('parts/rules.conf', 'backend.redis.hook.client.connected.1 = {"action": {"function": "on_subscribe_lookup"}, "pool": "pool1"}\n')
  expect(await lint(folder)).toEqual({ code: 0, out: '2 files, nothing found\n', err: '' })
  expect(await lint(part)).toMatchObject({ code: 1, out: expect.stringContaining('[undefined-pool]') })
})

it('says once what is wrong in a file that two programs include, and shows its line', async () => {
  file('shared.inc', BAD)
  const { out } = await lint(file('a.conf', 'include shared.inc\n'), file('b.conf', 'include shared.inc\n'))
  expect(out).toContain('1 | node.nam = a\n')
  expect(out).toMatch(/\n1 error\n$/)
})

it.each([
  [['--strict'], 1], [['--max-warnings', '1'], 1], [['--max-warnings', '2'], 0], [['--max-warnings', '0'], 1], [['--max-warnings', '9', '--strict'], 1],
])('with %j two warnings are exit code %i', async (flags, code) => {
  expect(await lint(...flags, file('a.conf', WARNING.repeat(1) + WARNING.replace('idle', 'wait')))).toMatchObject({ code, out: expect.stringContaining('2 warnings\n') })
})

it.each(['-1', 'x', '1.5', ''])('refuses %j warnings at most', async (number) => {
  await expect(lint('--max-warnings', number, file('a.conf', GOOD))).rejects.toThrow(/whole number/)
})

it('reads standard input, under the name that it is given, and its includes from beside that', async () => {
  const stdin = (text: string) => vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([Buffer.from(text)]) as typeof process.stdin) // as far as it is read
  stdin(BAD)
  expect((await lint('-')).out).toMatch(/^stdin:1:1: error/)
  file('parts/more.conf', GOOD)
  stdin('include parts/more.conf\n')
  expect(await lint('--stdin-filename', join(folder, 'unsaved.conf'), '-')).toMatchObject({ code: 0, out: '2 files, nothing found\n' })
  stdin('')
  expect(await lint('-')).toMatchObject({ code: 0, out: '1 file, nothing found\n' })
})

it('makes an unset variable a warning where that is allowed', async () => {
  const path = file('a.conf', 'backend.redis.pool1.server = ${env:HOOKLINE_TEST_NOT_SET}\n')
  expect(await lint(path)).toMatchObject({ code: 1, out: expect.stringContaining('error: the variable `HOOKLINE_TEST_NOT_SET` is not set') })
  expect(await lint('--allow-unset-env', path)).toMatchObject({ code: 0, out: expect.stringContaining('1 warning\n') })
})

it('disregards inline ignores where it is told to', async () => {
  const path = file('a.conf', `# hookline-ignore foreign-setting -- EMQ X reads it\n${WARNING}`)
  expect(await lint(path)).toMatchObject({ code: 0, out: '1 file, nothing found\n' })
  expect(await lint('--no-inline-ignores', path)).toMatchObject({ out: expect.stringContaining('[foreign-setting]') })
  expect((await lint('--no-inline-ignores', file('b.conf', '# hookline-ignore x\n'))).out).toBe('1 file, nothing found\n')
})

it('leaves out what the environment sets unless it is asked for', async () => {
  vi.stubEnv('HOOKLINE_MQTT__MAX_INFLIGHT', 'many')
  try {
    const path = file('a.conf', GOOD)
    expect(await lint(path)).toMatchObject({ code: 0 })
    const { code, out } = await lint('--env', path)
    expect(code).toBe(1)
    expect(out).toContain('env:1:29: error')
    expect(out).toContain('1 | HOOKLINE_MQTT__MAX_INFLIGHT=many\n')
  } finally {
    vi.unstubAllEnvs()
  }
})

it('shows no secret in a fix that would write its line anew', async () => {
  const acked = (number: number): string => `backend.redis.hook.message.acked.${number} = {"topic": "a", "action": {"commands": ["INCR a"]}, "pool": "pool1"}\n`
  const path = file('a.conf', `${acked(2)}${acked(1)}backend.redis.pool1.password=hunter2\nbackend.redis.pool1.server = a\n`)
  const { out } = await lint('--format', 'json', path)
  expect(out).toContain('"check":"number-order"')
  expect(out).not.toContain('hunter2')
  expect((await lint('--format', 'json', file('b.conf', 'backend.redis.pool1.password=hunter2\n'))).out).toContain('${env:REDIS_PASSWORD}')
})
