import { expect, test } from 'vitest'
import { Inbound, type IncomingPublish } from '../../src/delivery/publisher.ts'
import { Retransmissions } from '../../src/delivery/retransmissions.ts'
import { PublisherStub, Rig } from './rig.ts'

const publisher = new Rig().publisher('c', new PublisherStub())

function packet(packetId: number, payload = String(packetId)): IncomingPublish {
  return { topic: 'a', payload: Buffer.from(payload), qos: 1, retain: false, packetId }
}

function message(packetId: number, payload?: string, from = 'c'): Inbound {
  return new Inbound({ ...packet(packetId, payload), id: `id${packetId}`, from, ts: 0 }, packetId, publisher, 0)
}

test('what a client has published is found by its packet id, in whatever order packet ids come and go', () => {
  const all = new Retransmissions()
  const client = all.enter('c')
  const there = new Set<number>()
  // a sequence that is the same every time: many share a place, and the table grows and is emptied
  let chance = 1
  for (let step = 0; step < 20_000; step++) {
    chance = chance * 48_271 % 2_147_483_647
    const packetId = (chance % 400) * 16 + 1
    if (step % 5_000 > 4_000 || chance % 3 === 0) {
      all.delete(client, packetId)
      there.delete(packetId)
    } else {
      all.add(client, message(packetId))
      there.add(packetId)
    }
    expect(all.find(client, packet(packetId)) !== undefined).toBe(there.has(packetId))
  }
  expect(client.all().map(({ packetId }) => packetId).toSorted((a, b) => a - b)).toEqual([...there].toSorted((a, b) => a - b))
  expect(client.size).toBe(there.size)
})

test('another message of a packet id takes its place, also when it is the only one of many', () => {
  const all = new Retransmissions()
  const client = all.enter('c')
  for (let packetId = 1; packetId <= 500; packetId++) all.add(client, message(packetId))
  for (let packetId = 2; packetId <= 500; packetId++) all.delete(client, packetId)
  all.add(client, message(1, 'other'))
  expect(all.find(client, packet(1))).toBeUndefined()
  expect(all.find(client, packet(1, 'other'))).toBeDefined()
  expect(client.size).toBe(1)
})

test('a client that is gone is remembered as long as something of it is unacknowledged', () => {
  const all = new Retransmissions()
  const before = all.enter('c')
  all.add(before, message(1))
  const takingOver = all.enter('c')
  expect(takingOver).toBe(before)
  all.leave(before)
  all.leave(takingOver)
  expect(all.enter('c')).toBe(before)
  all.delete(before, 1)
  all.leave(before)
  expect(all.enter('c')).not.toBe(before)
})

test('of all clients together 100,000 are remembered, the oldest goes', () => {
  const all = new Retransmissions()
  const [old, young] = [all.enter('old'), all.enter('young')]
  all.add(old, message(1, '1', 'old'))
  for (let i = 0; i < 100_000; i++) all.add(young, message(i, '', 'young'))
  expect(all.find(old, packet(1))).toBeUndefined()
  expect([old.size, young.size]).toEqual([0, 100_000])
})
