import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { compile } from '../../src/compile.ts'
import { readSources } from '../../src/server/sources.ts'
import { createParseCache } from '../../src/syntax/parse-cache.ts'
import { parse } from '../../src/syntax/parse.ts'
import { ruleFiles } from './rule-files.ts'

const parses = vi.hoisted(() => ({ count: 0 }))
vi.mock(import('../../src/syntax/generated/rules-grammar.js'), async (original) => {
  const grammar = await original()
  return {
    ...grammar,
    parse: ((...args: Parameters<typeof grammar.parse>) => {
      parses.count += 1
      return grammar.parse(...args) as unknown
    }) as typeof grammar.parse, // it has an overload for each start rule
  }
})
beforeEach(() => { parses.count = 0 })

const rule = (i: number): string => `backend.redis.hook.message.publish.${i} = {"topic": "a/${i}", "action": {"commands": ["HSET last:${i} topic \${topic}"]}, "pool": "pool1"}`
const file = (lines: readonly string[]): string => `backend.redis.pool1.server = 127.0.0.1\n${lines.join('\n')}\n`

it('parses only the lines that it has not seen, wherever the others have moved', () => {
  const parsed = createParseCache()
  const lines = Array.from({ length: 500 }, (_, i) => rule(i))
  compile([{ name: 'a.conf', text: file(lines) }], { parsed })
  expect(parses.count).toBeGreaterThan(1_000)
  parses.count = 0
  compile([{ name: 'a.conf', text: file(lines) }], { parsed })
  expect(parses.count).toBe(0)
  compile([{ name: 'b.conf', text: file(['# first', ...lines.slice(0, 250), rule(1_000), ...lines.slice(250)]) }], { parsed })
  // The comment; the rule's line and command.
  expect(parses.count).toBe(3)
})

it('comes to the same as without, in every place', () => {
  const parsed = createParseCache()
  fc.assert(fc.property(ruleFiles, ruleFiles, (one, other) => {
    for (const text of [one, other, `${other}\n${one}`]) {
      expect(parse({ name: 'a.conf', text }, parsed)).toEqual(parse({ name: 'a.conf', text }))
      const [kept, anew] = [compile([{ name: 'a.conf', text }], { parsed }), compile([{ name: 'a.conf', text }])]
      expect(kept.diagnostics).toEqual(anew.diagnostics)
      expect(kept.program).toEqual(anew.program)
    }
  }), { numRuns: 100 })
})

it('comes to the same as without for a file that is included twice', () => {
  const parsed = createParseCache()
  const part = { name: 'part.conf', text: file([rule(1), rule(2), rule(1)]) }
  const read = { kind: 'read', path: 'part.conf', sources: [part] } as const
  const sources = [{ name: 'a.conf', text: `include part.conf\n${rule(1)}\ninclude part.conf\n`, includes: [read] }]
  const anew = compile(sources)
  expect(anew.diagnostics.map(({ check }) => check)).toContain('duplicate-rule-number')
  for (let time = 0; time < 2; time += 1) expect(compile(sources, { parsed })).toEqual(anew)
})

it('reads what a file mentions without parsing again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-parsed-'))
  onTestFinished(() => { rmSync(folder, { recursive: true }) })
  const parsed = createParseCache()
  const main = join(folder, 'main.conf')
  const load = async (lines: readonly string[]): Promise<number> => {
    parses.count = 0
    writeFileSync(main, file(['include part.inc', ...lines]))
    const snapshot = await readSources([main], { parsed, overrides: false })
    compile(snapshot.readable ? snapshot.sources : [], { parsed })
    return parses.count
  }
  writeFileSync(join(folder, 'part.inc'), `${rule(7)}\n`)
  expect(await load([rule(1), rule(2)])).toBeGreaterThan(6)
  expect(await load([rule(2), rule(3), rule(1)])).toBe(2)
})

it('is bounded, and forgets what was asked for longest ago', () => {
  const cache = createParseCache({ most: 10 })
  for (let i = 0; i < 100; i += 1) {
    cache.set(`line ${i}`, i)
    expect(cache.get('line 0')).toBe(0)
    expect(cache.size).toBeLessThanOrEqual(20)
  }
  expect(cache.get('line 99')).toBe(99)
  expect(cache.get('line 50')).toBe(undefined)
  cache.set('x'.repeat(10_000), 1)
  expect(cache.get('x'.repeat(10_000))).toBe(undefined)
})
