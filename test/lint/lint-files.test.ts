import { readdirSync, readFileSync, writeFileSync, existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { CHECKS } from '../../src/check/index.ts'
import { compile } from '../../src/compile.ts'
import { renderPretty } from '../../src/diagnostic/render/pretty.ts'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Rules files and beside each, in `.out`, what lint says of it. `UPDATE=1` writes what it says now. */
const FILES = readdirSync(here, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.conf')).sort()

function lint(file: string) {
  const source = { name: basename(file), text: readFileSync(join(here, file), 'utf8') }
  const { diagnostics } = compile([source])
  return { diagnostics, output: renderPretty(diagnostics, [source], { colour: false }) }
}

describe('lint says of', () => {
  it.each(FILES)('%s what its .out shows', (file) => {
    const { output } = lint(file)
    const expected = join(here, file.replace(/\.conf$/, '.out'))
    if (process.env['UPDATE'] === '1') writeFileSync(expected, output)
    expect(existsSync(expected), 'run with UPDATE=1 and read what it writes').toBe(true)
    expect(output).toBe(readFileSync(expected, 'utf8'))
  })
})

describe('every check', () => {
  it.each(CHECKS.map(({ name }) => name))('%s has a file in which it finds something', (name) => {
    expect(lint(`checks/${name}.conf`).diagnostics.map(({ check }) => check)).toContain(name)
  })
})

describe("EMQ X's own files", () => {
  it.each(FILES.filter(file => file.startsWith('emqx')))('%s has no error, but for what is not built yet', (file) => {
    const errors = lint(file).diagnostics.filter(({ severity, check }) => severity === 'error' && check !== 'not-built-yet')
    expect(errors).toEqual([])
  })
})
