import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { slotOf } from '../../../src/store/cluster/slot.ts'
import { slotTag } from '../../../src/store/cluster/slot-tag.ts'

it.each([
  // cluster-spec, "Key distribution model" and "Hash tags"
  ['123456789', 12_739],
  ['foo', 12_182],
  ['', 0],
  ['{user1000}.following', slotOf('user1000')],
  ['{user1000}.followers', slotOf('user1000')],
  ['foo{}{bar}', 8_363],
  ['foo{{bar}}zap', slotOf('{bar')],
  ['foo{bar}{zap}', slotOf('bar')],
  ['}{', slotOf(Buffer.from('}{'))],
])('the key %j lies in slot %d', (key, slot) => {
  expect(slotOf(key)).toBe(slot)
})

it('every slot has a short text of its own that lies in it, the same on every broker of every version', () => {
  const tags = Array.from({ length: 16_384 }, (_, slot) => slotTag(slot))
  expect(tags.map(slotOf)).toEqual(tags.map((_, slot) => slot))
  expect(Math.max(...tags.map(({ length }) => length))).toBeLessThanOrEqual(4)
  expect(tags.every((tag) => /^[0-9a-z]+$/.test(tag))).toBe(true)
  expect(createHash('sha256').update(tags.join(' ')).digest('hex').slice(0, 16)).toBe('49750e8f9c9353d9')
})
