import { expect, test } from 'vitest'
import { compile } from '../../src/compile.ts'
import type { RecentEvent, RecentLook } from '../../src/engine/recent-events.ts'
import { HOOK_NAMES, type HookName } from '../../src/language/hooks.ts'
import { Replaying, type Replay } from '../../src/simulate/replay.ts'
import { rule, rules } from '../support/rules.ts'

test('a changed filter: commands less and more, and which events show it', () => {
  const { rules: changed, same, events } = replay(
    rules(rule('message.publish.1', ['SET last:${topic} ${payload}', 'INCR n'], 'a/#'), rule('message.publish.2', ['INCR all'], '#')),
    rules(rule('message.publish.1', ['SET last:${topic} ${payload}', 'INCR n'], 'b/#'), rule('message.publish.2', ['INCR all'], '#')),
    [publish('a/1', 1), publish('b/1', 2), publish('b/2', 3), publish('c', 4)])
  expect({ events, same }).toEqual({ events: 4, same: 1 })
  expect(changed).toEqual([{
    rule: 'message.publish.1', before: 2, after: 4, less: 2, more: 4,
    examples: [
      { event: expect.objectContaining({ topic: 'a/1' }), less: ['SET last:a/1 "<5 bytes h1>"', 'INCR n'], more: [] },
      { event: expect.objectContaining({ topic: 'b/1' }), less: [], more: ['SET last:b/1 "<5 bytes h2>"', 'INCR n'] },
      { event: expect.objectContaining({ topic: 'b/2' }), less: [], more: ['SET last:b/2 "<5 bytes h3>"', 'INCR n'] },
    ],
  }])
})

test('another expiry, another function and another pool are other commands', () => {
  const [expiry] = replay(rules(rule('message.publish.1', 'on_message_publish', '#')), rules(rule('message.publish.1', 'on_message_publish', '#').replace('3600', '60')), [publish('a', 1)]).rules
  expect(expiry).toMatchObject({ before: 4, after: 4, less: 2, more: 2, examples: [{ less: ['EXPIRE mqtt:msg:m1 3600', 'EXPIRE mqtt:msg:a 3600'], more: ['EXPIRE mqtt:msg:m1 60', 'EXPIRE mqtt:msg:a 60'] }] })

  const [pool] = replay(rules(rule('message.publish.1', ['INCR n'], '#')), rules(rule('message.publish.1', ['INCR n'], '#').replace('pool1', 'pool2'), 'backend.redis.pool2.server = h:2'), [publish('a', 1)]).rules
  expect(pool).toMatchObject({ less: 1, more: 1, examples: [{ less: ['pool1: INCR n'], more: ['pool2: INCR n'] }] })

  const [brings] = replay(
    rules(rule('session.subscribed.1', 'on_message_fetch_for_queue', '#')), rules(rule('session.subscribed.1', 'on_message_fetch_for_pubsub', '#')),
    [{ hook: 'session.subscribed', at: 1, clientid: 'c', topic: 'a/#', qos: 1 }]).rules
  expect(brings).toMatchObject({ less: 1, more: 1, examples: [{ less: ['(brings what is queued)'], more: ['(brings what is new to this client)'] }] })
})

test('a rule that only has another number does the same', () => {
  const { rules: changed, same } = replay(rules(rule('message.publish.1', ['INCR n'], '#')), rules(rule('message.publish.9', ['INCR n'], '#')), [publish('a', 1)])
  expect({ changed, same }).toEqual({ changed: [], same: 1 })
})

test('rules on events that no rule ran on before, of every hook', () => {
  const events: readonly RecentEvent[] = [
    { hook: 'client.connected', at: 1_000, clientid: 'c', username: 'u' },
    { hook: 'session.created', at: 1_000, clientid: 'c', username: 'u' },
    { hook: 'session.subscribed', at: 1_000, clientid: 'c', username: 'u', topic: 'a/#', qos: 2 },
    { hook: 'message.delivered', at: 1_000, clientid: 'c', username: 'u', topic: 'a/b', msgid: 'm', qos: 2 },
    { hook: 'message.acked', at: 1_000, clientid: 'c', username: 'u', topic: 'a/b', msgid: 'm', qos: 2 },
    { hook: 'session.unsubscribed', at: 1_000, clientid: 'c', username: 'u', topic: 'a/#' },
    { hook: 'client.disconnected', at: 1_000, clientid: 'c', username: 'u', reason: 'keepalive' },
  ]
  const parts: Readonly<Partial<Record<HookName, string>>> = {
    'session.subscribed': '${topic} ${qos}', 'session.unsubscribed': '${topic}', 'message.delivered': '${topic} ${msgid}', 'message.acked': '${topic} ${msgid}', 'client.disconnected': '${reason}',
  }
  const all = events.map(({ hook }) => rule(`${hook}.1`, [`RPUSH l \${clientid} \${username} \${node} \${ts} ${parts[hook] ?? 'x'}`]))
  const replayed = replay('node.name = n1\n', rules('node.name = n1', ...all), events)
  expect(replayed.rules.map((it) => [it.rule, it.more, it.examples[0]?.more[0]])).toEqual([
    ['client.connected.1', 1, 'RPUSH l c u n1 1 x'],
    ['client.disconnected.1', 1, 'RPUSH l c u n1 1 keepalive'],
    ['session.created.1', 1, 'RPUSH l c u n1 1 x'],
    ['session.subscribed.1', 1, 'RPUSH l c u n1 1 a/# 2'],
    ['session.unsubscribed.1', 1, 'RPUSH l c u n1 1 a/#'],
    ['message.delivered.1', 1, 'RPUSH l c u n1 1 a/b m'],
    ['message.acked.1', 1, 'RPUSH l c u n1 1 a/b m'],
  ])
})

test('for what a resumed session brings back only the fetch rules run', () => {
  const { rules: changed } = replay('', rules(rule('session.subscribed.1', ['INCR n'], '#'), rule('session.subscribed.2', 'on_message_fetch_for_queue', '#')),
    [{ hook: 'session.subscribed', at: 1, clientid: 'c', topic: 'a', qos: 1, resumed: true }])
  expect(changed.map((it) => it.rule)).toEqual(['session.subscribed.2'])
})

test('three examples, the newest, of different topics as far as there are such', () => {
  const topicsOf = (topics: readonly string[]) => replay('', rules(rule('message.publish.1', ['INCR n'], '#')), topics.map((topic, i) => publish(topic, i)))
    .rules[0]?.examples.map(({ event }) => `${event.topic} ${event.at}`)
  expect(topicsOf(['a', 'a', 'a', 'a', 'a'])).toEqual(['a 2', 'a 3', 'a 4'])
  expect(topicsOf(['a', 'b', 'a', 'a', 'c'])).toEqual(['b 1', 'a 3', 'c 4'])
  expect(topicsOf(['a', 'b', 'c', 'd', 'd'])).toEqual(['b 1', 'c 2', 'd 4'])
})

test('a payload that was kept stands for itself', () => {
  const [changed] = replay('', rules(rule('message.publish.1', ['SET k ${payload}'], '#')), [{ ...publish('a', 1), payload: Buffer.from('hello').toString('base64') }]).rules
  expect(changed?.examples[0]?.more).toEqual(['SET k hello'])
})

test('no payload is none: retained messages are stored and deleted as they were', () => {
  const { rules: changed } = replay('', rules(rule('message.publish.1', 'on_message_retain', '#'), rule('message.publish.2', 'on_retain_delete', '#')),
    [{ ...publish('a', 1), retain: true }, { ...publish('a', 2), retain: true, payloadBytes: 0 }])
  expect(changed.map((it) => [it.rule, it.more, it.examples[0]?.event.at])).toEqual([['message.publish.1', 2, 1], ['message.publish.2', 1, 2]])
})

test('estimates memory: rate x size x time kept, where it grows, and what is there where it does not', () => {
  // one message of 1,000 bytes a second on each of two topics
  const events = Array.from({ length: 400 }, (_, i) => ({ ...publish(`t/${i % 2}`, i * 500), payloadBytes: 1_000 }))
  const { memory: { before, after } } = replay(
    rules(rule('message.publish.1', 'on_message_publish', '#')),
    rules(rule('message.publish.1', 'on_message_publish', '#').replace('3600', '60'), rule('message.publish.2', 'on_message_retain', '#'), rule('message.publish.3', 'on_message_store_keep_latest', '#')),
    events)
  const [stored] = before.rules
  expect(stored).toMatchObject({ rule: 'message.publish.1', eventsPerSecond: expect.closeTo(2, 1), keptSeconds: 3_600, cut: false })
  expect(stored?.bytesPerEvent).toBeGreaterThan(1_400)
  expect(stored?.bytesPerEvent).toBeLessThan(1_900)
  expect(stored?.bytesAfterDay).toBeCloseTo(2 * 3_600 * (stored?.bytesPerEvent ?? 0), -5)
  const [shorter, latest] = after.rules
  expect((stored?.bytesAfterDay ?? 0) / (shorter?.bytesAfterDay ?? 0)).toBeCloseTo(60, -1)
  // two keys, written over and over
  expect(latest).toMatchObject({ rule: 'message.publish.3', bytesPerEvent: 0 })
  expect(latest?.bytesAfterDay).toBeGreaterThan(2 * 1_400)
  expect(latest?.bytesAfterDay).toBeLessThan(2 * 2_000)
})

test('what two pools hold is counted in both', () => {
  const one = rules(rule('message.publish.1', 'on_message_publish', '#'))
  const two = rules(one, rule('message.publish.2', 'on_message_publish', '#').replace('pool1', 'pool2'), 'backend.redis.pool2.server = h:2')
  const { memory: { before, after } } = replay(one, two, Array.from({ length: 100 }, (_, i) => publish('a', i * 1_000)))
  expect(after.rules.map((it) => it.rule)).toEqual(['message.publish.1', 'message.publish.2'])
  expect((after.bytesAfterDay ?? 0) / (before.bytesAfterDay ?? 1)).toBeCloseTo(2, 1)
})

test('what is acknowledged does not add up', () => {
  const queue = rules(rule('message.publish.1', 'on_message_publish', '#').replace(',"expired_time":3600', ''), rule('message.acked.1', 'on_message_acked_for_queue', '#'))
  const events = Array.from({ length: 200 }, (_, i): readonly RecentEvent[] => [publish('q', i * 1_000), { hook: 'message.acked', at: i * 1_000 + 1, clientid: 's', topic: 'q', msgid: `m${i * 1_000}`, qos: 1 }]).flat()
  expect(replay(queue, queue, events).memory.before).toMatchObject({ bytesAfterDay: 0, rules: [] })
  expect(replay(queue, queue, events.filter(({ hook }) => hook === 'message.publish')).memory.before.rules[0]?.bytesAfterDay).toBeGreaterThan(86_400 * 300)
})

test('says where there are not enough events to say', () => {
  const stored = rules(rule('message.publish.1', 'on_message_publish', '#'))
  expect(replay(stored, stored, Array.from({ length: 100 }, (_, i) => publish('a', i * 100))).memory.before.bytesAfterDay).toBeNull()
  expect(replay(stored, stored, Array.from({ length: 10 }, (_, i) => publish('a', i * 10_000))).memory.before).toMatchObject({ bytesAfterDay: null, rules: [{ bytesAfterDay: null }] })
  expect(replay('', '', []).memory.before).toEqual({ bytesAfterDay: null, rules: [] })
})

function publish(topic: string, at: number): RecentEvent {
  return { hook: 'message.publish', at, clientid: 'p', topic, msgid: `m${at}`, qos: 1, retain: false, payloadBytes: 5, payloadHash: `h${at}` }
}

/** The events as a broker has counted them. */
function replay(before: string, after: string, events: readonly RecentEvent[]): Replay {
  const [was, is] = [before, after].map((text) => {
    const { program, diagnostics } = compile([{ name: 'a.conf', text: `backend.redis.pool1.server = h\n${text}` }])
    if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
    return program
  })
  if (was === undefined || is === undefined) throw new Error('two programs are needed')
  const until = events.at(-1)?.at ?? 0
  const counts = Object.fromEntries(HOOK_NAMES.map((hook) => [hook, events.filter((it) => it.hook === hook).length])) as RecentLook['counts'] // fromEntries forgets the names
  const replaying = new Replaying(was, is, { since: events[0]?.at ?? 0, until, counts, events })
  while (replaying.take(7)) { /* in slices */ }
  return replaying.result()
}
