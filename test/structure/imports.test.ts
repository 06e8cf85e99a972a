import { expect, test } from 'vitest'
import { allImports, importsOf, sourceFiles, type Import } from './imports.ts'

/** Folders (or files) of `src` from the ground up: what runs may use what is beside or below it. */
const STOREYS: readonly (readonly string[])[] = [
  ['language', 'diagnostic'],
  ['syntax', 'actions'],
  ['check', 'plan'],
  ['compile.ts'],
  ['engine', 'delivery', 'store', 'broker', 'simulate', 'explain', 'migrate'],
  ['server', 'console'],
  ['cli'],
]

/** Packages that only one place may know. */
const KEEPERS: Readonly<Record<string, string>> = {
  'aedes': 'broker/',
  'mqtt-packet': 'broker/',
  'ws': 'broker/',
  'ioredis': 'store/',
  'js-redis-server': 'store/in-process-server.ts',
  'chokidar': 'server/watch.ts',
  'pino': 'server/log.ts',
  'pino-pretty': 'server/log.ts',
  'commander': 'cli/',
}

/** What compiling may use from outside: functions of their arguments. */
const PURE: ReadonlySet<string> = new Set([
  '{ createHash } of node:crypto',
  '{ isDeepStrictEqual } of node:util',
  '{ isIP } of node:net',
  '{ isIPv6 } of node:net',
  '{ BlockList, isIP } of node:net',
  '{ getKeyIndexes } of @ioredis/commands',
  // for one table of that package, which has no other door
  '{ createRequire } of node:module',
  '{ distance } of fastest-levenshtein',
])

const IMPORTS = allImports()

test('the imports of the source are seen at all', () => {
  expect(IMPORTS).toContainEqual({ from: 'engine/blank.ts', to: 'compile.ts', what: '{ Source }', typeOnly: true })
  expect(IMPORTS).toContainEqual({ from: 'server/watch.ts', to: 'chokidar', what: '{ watch as watchPaths, type FSWatcher }', typeOnly: false })
})

test('every folder of src has its storey', () => {
  const known = new Set(STOREYS.flat())
  expect(sourceFiles().map(room).filter(name => !known.has(name))).toEqual([])
})

test('imports point one way', () => {
  const upward = IMPORTS.filter(it => !it.typeOnly && isOurs(it.to) && storey(it.to) > storey(it.from))
  expect(upward.map(sentence)).toEqual([])
})

test('engine and delivery know store, broker and server by their ports only, not even by type', () => {
  const known = IMPORTS.filter(({ from, to }) =>
    ['engine', 'delivery'].includes(room(from)) && ['store', 'broker', 'server'].includes(room(to)))
  expect(known.map(sentence)).toEqual([])
})

test.each(Object.entries(KEEPERS))('%s is imported only by %s', (name, keeper) => {
  const strangers = IMPORTS.filter(({ from, to }) => (to === name || to.startsWith(`${name}/`)) && !from.startsWith(keeper))
  expect(strangers.map(sentence)).toEqual([])
})

test('compiling is pure: nothing behind it knows files, network, processes or time', () => {
  const packages = new Set(reachable('compile.ts').filter(it => !isOurs(it.to)).map(it => `${it.what} of ${it.to}`))
  expect([...packages].filter(name => !PURE.has(name))).toEqual([])
})

test.each(['cli/main.ts', 'cli/lint.ts'])('%s loads neither broker nor Redis client nor log: it is to answer at once', (file) => {
  const heavy = reachable(file).filter(({ to }) => Object.keys(KEEPERS).some(name => name !== 'commander' && to === name))
  expect(heavy.map(sentence)).toEqual([])
})

test('main loads a subcommand only when it is called', () => {
  const commands = IMPORTS.filter(({ from, to, typeOnly }) => from === 'cli/main.ts' && to.startsWith('cli/') && !typeOnly && to !== 'cli/version.ts')
  expect(commands.length).toBeGreaterThan(5)
  expect(commands.filter(it => it.lazy !== true).map(sentence)).toEqual([])
})

test('imports of our files carry the extension', () => {
  const bare = IMPORTS.filter(({ to }) => isOurs(to) && !/\.(?:ts|js)$/.test(to))
  expect(bare.map(sentence)).toEqual([])
})

/** All that is loaded when a file is: its imports and theirs. */
function reachable(start: string): readonly Import[] {
  const seen = new Set([start])
  const found: Import[] = []
  for (const file of seen) {
    if (file.includes('generated/')) continue
    const imports = importsOf(file).filter(it => !it.typeOnly && it.lazy !== true)
    found.push(...imports)
    for (const { to } of imports) if (isOurs(to)) seen.add(to)
  }
  return found
}

/** The folder of `src`, or the file directly in it. */
function room(path: string): string {
  return path.split('/')[0] ?? path
}

function storey(path: string): number {
  return STOREYS.findIndex(names => names.includes(room(path)))
}

function isOurs(path: string): boolean {
  return STOREYS.some(names => names.includes(room(path)))
}

function sentence({ from, to }: Import): string {
  return `${from} imports ${to}`
}
