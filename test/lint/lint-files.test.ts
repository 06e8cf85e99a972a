import { readdirSync, readFileSync, writeFileSync, existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { CHECKS } from '../../src/check/index.ts'
import type { ServerTold, Told } from '../../src/check/told.ts'
import { compile } from '../../src/compile.ts'
import { renderPretty } from '../../src/diagnostic/render/pretty.ts'
import { readPrograms } from '../../src/server/sources.ts'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Rules files and beside each, in `.out`, what lint says of it. `UPDATE=1` writes what it says now. */
const FILES = readdirSync(here, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.conf')).sort()

/** The variables that there are. */
const ENV = { POOL_SIZE: '16', PORT: '6379', SECRET: 'hunter2', EMPTY: '' }

/** What servers of Redis have said, for files that are not those of a check. */
const TOLD: Readonly<Record<string, Told>> = {
  'what-servers-say.conf': new Map([
    ['old', answered({ name: 'Valkey 7.0.15', product: 'Valkey', unknownCommands: new Set(['NOSUCH', 'HGETEX']), tooOld: 'it is Valkey 7.0.15, and hookline needs Redis 6.2 or Valkey 7.2' })],
    ['narrow', answered({ user: 'app', refusedChannels: ['mqtt_channel', 'mqtt:wake'] })],
  ]),
}

function answered(said: Partial<ServerTold>): ServerTold {
  return { kind: 'answered', name: 'Redis 7.2.4', product: 'Redis', user: 'default', knownCommands: new Set(), unknownCommands: new Set(), refusals: [], refusedChannels: [], ...said }
}

async function lint(file: string) {
  const read = await readPrograms([join(here, file)], { env: ENV, overrides: false, stdin: undefined })
  if (!read.ok) throw new Error(read.reason)
  const sources = read.programs.flat()
  const told = TOLD[file] ?? CHECKS.find(({ name }) => file === `checks/${name}.conf`)?.told
  const { diagnostics } = compile(sources, { layout: true, ...told === undefined ? {} : { told } })
  // Files are named as from their folder.
  const output = renderPretty(diagnostics, sources, { colour: false }).replaceAll(`${dirname(join(here, file))}/`, '')
  return { diagnostics, output }
}

describe('lint says of', () => {
  it.each(FILES)('%s what its .out shows', async (file) => {
    const { output } = await lint(file)
    const expected = join(here, file.replace(/\.conf$/, '.out'))
    if (process.env['UPDATE'] === '1') writeFileSync(expected, output)
    expect(existsSync(expected), 'run with UPDATE=1 and read what it writes').toBe(true)
    expect(output).toBe(readFileSync(expected, 'utf8'))
  })
})

describe('every check', () => {
  it.each(CHECKS.map(({ name }) => name))('%s has a file in which it finds something', async (name) => {
    expect((await lint(`checks/${name}.conf`)).diagnostics.map(({ check }) => check)).toContain(name)
  })
})

describe("EMQ X's own files", () => {
  it.each(FILES.filter(file => file.startsWith('emqx')))('%s has no error, but for what is not built yet', async (file) => {
    const errors = (await lint(file)).diagnostics.filter(({ severity, check }) => severity === 'error' && check !== 'not-built-yet')
    expect(errors).toEqual([])
  })
})
