import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './imports.ts'

const BUNDLE = join(ROOT, 'dist/bundle')

/** Packages that only a broker or who speaks to Redis has a use for. */
const HEAVY = /\/(?:node_modules\/(?:chokidar|ioredis|ws|yaml)|src\/broker)\//

test('the bundle has them at all', () => {
  expect(loadedWith('start.js').filter(path => HEAVY.test(path)).length).toBeGreaterThan(50)
})

test.each(['main.js', 'lint.js', 'fmt.js', 'status.js'])('%s of the bundle loads neither broker nor Redis client', (chunk) => {
  expect(loadedWith(chunk).filter(path => HEAVY.test(path))).toEqual([])
})

test('main of the bundle loads no subcommand before it is called', () => {
  expect(loadedWith('main.js').filter(path => path.includes('/src/')).map(path => path.replace(/^.*\/src\//, '')).sort()).toEqual(['cli/main.ts', 'cli/version.ts'])
})

test('the bundle says the licence of every package whose code it has', () => {
  const sources = readdirSync(BUNDLE).filter(name => name.endsWith('.js')).flatMap(sourcesOf)
  const packages = new Set(sources.flatMap(path => /^.*\/node_modules\/(?<name>(?:@[^/]+\/)?[^/]+)/.exec(path)?.groups?.['name'] ?? []))
  const said = new Set([...readFileSync(join(BUNDLE, 'LICENSES.txt'), 'utf8').matchAll(/^(?<name>\S+) \d+\.\d+\.\d+: /gm)].map(({ groups }) => groups?.['name']))
  expect(packages.size).toBeGreaterThan(10)
  expect([...packages].filter(name => !said.has(name))).toEqual([])
})

/** Source files that are loaded when a chunk is: its own and those of the chunks that it imports. */
function loadedWith(chunk: string): readonly string[] {
  const seen = new Set([chunk])
  for (const each of seen) {
    const text = readFileSync(join(BUNDLE, each), 'utf8')
    for (const { groups } of text.matchAll(/^import (?:[^"]*from )?"\.\/(?<to>[^"]+)";$/gm)) seen.add(groups?.['to'] ?? '')
  }
  return [...seen].flatMap(sourcesOf)
}

/** Of a chunk that only passes on what others have there is no map. */
function sourcesOf(chunk: string): readonly string[] {
  const map = join(BUNDLE, `${chunk}.map`)
  if (!existsSync(map)) return []
  const { sources } = JSON.parse(readFileSync(map, 'utf8')) as { sources: readonly string[] } // as the bundler writes it
  return sources
}
