import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ACTIONS } from '../../src/actions/index.ts'
import { importsOf, ROOT, sourceFiles } from './imports.ts'

test('every function of the language has a file of its name, and every such file is in the list', () => {
  const files = sourceFiles().filter(path => path.startsWith('actions/on-'))
  expect(ACTIONS.map(({ name }) => `actions/${name.replaceAll('_', '-')}.ts`).sort()).toEqual(files)
})

test('every check is in the list', () => {
  const files = sourceFiles().filter(path => path.startsWith('check/'))
  const listed = new Set(importsOf('check/index.ts').map(({ to }) => to))
  const loaded = new Set(files.flatMap(importsOf).map(({ to }) => to))
  // A file that several checks share is no check; it is loaded all the same.
  expect(files.filter(path => path !== 'check/index.ts' && !listed.has(path) && !loaded.has(path))).toEqual([])
})

test('every output format is in the list', () => {
  const files = sourceFiles().filter(path => path.startsWith('diagnostic/render/'))
  const loaded = new Set(files.flatMap(importsOf).map(({ to }) => to))
  // a file that several formats share is no format; it is loaded all the same
  expect(files.filter(path => path !== 'diagnostic/render/index.ts' && !loaded.has(path))).toEqual([])
})

test.each(['package-lock.json', 'bench/package-lock.json'])('%s works with any registry', (path) => {
  const lock = readFileSync(join(ROOT, path), 'utf8')
  expect(lock).toContain('"integrity"')
  expect(lock).not.toContain('"resolved"')
})

test('the benchmark has those packages that hookline has too in the same versions', () => {
  const versions = (path: string): ReadonlyMap<string, string> => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as { packages: Record<string, { version?: string }> } // what npm writes
    return new Map(Object.entries(packages).flatMap(([name, { version }]) => version === undefined ? [] : [[name, version]]))
  }
  const ours = versions('package-lock.json')
  const theirs = versions('bench/package-lock.json')
  for (const name of ['aedes', 'commander', 'ioredis', 'mqtt-packet']) {
    expect(theirs.get(`node_modules/${name}`), name).toBe(ours.get(`node_modules/${name}`) ?? 'ours')
  }
})

test('npm installs the in-process store on Node 20 too', () => {
  const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8')
  // what the registry says of both asks for Node 22, and npm leaves out what is optional and does not fit
  for (const name of ['js-redis-server', 'lua-redis-wasm']) {
    const entry = new RegExp(`"node_modules/${name}": \\{[^]*?\\n    \\}`).exec(lock)?.[0]
    expect(entry).toContain('"optional": true')
    expect(entry).not.toContain('"engines"')
  }
})
