import { expect, test } from 'vitest'
import { compile } from '../../src/compile.ts'
import { renderPretty } from '../../src/diagnostic/render/pretty.ts'
import { shownSources } from '../../src/server/shown-sources.ts'

const SOURCES = [
  { name: 'fine.conf', text: 'node.name = a\n' },
  {
    name: 'rules.conf', text: '\uFEFFbackend.redis.pool1.password = hunter1\r\n# a comment\r\nbackend.redis.pool1.password hunter2\r\n'
      + 'backend.redis.pool1.nonsense = 1\r\nbackend.redis.pool1.server = a\nbackend.redis.pool1.server = b\n',
  },
]

test('what findings show elsewhere is what they show here', () => {
  const { diagnostics } = compile(SOURCES)
  expect(diagnostics.length).toBeGreaterThan(1)
  const shown = shownSources(diagnostics, SOURCES)
  expect(renderPretty(diagnostics, shown, { colour: false })).toBe(renderPretty(diagnostics, SOURCES, { colour: false }))
})

test('no more than their lines leaves, and no secret', () => {
  const shown = shownSources(compile(SOURCES).diagnostics, SOURCES)
  expect(shown.map(({ name }) => name)).toEqual(['rules.conf'])
  const text = JSON.stringify(shown)
  expect(text).toContain('nonsense')
  expect(text).not.toMatch(/hunter|comment|node\.name/)
})

test('of no findings nothing leaves', () => {
  expect(shownSources([], SOURCES)).toEqual([])
})
