import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coversFilter, filterProblem, isWildcard, matchesTopic, overlapsFilter, withoutShare } from '../../src/language/topic-filter.ts'

const name = fc.constantFrom('a', 'b', '', '$a', 'ä')
const topics = fc.array(name, { minLength: 1, maxLength: 4 }).map(levels => levels.join('/')).filter(topic => topic !== '')
const filters = fc.tuple(fc.array(fc.oneof(name, fc.constant('+')), { maxLength: 4 }), fc.boolean())
  .map(([levels, open]) => (open ? [...levels, '#'] : levels).join('/'))
  .filter(filter => filter !== '')

/** A second, slower opinion: the filter as a regular expression. */
function asExpression(filter: string): RegExp {
  const levels = filter.split('/').map(level =>
    level === '+' ? '[^/]*' : level.replaceAll('$', String.raw`\$`))
  const open = levels.at(-1) === '#'
  if (!open) return new RegExp(`^${levels.join('/')}$`, 'u')
  const front = levels.slice(0, -1).join('/')
  return new RegExp(levels.length === 1 ? '^' : `^${front}(?:/|$)`, 'u')
}

/**
 * Enough topics to tell any two short filters apart: names that no filter holds stand for all others. The empty one,
 * which is no topic, is among them: levels are compared, and `/+/#` is not said to cover `/#` for want of it.
 */
function topicsUpTo(depth: number): string[] {
  const names = ['a', 'b', '', '$a', 'ä', 'other', '$other']
  let rows = names
  const all = [...rows]
  for (let i = 1; i < depth; i += 1) {
    rows = rows.flatMap(row => names.map(level => `${row}/${level}`))
    all.push(...rows)
  }
  return all
}

describe('matchesTopic', () => {
  it.each([
    ['#', 'a/b', true], ['a/#', 'a', true], ['a/#', 'a/', true], ['a/#', 'a/b/c', true], ['a/#', 'ab', false],
    ['+', 'a', true], ['+', 'a/b', false], ['+/+', '/a', true], ['/+', '/a', true], ['+', '/a', false],
    ['a/+', 'a', false], ['a/+/#', 'a', false], ['a/+/#', 'a/b', true], ['a/+', 'a/', true],
    ['#', '$SYS/x', false], ['+/x', '$SYS/x', false], ['$SYS/#', '$SYS/x', true], ['$SYS/+', '$SYS/x', true],
    ['A', 'a', false],
  ])('%s with %s: %s', (filter, topic, expected) => {
    expect(matchesTopic(filter, topic)).toBe(expected)
  })

  it('agrees with a regular expression', () => {
    fc.assert(fc.property(filters, topics, (filter, topic) => {
      const hidden = topic.startsWith('$') && /^[+#]/.test(filter)
      expect(matchesTopic(filter, topic)).toBe(!hidden && asExpression(filter).test(topic))
    }), { numRuns: 2_000 })
  })

  it('of a filter without wildcard is equality', () => {
    fc.assert(fc.property(topics, topics, (filter, topic) => {
      expect(isWildcard(filter)).toBe(false)
      expect(matchesTopic(filter, topic)).toBe(filter === topic)
    }))
  })
})

describe('coversFilter', () => {
  it.each([
    ['queue/#', 'queue/+/a', true], ['queue/#', 'queue', true], ['queue/#', 'queue/#', true], ['queue/+', 'queue/#', false],
    ['#', '+', true], ['+/#', '#', true], ['a/+/#', 'a/#', false], ['#', '$SYS/#', false], ['$SYS/#', '$SYS/+', true],
    ['+', '#', false], ['a', 'a', true], ['a', '+', false],
  ])('%s and %s: %s', (filter, covered, expected) => {
    expect(coversFilter(filter, covered)).toBe(expected)
  })

  it('holds exactly if every topic of the one is a topic of the other', () => {
    const all = topicsUpTo(5)
    fc.assert(fc.property(short, short, (filter, covered) => {
      const expected = all.every(topic => !matchesTopic(covered, topic) || matchesTopic(filter, topic))
      expect(coversFilter(filter, covered)).toBe(expected)
    }), { numRuns: 500 })
  })
})

/** Short filters over few names, among them one that wildcards at the front do not match. */
const short = fc.tuple(fc.array(fc.constantFrom('a', '', '$a', '+'), { maxLength: 3 }), fc.boolean())
  .map(([levels, open]) => (open ? [...levels, '#'] : levels).join('/')).filter(filter => filter !== '')

it('overlapsFilter holds exactly if some topic is matched by both', () => {
  const all = topicsUpTo(5)
  fc.assert(fc.property(short, short, (a, b) => {
    expect(overlapsFilter(a, b)).toBe(all.some(topic => matchesTopic(a, topic) && matchesTopic(b, topic)))
  }), { numRuns: 500 })
})

describe('filterProblem', () => {
  it.each([
    ['a/#', undefined], ['+/a//#', undefined], ['$share/g/a', undefined], ['温度/+', undefined],
    ['', 'empty'], ['a\0b', 'nul'], ['a/#/b', 'hash-not-last'], ['#/', 'hash-not-last'],
    ['a+', 'wildcard-in-level'], ['a/b#', 'wildcard-in-level'], ['##', 'wildcard-in-level'],
    ['ä'.repeat(32_768), 'too-long'], ['ä'.repeat(32_767), undefined],
  ])('%.12s: %s', (filter, kind) => {
    expect(filterProblem(filter)?.kind).toBe(kind)
  })

  it('says which level it is', () => {
    expect(filterProblem('a/b#/c')).toEqual({ kind: 'wildcard-in-level', start: 2, end: 4 })
  })
})

it('of a shared subscription rules see the part after the group', () => {
  expect(withoutShare('$share/g/jobs/#')).toBe('jobs/#')
  expect(withoutShare('$share/g//a')).toBe('/a')
  expect(withoutShare('jobs/$share/x/y')).toBe('jobs/$share/x/y')
})
