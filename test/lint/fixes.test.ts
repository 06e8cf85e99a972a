import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import type { Check } from '../../src/check/check.ts'
import { CHECKS } from '../../src/check/index.ts'
import { compile } from '../../src/compile.ts'
import { applyEdits } from '../../src/diagnostic/apply-fixes.ts'
import { mendPrograms } from '../../src/server/mend.ts'
import { readPrograms } from '../../src/server/sources.ts'

const POOL = 'backend.redis.pool1.server = 127.0.0.1:6379\n'
const folder = mkdtempSync(join(tmpdir(), 'hookline-fixes-'))
writeFileSync(join(folder, 'other.conf'), '')
afterAll(() => { rmSync(folder, { recursive: true }) })

function fileOf({ bad }: Check): string {
  const file = join(folder, 'example.conf')
  writeFileSync(file, bad.includes('.server') ? bad : POOL + bad)
  return file
}

async function findingsIn(file: string) {
  const read = await readPrograms([file], { overrides: false, stdin: undefined })
  if (!read.ok) throw new Error(read.reason)
  return compile(read.programs.flat(), { layout: true }).diagnostics
}

/** What `lint --fix` mends. */
const SAFE = [
  'curly-quote', 'old-form', 'number-order', 'expired-time-ignored', 'duplicate-rule', 'two-spaces', 'deprecated-command', 'database-on-cluster',
  'not-formatted', 'unused-ignore',
]

it('the checks whose findings are mended are these', () => {
  expect(CHECKS.filter(({ fix }) => fix === 'safe').map(({ name }) => name)).toEqual(SAFE)
})

describe('the bad example of', () => {
  it.each(CHECKS.filter(({ fix }) => fix === 'safe'))('$name is mended to what its file in fixed/ has, and a second time nothing is to be done', async (check) => {
    const file = fileOf(check)
    const mended = await mendPrograms([file], { overrides: false, stdin: undefined, layout: true })
    const [changed] = mended.changed
    const expected = fileURLToPath(new URL(`fixed/${check.name}.txt`, import.meta.url))
    if (process.env['UPDATE'] === '1') writeFileSync(expected, changed?.after ?? '')
    expect(existsSync(expected), 'run with UPDATE=1 and read what it writes').toBe(true)
    expect(changed?.after.toString()).toBe(readFileSync(expected, 'utf8'))
    expect(mended.fixed.map(it => it.check)).toContain(check.name)
    writeFileSync(file, changed?.after ?? '')
    expect(await mendPrograms([file], { overrides: false, stdin: undefined, layout: true })).toMatchObject({ fixed: [], changed: [] })
    expect((await findingsIn(file)).filter(it => it.check === check.name)).toEqual([])
  })

  it.each(CHECKS.filter(({ fix }) => fix !== undefined))('$name has a fix, without which it is found and with which it is not', async (check) => {
    const file = fileOf(check)
    const found = (await findingsIn(file)).filter(it => it.check === check.name)
    const [first] = found
    expect(first?.fix?.safe).toBe(check.fix === 'safe')
    writeFileSync(file, applyEdits(readFileSync(file, 'utf8'), first?.fix?.edits ?? []))
    expect((await findingsIn(file)).filter(it => it.check === check.name).length).toBeLessThan(found.length)
    expect(first?.hint?.startsWith(first.fix?.title ?? ' ') ?? false, `${first?.hint} says something else than ${first?.fix?.title}`).toBe(!SAYS_MORE.has(check.name))
  })

  it.each(CHECKS.filter(({ fix }) => fix === undefined))('$name has none', async (check) => {
    expect((await findingsIn(fileOf(check))).filter(it => it.check === check.name && it.fix !== undefined)).toEqual([])
  })
})

/** Their hints leave a choice that the fix makes. */
const SAYS_MORE = new Set(['duplicate-json-key', 'repeated-setting', 'duplicate-rule', 'bare-word-placeholder', 'expiry-not-positive', 'number-order'])
