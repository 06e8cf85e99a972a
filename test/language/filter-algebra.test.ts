import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coversTogether, exampleTopic } from '../../src/language/filter-algebra.ts'
import { coversFilter, matchesTopic, overlapsFilter } from '../../src/language/topic-filter.ts'

/** Short filters over few names, among them an empty one and one that wildcards at the front do not match. */
const filters = fc.tuple(fc.array(fc.constantFrom('a', 'b', '', '$a', '+'), { maxLength: 3 }), fc.boolean())
  .map(([levels, open]) => (open ? [...levels, '#'] : levels).join('/')).filter(filter => filter !== '')
const lists = fc.array(filters, { maxLength: 3 })

/** Enough topics to tell such filters apart: one name that no filter holds stands for all others. */
const TOPICS = topicsUpTo(5, ['a', 'b', '', '$a', 'other']).filter(topic => topic !== '')

function topicsUpTo(depth: number, names: readonly string[]): string[] {
  let row = [...names]
  const all = [...row]
  for (let i = 1; i < depth; i += 1) {
    row = row.flatMap(topic => names.map(level => `${topic}/${level}`))
    all.push(...row)
  }
  return all
}

describe('exampleTopic', () => {
  it.each([
    [['sensors/#', 'sensors/+/temp'], [], 'sensors/a/temp'],
    [['queue/#'], ['queue/+'], 'queue/a/b'],
    [['queue/#'], ['queue/+/#'], 'queue'],
    [['queue/#'], ['queue/+', 'queue/+/#', 'queue'], undefined],
    [['a/#'], [], 'a/a'],
    [['+/b'], ['a/b', 'b/b'], 'c/b'],
    [['#'], ['+/#'], undefined],
    [['#', '$SYS/#'], [], undefined],
    [['$SYS/#'], ['#'], '$SYS/a'],
    [['/#'], ['/+/#'], undefined],
    [['a', 'b'], [], undefined],
    [[], [], 'a'],
    [['a/+'], ['+/a', '+/b', 'a/c'], 'a/d'],
  ])('of %j without %j is %s', (matched, unmatched, topic) => {
    expect(exampleTopic(matched, unmatched)).toBe(topic)
  })

  it('matches what it says, and is there exactly if some topic does', () => {
    let found = 0
    fc.assert(fc.property(lists, lists, (matched, unmatched) => {
      const fits = (topic: string) => matched.every(filter => matchesTopic(filter, topic)) && !unmatched.some(filter => matchesTopic(filter, topic))
      const topic = exampleTopic(matched, unmatched)
      if (topic === undefined) expect(TOPICS.find(fits)).toBe(undefined)
      else expect([topic, fits(topic)]).toEqual([topic, true])
      found += topic === undefined ? 0 : 1
    }), { numRuns: 1_000 })
    expect(found).toBeGreaterThan(100)
  })

  it('of two filters is there exactly if they overlap', () => {
    fc.assert(fc.property(filters, filters, (a, b) => {
      // they share one empty level only, which is no topic
      fc.pre(![`${a} ${b}`, `${b} ${a}`].includes('+ /#'))
      expect(exampleTopic([a, b]) !== undefined).toBe(overlapsFilter(a, b))
    }), { numRuns: 1_000 })
  })

  it('gives up on what would take for ever', () => {
    const plus = Array.from({ length: 40 }, () => '+')
    const tangled = plus.map((_, i) => plus.with(i, 'a').join('/'))
    expect(exampleTopic([plus.join('/')], [...tangled, plus.join('/')])).toBe(undefined)
  })

  it('reads filters of very many levels', () => {
    const deep = `${'b/'.repeat(10_000)}#`
    expect(exampleTopic([deep]) === `${'b/'.repeat(10_000)}a`).toBe(true)
  })
})

describe('coversTogether', () => {
  it('of one filter is what coversFilter says, but for the one topic that is none', () => {
    fc.assert(fc.property(filters, filters, (filter, covered) => {
      fc.pre(!covered.startsWith('/#'))
      expect(coversTogether([filter], covered)).toBe(coversFilter(filter, covered))
    }), { numRuns: 1_000 })
  })

  it('sees what several cover only together', () => {
    expect(coversTogether(['queue', 'queue/+', 'queue/+/#'], 'queue/#')).toBe(true)
    expect(coversTogether(['queue/+', 'queue/+/+/#'], 'queue/+/#')).toBe(true)
    expect(coversTogether(['queue/+'], 'queue/#')).toBe(false)
    expect(coversTogether([], 'a')).toBe(false)
  })
})
