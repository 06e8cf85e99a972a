import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compile } from '../../src/compile.ts'
import type { Position, Span } from '../../src/diagnostic/diagnostic.ts'
import { withIncluded, type Source } from '../../src/diagnostic/source.ts'
import { renderJson } from '../../src/diagnostic/render/json.ts'
import { renderPretty } from '../../src/diagnostic/render/pretty.ts'
import { environmentSource } from '../../src/server/environment.ts'
import { parse } from '../../src/syntax/parse.ts'
import { print } from '../../src/syntax/print.ts'
import { ruleFiles } from './rule-files.ts'

const RUNS = { numRuns: 1_000 }

/** Where a place stands by counting ends of lines, a second way to know it. */
function positionIn(text: string, offset: number): Position {
  const before = text.slice(text.startsWith('\uFEFF') ? 1 : 0, offset)
  const lines = before.split('\n')
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1, offset }
}

function liesIn(text: string, { start, end }: Span): boolean {
  return start.offset <= end.offset && end.offset <= text.length
    && isDeepStrictEqual([start, end], [positionIn(text, start.offset), positionIn(text, end.offset)])
}

/** All of it but where it stands. */
function withoutPlaces(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, part: unknown) => key === 'span' || key === 'starts' ? undefined : part))
}

describe('of any rules file', () => {
  it('compile makes a program or an error, every place of its findings lies in the file, and both outputs can be written', () => {
    let programs = 0
    fc.assert(fc.property(ruleFiles, (text) => {
      const sources = [{ name: 'a.conf', text }]
      const { program, diagnostics } = compile(sources)
      if (program !== undefined) programs += 1
      expect(program === undefined).toBe(diagnostics.some(({ severity }) => severity === 'error'))
      for (const { span, related = [] } of diagnostics) {
        expect(liesIn(text, span)).toBe(true)
        for (const other of related) expect(liesIn(text, other.span)).toBe(true)
      }
      // oxlint-disable-next-line no-control-regex -- nothing in a file may steer the terminal
      expect(renderPretty(diagnostics, sources, { colour: false })).not.toMatch(/[\0-\x09\x0B-\x1F]/)
      expect(renderJson(diagnostics).split('\n')).toHaveLength(diagnostics.length + 1)
    }), RUNS)
    // Else the generator has lost touch with the language.
    expect(programs).toBeGreaterThan(10)
  })

  it('what is printed is parsed to the same again', () => {
    let rules = 0
    fc.assert(fc.property(ruleFiles, (text) => {
      const once = parse({ name: 'a.conf', text })
      const again = parse({ name: 'a.conf', text: print(once) })
      rules += once.lines.filter(({ kind }) => kind === 'rule').length
      expect(again.faults).toEqual([])
      expect(withoutPlaces(again.lines)).toEqual(withoutPlaces(once.lines))
      expect(print(again)).toBe(print(once))
    }), RUNS)
    expect(rules).toBeGreaterThan(1_000)
  })

  it('a mistake hides nothing that stands after it', () => {
    fc.assert(fc.property(ruleFiles, (text) => {
      const { diagnostics } = compile([{ name: 'a.conf', text: `${text}\nbackend.redis.pool7.pool_size = many` }])
      expect(diagnostics.map(({ check }) => check)).toContain('bad-value')
    }), RUNS)
  })

  it('what is included, referred to and set by variables is compiled with it, and each finding lies in its file', () => {
    const variables = fc.array(fc.tuple(
      fc.constantFrom('HOOKLINE_BACKEND__REDIS__POOL1__SERVER', 'EMQX_BACKEND__REDIS__HOOK__MESSAGE__PUBLISH__1', 'EMQX_BACKEND__REDIS__POOL1__POOL_SIZE', 'EMQX_X__Y'),
      fc.oneof(fc.constantFrom('', 'h', '8', '{"topic": "a", "action": {"commands": ["INCR n"]}, "pool": "pool1"}', '${env:X}'), fc.string()),
    ), { maxLength: 3 })
    fc.assert(fc.property(ruleFiles, ruleFiles, variables, fc.string(), (text, part, pairs, value) => {
      const environment = environmentSource(Object.fromEntries(pairs))
      const main: Source = {
        name: 'main', text: `include a.conf\n${text}\ninclude a.conf\n`, references: [{ kind: 'env', name: 'X', value }],
        includes: [{ kind: 'read', path: 'a.conf', sources: [{ name: 'a', text: part }] }, { kind: 'read', path: 'b/*.conf', sources: [] }],
      }
      const sources = environment === undefined ? [main] : [main, environment]
      const { program, diagnostics } = compile(sources, { unsetEnv: 'warning' })
      if (diagnostics.some(({ severity }) => severity === 'error')) expect(program).toBe(undefined)
      const texts = new Map(withIncluded(sources).map(source => [source.name, source.text]))
      for (const { span, related = [] } of diagnostics) {
        for (const place of [span, ...related.map(other => other.span)]) expect(liesIn(texts.get(place.file) ?? '', place)).toBe(true)
      }
    }), { numRuns: 500 })
  })

  it('two files are read as one, and each finding names its own', () => {
    fc.assert(fc.property(ruleFiles, ruleFiles, (first, second) => {
      const texts = new Map([['a', first], ['b', second]])
      for (const { span } of compile([{ name: 'a', text: first }, { name: 'b', text: second }]).diagnostics) {
        expect(liesIn(texts.get(span.file) ?? '', span)).toBe(true)
      }
    }), { numRuns: 200 })
  })
})
