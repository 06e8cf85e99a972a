import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { CHECKS } from '../../src/check/index.ts'
import { compile } from '../../src/compile.ts'

const POOL = 'backend.redis.pool1.server = 127.0.0.1:6379\n'

function findings(example: string) {
  const text = example.includes('.server') ? example : POOL + example
  return compile([{ name: 'example.conf', text }]).diagnostics
}

describe('the examples of', () => {
  it.each(CHECKS)('$name show what it finds and what it does not', ({ name, severity, bad, good }) => {
    expect(findings(bad)).toContainEqual(expect.objectContaining({ check: name, severity }))
    expect(findings(good).filter(({ check, severity: found }) => check === name || found === 'error')).toEqual([])
  })
})

it('every check is in a file of its own name', () => {
  const folder = fileURLToPath(new URL('../../src/check/', import.meta.url))
  const files = readdirSync(folder).filter(file => readFileSync(folder + file, 'utf8').includes(': Check = {'))
  expect(files.sort()).toEqual(CHECKS.map(({ name }) => `${name}.ts`).sort())
})

it('a message is no sentence: no capital, no full stop', () => {
  for (const { bad } of CHECKS) {
    for (const { message } of findings(bad)) expect(message).not.toMatch(/^[A-Z][a-z]|\.$/)
  }
})
