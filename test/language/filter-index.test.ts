import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createFilterIndex } from '../../src/language/filter-index.ts'
import { overlapsFilter } from '../../src/language/topic-filter.ts'

const level = fc.constantFrom('a', 'b', '+', '', '$x', 'c')
const filter = fc.tuple(fc.array(level, { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, open]) => [...levels, ...open ? ['#'] : []].join('/'))
  .filter(text => text !== '')
const some = fc.option(fc.oneof(filter, fc.constant('#')), { nil: undefined })

it('finds what comparing with every filter finds, in its order', () => {
  fc.assert(fc.property(fc.array(some, { maxLength: 20 }), some, (filters, asked) => {
    const index = createFilterIndex<number>()
    filters.forEach((it, i) => index.add(it, i))
    const meets = (it: string | undefined): boolean => it === undefined || asked === undefined || overlapsFilter(it, asked)
    expect(index.overlapping(asked)).toEqual(filters.flatMap((it, i) => meets(it) ? [i] : []))
  }), { numRuns: 3_000 })
})
