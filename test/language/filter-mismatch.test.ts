import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { coverMismatch, topicMismatch } from '../../src/language/filter-mismatch.ts'
import { coversFilter, matchesTopic } from '../../src/language/topic-filter.ts'

const level = fc.constantFrom('a', 'b', '', '$a', '+')
const topic = fc.array(fc.constantFrom('a', 'b', '', '$a'), { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'))
const filter = fc.tuple(fc.array(level, { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, open]) => (open ? [...levels.slice(0, -1), '#'] : levels).join('/'))

describe('a reason is given exactly where there is one', () => {
  test('for a topic', () => {
    fc.assert(fc.property(filter, topic, (filter, topic) => {
      expect(topicMismatch(filter, topic) === undefined).toBe(matchesTopic(filter, topic))
    }), { numRuns: 5000 })
  })

  test('for a subscription', () => {
    fc.assert(fc.property(filter, filter, (filter, covered) => {
      expect(coverMismatch(filter, covered) === undefined).toBe(coversFilter(filter, covered))
    }), { numRuns: 5000 })
  })

  test('and its level is one at which they differ: up to it they are alike', () => {
    fc.assert(fc.property(filter, topic, (filter, topic) => {
      const mismatch = topicMismatch(filter, topic)
      if (mismatch === undefined || mismatch.level === 0) return
      const before = (text: string) => text.split('/').slice(0, mismatch.level - 1).join('/')
      if (mismatch.level > 1) expect(matchesTopic(before(filter), before(topic))).toBe(true)
    }), { numRuns: 5000 })
  })
})

test.each([
  ['sensors/hum/+', 'sensors/temp/1', 2, '"temp" is not "hum"'],
  ['sensors/+', 'sensors/temp/1', 3, 'the topic goes on with "1", and the filter has ended'],
  ['sensors/+/a', 'sensors/temp', 3, 'the topic has no such level, and the filter has "a"'],
  ['#', '$SYS/uptime', 0, 'it begins with $, which no # at the front of a filter matches'],
  ['a/b', 'a/', 2, '"" is not "b"'],
])('%s does not match %s', (filter, topic, level, clause) => {
  expect(topicMismatch(filter, topic)).toEqual({ level, clause })
})

test.each([
  ['queue/a', 'queue/+', 2, '"+" takes in more than "a"'],
  ['queue/+', 'queue/#', 2, '"#" takes in more than "+"'],
  ['queue/#', '#', 1, '"#" takes in more than "queue"'],
  ['queue/#', 'pubsub/a', 1, '"pubsub" is not "queue"'],
])('%s does not cover %s', (filter, covered, level, clause) => {
  expect(coverMismatch(filter, covered)).toEqual({ level, clause })
})
