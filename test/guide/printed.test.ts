import { describe, expect, test } from 'vitest'
import { isAsShown, isAsShownInAnyOrder, linesOf } from './printed.ts'

describe('what a page shows is compared with what was printed', () => {
  test.each([
    { printed: ['on', 'dim 40'], shown: ['on', 'dim 40'], same: true },
    { printed: ['on', 'dim 40', 'on'], shown: ['on', 'dim 40'], same: false },
    { printed: ['on'], shown: ['on', 'dim 40'], same: false },
    { printed: ['1) "17"'], shown: ['1) "…"'], same: true },
    { printed: ['1) "17'], shown: ['1) "…"'], same: false },
    { printed: ['a', 'b', 'c'], shown: ['…', 'c'], same: true },
    { printed: ['a', 'b', 'c'], shown: ['…', 'b'], same: false },
    { printed: ['c'], shown: ['…', 'c', '…'], same: true },
    { printed: ['a.c'], shown: ['abc'], same: false },
    { printed: [], shown: [], same: true },
    { printed: ['(nil)'], shown: [], same: false },
  ])('$printed is $shown: $same', ({ printed, shown, same }) => {
    expect(isAsShown(printed, shown)).toBe(same)
  })

  test('in any order where none is promised, each line once', () => {
    const shown = ['1) "mqtt:msg:…"', '2) "mqtt:msg:queue/a"']
    expect(isAsShownInAnyOrder(['1) "mqtt:msg:queue/a"', '2) "mqtt:msg:8DpI"'], shown)).toBe(true)
    expect(isAsShownInAnyOrder(['1) "mqtt:msg:queue/a"'], shown)).toBe(false)
    expect(isAsShownInAnyOrder(['1) "mqtt:msg:queue/a"', '2) "mqtt:msg:8DpI"', '3) "mqtt:clock"'], shown)).toBe(false)
  })

  test('without colours, and without blanks at the ends', () => {
    expect(linesOf('\u001B[31merror\u001B[39m: no  \r\n\r\nmore\r\n\r\n')).toEqual(['error: no', '', 'more'])
  })
})
