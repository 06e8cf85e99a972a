import { expect, test } from 'vitest'
import { RecentEvents, type RecentSettings } from '../../src/engine/recent-events.ts'

const FIVE: RecentSettings = { eventsKeep: 5, eventsKeepPayload: false }

test('the last events are there, oldest first, with all that their hook has', () => {
  const recent = new RecentEvents(FIVE, () => 70)
  recent.happened({ hook: 'client.connected', clientid: 'gone', username: undefined })
  recent.happened({ hook: 'client.disconnected', clientid: 'c', username: 'u', reason: 'keepalive' })
  recent.happened({ hook: 'session.subscribed', clientid: 'c', username: 'u', topic: 'a/#', qos: 1, resumed: true })
  recent.happened({ hook: 'session.unsubscribed', clientid: 'c', username: 'u', topic: 'a/#' })
  publish(recent, 'a/1', 'hello')
  recent.happened({ hook: 'message.acked', clientid: 'c', username: 'u', topic: 'a/1', msgid: 'M', qos: 1 })
  const { events, counts, since, until } = recent.look()
  expect(events).toEqual([
    { hook: 'client.disconnected', at: 70, clientid: 'c', username: 'u', reason: 'keepalive' },
    { hook: 'session.subscribed', at: 70, clientid: 'c', username: 'u', topic: 'a/#', qos: 1, resumed: true },
    { hook: 'session.unsubscribed', at: 70, clientid: 'c', username: 'u', topic: 'a/#' },
    { hook: 'message.publish', at: 60, clientid: 'p', topic: 'a/1', msgid: 'M', qos: 1, retain: false, payloadBytes: 5, payloadHash: expect.stringMatching(/^[0-9a-f]{12}$/) },
    { hook: 'message.acked', at: 70, clientid: 'c', username: 'u', topic: 'a/1', msgid: 'M', qos: 1 },
  ])
  expect({ since, until, connected: counts['client.connected'], published: counts['message.publish'] }).toEqual({ since: 70, until: 70, connected: 1, published: 1 })
})

test('payloads are known by a hash that is equal for equal ones and different in another broker', () => {
  const [here, there] = [new RecentEvents(FIVE, () => 0), new RecentEvents(FIVE, () => 0)]
  for (const payload of ['on', 'off', 'on']) publish(here, 'a', payload)
  publish(there, 'a', 'on')
  const [on, off, again] = hashes(here)
  expect(again).toBe(on)
  expect(off).not.toBe(on)
  expect(hashes(there)).not.toContain(on)
  expect(JSON.stringify(here.look())).not.toContain(Buffer.from('on').toString('base64'))
})

test('of 500 messages in 200 milliseconds payloads are hashed, and of a mebibyte', () => {
  let now = 0
  const recent = new RecentEvents({ eventsKeep: 5_000, eventsKeepPayload: false }, () => now)
  const publishAll = (count: number, bytes: number): number => {
    const before = hashes(recent).filter((hash) => hash !== undefined).length
    for (let i = 0; i < count; i++) recent.published(record('a', Buffer.alloc(bytes)), undefined, now)
    return hashes(recent).filter((hash) => hash !== undefined).length - before
  }
  expect(publishAll(600, 1)).toBe(500)
  now = 199
  expect(publishAll(1, 1)).toBe(0)
  now = 200
  expect(publishAll(10, 400 * 1024)).toBe(2)
  expect(publishAll(1, 100)).toBe(1)
  now = 400
  expect(publishAll(600, 1)).toBe(500)
  now = 0
  expect(publishAll(600, 1)).toBe(500)
})

test('of a payload nothing is held but its hash', () => {
  const recent = new RecentEvents(FIVE, () => 0)
  publish(recent, 'a', 'x')
  recent.change({ ...FIVE, eventsKeepPayload: true })
  expect(payloads(recent)).toEqual([undefined])
  publish(recent, 'a', 'y')
  expect(payloads(recent)).toEqual([undefined, 'y'])
  for (let i = 0; i < 7; i++) publish(recent, 'a', String(i))
  expect(payloads(recent)).toEqual(['2', '3', '4', '5', '6'])
})

test('events.keep_payload keeps payloads, as far as a bound on bytes reaches', () => {
  const recent = new RecentEvents({ eventsKeep: 100, eventsKeepPayload: true }, () => 0)
  publish(recent, 'a', 'hello')
  expect(payloads(recent)).toEqual(['hello'])
  for (let i = 0; i < 40; i++) publish(recent, 'a', 'x'.repeat(1024 * 1024))
  const kept = payloads(recent)
  expect(kept).toHaveLength(41)
  expect(kept.filter((payload) => payload !== undefined)).toHaveLength(16)
  expect(kept.slice(-16)).not.toContain(undefined)
  recent.change({ eventsKeep: 100, eventsKeepPayload: false })
  expect(payloads(recent).filter((payload) => payload !== undefined)).toEqual([])
})

test('a payload that lies in a large buffer counts as that', () => {
  const recent = new RecentEvents({ eventsKeep: 100, eventsKeepPayload: true }, () => 0)
  for (let i = 0; i < 40; i++) recent.published(record('a', Buffer.alloc(1024 * 1024).subarray(0, 1)), undefined, 0)
  expect(payloads(recent).filter((payload) => payload !== undefined)).toHaveLength(16)
  const chunk = Buffer.alloc(1024 * 1024)
  for (let i = 0; i < 40; i++) recent.published(record('a', chunk.subarray(i, i + 1)), undefined, 0)
  expect(payloads(recent).filter((payload) => payload !== undefined).length).toBeGreaterThan(40)
})

test('long topics and client ids push older events out before their time', () => {
  const recent = new RecentEvents({ eventsKeep: 5_000, eventsKeepPayload: false }, () => 0)
  for (let i = 0; i < 1_000; i++) recent.happened({ hook: 'session.subscribed', clientid: 'c'.repeat(60_000), username: undefined, topic: 't'.repeat(60_000), qos: 0 })
  expect(recent.look().events.length).toBe(Math.floor(4 * 1024 * 1024 / 120_000))
  expect(recent.look().counts['session.subscribed']).toBe(1_000)
})

test('a reload changes how many are kept: of what there is the newest', () => {
  const recent = new RecentEvents(FIVE, () => 0)
  for (let i = 0; i < 8; i++) publish(recent, String(i), '')
  recent.change({ ...FIVE, eventsKeep: 3 })
  expect(topics(recent)).toEqual(['5', '6', '7'])
  recent.change({ ...FIVE, eventsKeep: 4 })
  for (const topic of ['8', '9']) publish(recent, topic, 'x')
  expect(topics(recent)).toEqual(['6', '7', '8', '9'])
  expect(hashes(recent)).not.toContain(undefined)
})

test('with events.keep = 0 there is nothing, and counting begins when it is turned on', () => {
  let now = 10
  const recent = new RecentEvents({ ...FIVE, eventsKeep: 0 }, () => now)
  publish(recent, 'a', 'x')
  expect(recent.look()).toMatchObject({ events: [], counts: { 'message.publish': 0 } })
  now = 50
  recent.change(FIVE)
  publish(recent, 'b', 'x')
  expect(topics(recent)).toEqual(['b'])
  expect(recent.look()).toMatchObject({ since: 50, counts: { 'message.publish': 1 } })
  recent.change({ ...FIVE, eventsKeep: 0 })
  expect(topics(recent)).toEqual([])
})

function record(topic: string, payload: Buffer): Parameters<RecentEvents['published']>[0] {
  return { id: 'M', from: 'p', qos: 1, topic, payload, ts: 0, retain: false }
}

function publish(recent: RecentEvents, topic: string, payload: string): void {
  recent.published(record(topic, Buffer.from(Uint8Array.from(Buffer.from(payload)).buffer)), undefined, 60)
}

function topics(recent: RecentEvents): readonly (string | undefined)[] {
  return recent.look().events.map(({ topic }) => topic)
}

function hashes(recent: RecentEvents): readonly (string | undefined)[] {
  return recent.look().events.map(({ payloadHash }) => payloadHash)
}

function payloads(recent: RecentEvents): readonly (string | undefined)[] {
  return recent.look().events.map(({ payload }) => payload === undefined ? undefined : Buffer.from(payload, 'base64').toString())
}
