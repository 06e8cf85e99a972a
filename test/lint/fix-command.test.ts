import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { lintCommand } from '../../src/cli/lint.ts'
import { replaceFile } from '../../src/server/write-file.ts'

let folder = ''

beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'hookline-fix-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

const POOL = 'backend.redis.pool1.server = a\n'
const DOUBLE = 'backend.redis.hook.client.connected.1 = {"action": {"commands": ["SADD  clients ${clientid}"]}, "pool": "pool1"}'
const SINGLE = DOUBLE.replace('  clients', ' clients')
const WARNING = 'zone.external.idle_timeout = 15s'

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, content)
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

it('mends a file, says what it mended and what is left, and a second time does nothing', async () => {
  const path = file('a.conf', `${POOL}${DOUBLE}\n${WARNING}\n`)
  const first = await lint('--fix', path)
  expect(first.err).toBe(`${path}:2:71: fixed: two spaces make an empty field [two-spaces]\n1 fixed\n`)
  expect(first).toMatchObject({ code: 0, out: expect.stringContaining('1 warning\n') })
  expect(readFileSync(path, 'utf8')).toBe(`${POOL}${SINGLE}\n${WARNING}\n`)
  expect(await lint('--fix', path)).toEqual({ ...first, err: '' })
  expect(await lint('--fix', '--strict', path)).toMatchObject({ code: 1 })
})

it('leaves every other byte: ends of lines, byte order mark, what is no UTF-8, and the missing end of the last line', async () => {
  const text = (line: string): Buffer => Buffer.concat([
    Buffer.from('\uFEFF# \u6E29\u5EA6 \u{1F321}\r\n'), Buffer.from('# Gr\xFC\xDFe \r\n', 'latin1'), Buffer.from(`${POOL.replace('\n', '\t \r\n')}\r\n\r\n${WARNING}\r\n${line}`),
  ])
  const path = file('a.conf', text(DOUBLE))
  await lint('--fix', path)
  expect(readFileSync(path)).toEqual(text(SINGLE))
})

it('mends several findings of one line, also those that show only when others are mended', async () => {
  const path = file('a.conf', `${POOL}backend.redis.hook.message.publish.1 = {“topic”: "#", "action": {"commands": ["SETEX a:\${topic} 60 \${ts}", "HMSET b:\${topic} f \${ts}", "SADD  c \${clientid}"]}, "expired_time": 5, "pool": “pool1”}\n`)
  await lint('--fix', path)
  expect(readFileSync(path, 'utf8')).toBe(`${POOL}backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["SET a:\${topic} \${ts} EX 60", "HSET b:\${topic} f \${ts}", "SADD c \${clientid}"]}, "pool": "pool1"}\n`)
})

it('mends what an object over several lines holds, in its place', async () => {
  const rule = (expiry: string): string => `${POOL}backend.redis.hook.message.acked.1 = {\n  "topic": "#",\n  # a comment\n${expiry}  "action": {"function": "on_message_acked_for_queue"},\n  "pool": "pool1"\n}\nbackend.redis.hook.session.subscribed.1 = {"topic": "#", "action": {"function": "on_message_fetch_for_queue"}, "pool": "pool1"}\n`
  const path = file('a.conf', rule('  "expired_time": 60,\n'))
  await lint('--fix', path)
  expect(readFileSync(path, 'utf8')).toBe(rule(''))
})

it('mends included files, through links too, and keeps the link and the mode', async () => {
  const real = file('real/rules', `${DOUBLE}\n`)
  chmodSync(real, 0o640)
  symlinkSync(real, join(folder, 'rules.inc'))
  await lint('--fix', file('main.conf', `${POOL}include rules.inc\n`))
  expect(readFileSync(real, 'utf8')).toBe(`${SINGLE}\n`)
  expect(statSync(real).mode & 0o777).toBe(0o640)
  expect(lstatSync(join(folder, 'rules.inc')).isSymbolicLink()).toBe(true)
  expect(readdirSync(join(folder, 'real'))).toEqual(['rules'])
})

it('writes nothing where nothing is to be mended', async () => {
  const path = file('a.conf', `${POOL}${SINGLE}\n`)
  const before = statSync(path)
  await lint('--fix', path)
  expect(statSync(path)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs })
})

it('mends a file of two programs only where both have the finding', async () => {
  const ignore = '# hookline-ignore connected-without-disconnected -- the rest is elsewhere\n'
  const part = file('part.inc', `${ignore}backend.redis.hook.client.connected.1 = {"action": {"function": "on_client_connected"}, "pool": "pool1"}\n`)
  const before = readFileSync(part, 'utf8')
  const alone = file('alone.conf', `${POOL}include part.inc\n`)
  const whole = file('whole.conf', `${POOL}include part.inc\nbackend.redis.hook.client.disconnected.1 = {"action": {"function": "on_client_disconnected"}, "pool": "pool1"}\n`)
  expect((await lint('--fix', alone, whole)).out).toContain('[unused-ignore]')
  expect(readFileSync(part, 'utf8')).toBe(before)
  await lint('--fix', whole)
  expect(readFileSync(part, 'utf8')).toBe(before.replace(ignore, ''))
})

it('never applies what is only offered', async () => {
  const text = `${POOL}backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publsh"}, "pool": "pool1", "pol": 1}\n`
  const path = file('a.conf', text)
  expect(await lint('--fix', '--format', 'json', path)).toMatchObject({ code: 1, out: expect.stringContaining('"safe":false'), err: '' })
  expect(readFileSync(path, 'utf8')).toBe(text)
})

it('never mends a variable', async () => {
  vi.stubEnv('HOOKLINE_BACKEND__REDIS__HOOK__CLIENT__CONNECTED__1', DOUBLE.replace(/^.*? = /, ''))
  try {
    const { out, err } = await lint('--fix', '--env', '--format', 'json', file('a.conf', POOL))
    const finding: unknown = JSON.parse(out.split('\n')[0] ?? '')
    expect(finding).toMatchObject({ file: 'env', check: 'two-spaces' })
    expect(finding).not.toHaveProperty('fix')
    expect(err).not.toContain('fixed')
  } finally {
    vi.unstubAllEnvs()
  }
})

it('prints standard input mended, what is left on stderr, and writes no file that it includes', async () => {
  const part = file('part.inc', `${DOUBLE}\n`)
  const stdin = Readable.from([Buffer.from(`${POOL}include part.inc\n${DOUBLE.replace('connected.1', 'connected.2')}`)])
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(stdin as typeof process.stdin) // as far as it is read
  const { code, out, err } = await lint('--fix', '--stdin-filename', join(folder, 'unsaved.conf'), '-')
  expect(out).toBe(`${POOL}include part.inc\n${SINGLE.replace('connected.1', 'connected.2')}\n`)
  expect(err).toContain('2 fixed\n')
  expect(err).toContain('part.inc:1:71: warning: two spaces')
  expect(code).toBe(0)
  expect(readFileSync(part, 'utf8')).toBe(`${DOUBLE}\n`)
})

it('does not write over a change that came meanwhile', async () => {
  const path = file('a.conf', 'new')
  expect(await replaceFile(path, { before: Buffer.from('old'), after: Buffer.from('mended') })).toBe(false)
  expect(readFileSync(path, 'utf8')).toBe('new')
  expect(readdirSync(folder)).toEqual(['a.conf'])
})
