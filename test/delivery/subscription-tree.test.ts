import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SubscriptionTree } from '../../src/delivery/subscription-tree.ts'
import { filterProblem, matchesTopic } from '../../src/language/topic-filter.ts'

const level = fc.constantFrom('a', 'b', '', '$x')
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/')).filter((text) => text !== '')
const filter = fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 4 })
  .chain((levels) => fc.constantFrom(levels.join('/'), [...levels.slice(0, -1), '#'].join('/')))
  .filter((text) => filterProblem(text) === undefined)
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const)

test('finds whom the filters match one by one, at the highest QoS, after any additions and removals, however much it remembers', () => {
  fc.assert(fc.property(
    fc.array(fc.record({ subscriber: fc.constantFrom('s', 't', 'u'), filter, qos, removed: fc.boolean() }), { maxLength: 12 }),
    topic,
    fc.constantFrom(0, 2, 1_000),
    (subscriptions, published, remembered) => {
      const tree = new SubscriptionTree<string>(remembered)
      const held = new Map<string, { subscriber: string, filter: string, qos: 0 | 1 | 2 }>()
      for (const each of subscriptions) {
        tree.add(each.filter, each.subscriber, each.qos)
        held.set(`${each.subscriber} ${each.filter}`, each)
        tree.match(published)
        if (!each.removed) continue
        tree.remove(each.filter, each.subscriber)
        held.delete(`${each.subscriber} ${each.filter}`)
      }
      const expected = new Map<string, number>()
      for (const each of held.values()) {
        if (matchesTopic(each.filter, published)) expected.set(each.subscriber, Math.max(expected.get(each.subscriber) ?? 0, each.qos))
      }
      const found = new Map(tree.match(published).map((match) => [match.subscriber, match.qos as number]))
      expect(found).toEqual(expected)
    },
  ), { numRuns: 2000 })
})
