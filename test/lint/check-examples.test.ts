import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import type { Check } from '../../src/check/check.ts'
import { CHECKS } from '../../src/check/index.ts'
import { compile } from '../../src/compile.ts'
import { readPrograms } from '../../src/server/sources.ts'

const POOL = 'backend.redis.pool1.server = 127.0.0.1:6379\n'

/** The examples are files: some include others. */
const folder = mkdtempSync(join(tmpdir(), 'hookline-examples-'))
writeFileSync(join(folder, 'other.conf'), '')
afterAll(() => { rmSync(folder, { recursive: true }) })

async function findings(example: string, told: Check['told']) {
  const text = example.includes('.server') || !example.includes('pool1') ? example : POOL + example
  const file = join(folder, 'example.conf')
  writeFileSync(file, text)
  const read = await readPrograms([file], { overrides: false, stdin: undefined })
  if (!read.ok) throw new Error(read.reason)
  return compile(read.programs.flat(), { layout: true, ...told === undefined ? {} : { told } }).diagnostics
}

describe('the examples of', () => {
  it.each(CHECKS)('$name show what it finds and what it does not', async ({ name, severity, bad, good, told }) => {
    const found = await findings(bad, told)
    expect(found).toContainEqual(expect.objectContaining({ check: name, severity }))
    // how it is laid out is said where nothing else is found
    expect(found.filter(({ check }) => check !== name && check !== 'not-formatted')).toEqual([])
    expect((await findings(good, told)).filter(({ check, severity: found }) => check === name || found === 'error')).toEqual([])
  })
})

it('every check is in a file of its own name', () => {
  const source = fileURLToPath(new URL('../../src/check/', import.meta.url))
  const files = readdirSync(source).filter(file => readFileSync(source + file, 'utf8').includes(': Check = {'))
  expect(files.sort()).toEqual(CHECKS.map(({ name }) => `${name}.ts`).sort())
})

it('a message is no sentence: no capital, no full stop', async () => {
  for (const { bad, told } of CHECKS) {
    for (const { message } of await findings(bad, told)) expect(message).not.toMatch(/^[A-Z][a-z]|\.$/)
  }
})
