import { expect, test } from 'vitest'
import type { MessageRecord } from '../../src/actions/message-record.ts'
import { HeldBytes, MemoryBudget } from '../../src/delivery/memory-queue.ts'
import { RetainedMemory } from '../../src/delivery/retained-memory.ts'
import { packet, PublisherStub, Rig } from './rig.ts'

/** What is kept in memory is what is counted. */

const READ = Buffer.alloc(65_536, 'x')

function record(topic: string, payload: Buffer): MessageRecord {
  return { id: topic, from: 'c', qos: 1, topic, payload, ts: 0, retain: true }
}

test('a message that is kept keeps nothing of what was read with it', () => {
  const retained = record('a', READ.subarray(100, 110))
  new RetainedMemory().set(retained)
  expect([retained.payload.toString(), retained.payload.buffer.byteLength]).toEqual(['xxxxxxxxxx', 10])
  const held = record('b', READ.subarray(0, 10))
  new HeldBytes(new MemoryBudget(() => 1)).add(held)
  expect(held.payload.buffer.byteLength).toBe(10)
  const whole = record('c', READ)
  new HeldBytes(new MemoryBudget(() => 1)).add(whole)
  expect(whole.payload).toBe(READ)
})

test.each(['#', '+/#', 'a/+', 'a/b', '$x/#'])('retained messages in memory are found by %s', (filter) => {
  const memory = new RetainedMemory()
  for (const topic of ['a', 'a/b', 'a/b/c', 'b', '$x/a']) memory.set(record(topic, READ))
  memory.delete('b')
  const expected = { '#': ['a', 'a/b', 'a/b/c'], '+/#': ['a', 'a/b', 'a/b/c'], 'a/+': ['a/b'], 'a/b': ['a/b'], '$x/#': ['$x/a'] }[filter]
  expect(Array.from(memory.matching(filter), ({ topic }) => topic).sort()).toEqual(expected)
})

test('a connection is not read from while much waits behind its message that Redis has not confirmed', async () => {
  const rig = new Rig()
  const link = new PublisherStub()
  const publisher = rig.publisher('c', link)
  const large = 'x'.repeat(100_000)
  publisher.publish(packet('a', '1', 1, 1))
  for (let i = 0; i < 2; i++) publisher.publish(packet('a', large, 0, 0))
  expect(link.paused).toBe(false)
  publisher.publish(packet('a', large, 0, 0))
  expect(link.paused).toBe(true)
  await rig.settle()
  expect([link.acks, link.paused, publisher.pending]).toEqual([['puback 1'], false, 0])
  // nothing before them: they wait for nobody
  for (let i = 0; i < 10; i++) publisher.publish(packet('a', large, 0, 0))
  expect(link.paused).toBe(false)
})
