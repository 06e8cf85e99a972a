import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TopicTree } from '../../src/delivery/topic-tree.ts'
import { filterProblem, matchesTopic } from '../../src/language/topic-filter.ts'

const level = fc.constantFrom('a', 'b', '', '$x')
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'))
const filter = fc.array(fc.oneof(level, fc.constantFrom('+', '#')), { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'))

test('it finds the topics that a filter matches, and no other, after any additions and deletions', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.boolean(), topic), { maxLength: 30 }), filter, (changes, asked) => {
    fc.pre(filterProblem(asked) === undefined)
    const tree = new TopicTree()
    const topics = new Set<string>()
    for (const [isAdded, name] of changes) {
      if (isAdded) tree.add(name)
      else tree.delete(name)
      if (isAdded) topics.add(name)
      else topics.delete(name)
    }
    expect(tree.matching(asked).sort()).toEqual([...topics].filter((name) => matchesTopic(asked, name)).sort())
  }), { numRuns: 2_000 })
})
