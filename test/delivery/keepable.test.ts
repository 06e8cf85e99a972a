import { expect, test } from 'vitest'
import { keepable } from '../../src/actions/message-record.ts'

const RECORD = { id: '0'.repeat(20), from: 'c', qos: 1, topic: 'a', ts: 1, retain: false } as const

test('a message that is kept keeps nothing of what was read with it', () => {
  const chunk = Buffer.alloc(65_536, 'x')
  const kept = keepable({ ...RECORD, payload: chunk.subarray(1_000, 1_100) })
  expect(kept).toEqual({ ...RECORD, payload: Buffer.alloc(100, 'x') })
  expect(kept.payload.buffer.byteLength).toBe(100)
})

test('a payload that is most of what was read, or was copied already, is not copied', () => {
  const whole = { ...RECORD, payload: Buffer.alloc(5_000).subarray(10) }
  expect(keepable(whole)).toBe(whole)
  const kept = keepable({ ...RECORD, payload: Buffer.alloc(65_536).subarray(0, 9) })
  expect(keepable(kept)).toBe(kept)
})
