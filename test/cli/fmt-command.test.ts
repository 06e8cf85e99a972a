import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { fmtCommand } from '../../src/cli/fmt.ts'

let folder = ''

beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'hookline-fmt-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

const FORMATTED = '# one\nnode.name = a\n'
const OTHER = '# one\nnode.name=a\n'

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, content)
  return path
}

/** What the command writes and exits with. */
async function fmt(...args: string[]) {
  const [out, err]: [Buffer[], string[]] = [[], []]
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => { out.push(Buffer.from(chunk)); return true })
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => { err.push(String(chunk)); return true })
  const before = process.exitCode
  process.exitCode = undefined
  try {
    await fmtCommand().exitOverride().parseAsync(args, { from: 'user' })
    return { code: process.exitCode, out: Buffer.concat(out).toString('latin1'), err: err.join('') }
  } finally {
    process.exitCode = before
    vi.restoreAllMocks()
  }
}

it('writes the files that are not formatted, names them, and leaves the others alone', async () => {
  const [a, b] = [file('a.conf', OTHER), file('deep/b.conf', FORMATTED)]
  const { ino, mtimeMs } = statSync(b)
  expect(await fmt(folder)).toEqual({ code: undefined, out: `${a}: formatted\n`, err: '' })
  expect(readFileSync(a, 'utf8')).toBe(FORMATTED)
  expect(statSync(b)).toMatchObject({ ino, mtimeMs })
  expect(await fmt(folder)).toEqual({ code: undefined, out: '', err: '' })
})

it('with --check writes nothing, lists what is not formatted, and exits with 1', async () => {
  const a = file('a.conf', OTHER)
  expect(await fmt('--check', a, file('b.conf', FORMATTED))).toEqual({ code: 1, out: `${a}: not formatted\n`, err: '' })
  expect(readFileSync(a, 'utf8')).toBe(OTHER)
})

it('with --diff prints what patch would make of the file, without secrets', async () => {
  const a = file('a.conf', `${OTHER}backend.redis.pool1.password=hunter2\n`)
  const { code, out } = await fmt('--diff', a)
  expect(code).toBe(undefined)
  expect(out).toContain('-backend.redis.pool1.password=***\n')
  expect(out).toContain('+backend.redis.pool1.password = ***\n')
  expect(readFileSync(a, 'utf8')).toContain('hunter2')
  expect((await fmt('--check', '--diff', a)).code).toBe(1)
})

it('prints a diff that diff itself would print', async () => {
  const text = (blank: string): string => Array.from({ length: 30 }, (_, i) => `mqtt.max_inflight${i % 9 === 0 ? blank : ' '}= ${i}\n`).join('')
  const [a, b] = [file('a.conf', text('')), file('b.conf', text(' '))]
  const ours = (await fmt('--diff', a)).out.split('\n').slice(2).join('\n')
  let theirs = ''
  try { execFileSync('diff', ['-u', '-U4', a, b]) } catch (error) { theirs = String((error as { stdout: Buffer }).stdout) } // diff exits with 1 on a difference
  expect(ours.trimEnd()).toBe(theirs.split('\n').slice(2).join('\n').trimEnd())
})

it('prints standard input formatted, and keeps bytes that are no UTF-8', async () => {
  const stdin = Readable.from([Buffer.from('node.name=a\n# Gr\xFCn \n', 'latin1')])
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(stdin as typeof process.stdin) // as far as it is read
  const { out, err } = await fmt('--stdin-filename', 'a.conf', '-')
  expect(out).toBe('node.name = a\n# Gr\xFCn \n')
  expect(err).toMatch(/^a\.conf:2: stays as it is/)
})

it('leaves a line that cannot be read as it is, and says so', async () => {
  const a = file('a.conf', 'x  y\nnode.name=a\n')
  expect(await fmt(a)).toMatchObject({ code: undefined, err: expect.stringMatching(/a\.conf:1: stays as it is: it cannot be read/) })
  expect(readFileSync(a, 'utf8')).toBe('x  y\nnode.name = a\n')
})

it('the rules that come with it are formatted', async () => {
  expect(await fmt('--check', 'rules')).toEqual({ code: undefined, out: '', err: '' })
})
