import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compile } from '../../src/compile.ts'
import { environmentFile } from '../../src/migrate/environment-file.ts'
import { migrate, type Migration } from '../../src/migrate/migrate.ts'
import { isDone, reportText } from '../../src/migrate/report.ts'
import { diffPrograms } from '../../src/plan/diff.ts'
import { formatting } from '../../src/syntax/format.ts'
import { parse } from '../../src/syntax/parse.ts'
import { ROOT } from '../structure/imports.ts'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Files as EMQ X's versions had them; beside each what is printed of it and what is said of it. `UPDATE=1` writes both. */
const FILES = readdirSync(here).filter(file => /\.(?:conf|env)$/.test(file)).sort()

function migrated(file: string): Migration {
  const text = readFileSync(join(here, file), 'utf8')
  return migrate(file.endsWith('.env') ? { environment: environmentFile(file, text) } : { file: { name: file, text } })
}

function expectGolden(name: string, text: string): void {
  const path = join(here, name)
  if (process.env['UPDATE'] === '1') writeFileSync(path, text)
  expect(existsSync(path), `${name} is not there; run with UPDATE=1 and read what it writes`).toBe(true)
  expect(text).toBe(readFileSync(path, 'utf8'))
}

describe.each(FILES)('%s', (file) => {
  const { text, entries } = migrated(file)

  it('is printed and reported as its golden files have it', () => {
    expectGolden(`${file}.migrated`, text)
    expectGolden(`${file}.report`, reportText(entries))
  })

  it('loads once it is migrated, and has no old form and no bare word any more', () => {
    const { program, diagnostics } = compile([{ name: 'migrated', text }])
    expect(program).toBeDefined()
    expect(formatting(parse({ name: 'migrated', text }))).toEqual([])
    expect(diagnostics.filter(({ check }) => check === 'old-form' || check === 'bare-word-placeholder' || check === 'foreign-setting')).toEqual([])
  })

  it('stays as it is when it is migrated again', () => {
    expect(migrate({ file: { name: 'again', text } }).text).toBe(text)
  })

  it('shows no password in what is said of it', () => {
    expect(reportText(entries)).not.toMatch(/hunter2|public/)
  })
})

const LOADING = FILES.filter(file => compile([{ name: file, text: readFileSync(join(here, file), 'utf8') }]).program !== undefined)

it('most of the files load as they are, so that there is something to compare', () => {
  expect(LOADING.length).toBeGreaterThan(5)
})

describe.each(LOADING)('the program of %s', (file) => {
  it('is the same before and after, but for the rules that the report says to be filled in', () => {
    const { text, entries } = migrated(file)
    const [before, after] = [readFileSync(join(here, file), 'utf8'), text].map(it => compile([{ name: file, text: it }]).program)
    if (before === undefined || after === undefined) throw new Error('it does not load')
    const filled = entries.filter(({ why }) => why?.includes('stores words') === true).map(({ key }) => key.replace('backend.redis.hook.', ''))
    const { rules, pools, restart } = diffPrograms(before, after)
    expect(rules).toEqual({ added: [], removed: [], changed: expect.arrayContaining(filled) })
    expect(rules.changed).toHaveLength(filled.length)
    expect(pools).toEqual({ added: [], removed: [], changed: [] })
    // what has another name here had no effect before
    const renamed = entries.filter(({ why }) => why?.startsWith('now `listener') === true)
    expect(restart.length).toBeLessThanOrEqual(renamed.length)
  })
})

describe('the rules files that come along, and some that lint is tested with,', () => {
  const files = ['rules', 'rules/examples', 'test/lint', 'test/lint/emqx'].flatMap(folder =>
    readdirSync(join(ROOT, folder)).filter(name => name.endsWith('.conf')).map(name => join(folder, name)))

  it.each(files)('%s can be migrated, once for all', (file) => {
    const source = { name: file, text: readFileSync(join(ROOT, file), 'utf8') }
    const { text, entries } = migrate({ file: source })
    const OF_THE_WORLD = ['env-unset', 'file-missing', 'include-missing']
    const errors = compile([{ name: 'migrated', text }]).diagnostics.filter(({ severity, check }) => severity === 'error' && !OF_THE_WORLD.includes(check))
    expect(errors).toEqual([])
    expect(migrate({ file: { name: file, text } }).text).toBe(text)
    const program = compile([source]).program
    if (program !== undefined && entries.every(({ outcome }) => outcome === 'same')) expect(compile([{ name: file, text }]).program?.hash).toBe(program.hash)
  })
})

it('is done only when nobody has to look at a line any more', () => {
  expect(isDone(migrated('2.4-shipped.conf').entries)).toBe(true)
  expect(isDone(migrated('4.4-keep-latest.conf').entries)).toBe(false)
  expect(isDone(migrated('4.4-whole-broker.conf').entries)).toBe(false)
})

it('takes variables after the file: they replace its lines and remove some', () => {
  const file = { name: 'redis.conf', text: 'backend.redis.pool1.server = 10.0.0.1:6379\nbackend.redis.pool1.channel = orders\n' }
  const environment = environmentFile('docker.env', 'EMQX_BACKEND__REDIS__POOL1__SERVER=10.0.0.2:6379\nEMQX_BACKEND__REDIS__POOL1__CHANNEL=\nPATH=/bin\n')
  const { text, entries } = migrate({ file, environment })
  expect(text).toBe('# backend.redis.pool1.server = 10.0.0.1:6379\n# backend.redis.pool1.channel = orders\nbackend.redis.pool1.server = 10.0.0.2:6379\n')
  expect(entries.map(({ line, outcome, key }) => `${line} ${outcome} ${key}`)).toEqual([
    '1 changed backend.redis.pool1.server', '2 changed backend.redis.pool1.channel',
    '1 changed backend.redis.pool1.server', '2 changed EMQX_BACKEND__REDIS__POOL1__CHANNEL',
  ])
})

it('says of lines in Latin-1 that they are UTF-8 now, comments too', () => {
  const { entries } = migrate({ file: { name: 'a.conf', text: '# températures\nnode.name = a\n' }, latin: new Set([1]) })
  expect(entries.map(({ line, outcome }) => `${line} ${outcome}`)).toEqual(['1 changed', '2 same'])
})

it('makes of any lines a file that loads, and that stays as it is', () => {
  const lines = readFileSync(join(here, 'with-mistakes.conf'), 'utf8').split('\n')
  fc.assert(fc.property(fc.array(fc.constantFrom(...lines), { maxLength: 12 }), (some) => {
    const { text } = migrate({ file: { name: 'some.conf', text: some.join('\n') } })
    expect(compile([{ name: 'migrated', text }]).program).toBeDefined()
    expect(migrate({ file: { name: 'again', text } }).text).toBe(text)
  }), { numRuns: 30 })
})
