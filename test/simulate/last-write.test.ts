import { expect, test } from 'vitest'
import { compile } from '../../src/compile.ts'
import type { RecentEvent } from '../../src/engine/recent-events.ts'
import { HOOK_NAMES, type HookName } from '../../src/language/hooks.ts'
import { LastWriteSearch, type LastWrite } from '../../src/simulate/last-write.ts'
import { rule, rules } from '../support/rules.ts'

const RULES = rules(
  rule('session.subscribed.1', 'on_message_fetch_for_queue', '#'),
  rule('session.subscribed.2', ['SET subscribed:${clientid} ${topic}'], '#'),
  rule('message.publish.1', 'on_message_publish', '#'),
  rule('message.publish.2', ['SET last:${clientid} ${topic}', 'GET other:${clientid}'], 'a/#'),
  rule('message.publish.3', ['EXPIRE last:${clientid} 60'], 'a/expire'),
  rule('message.acked.1', 'on_message_acked_for_queue', '#'),
)

const EVENTS: readonly RecentEvent[] = [
  publish('a/1', 'p1', 1), publish('a/1', 'p2', 2), publish('a/2', 'p1', 3), publish('b', 'p1', 4), publish('a/expire', 'p3', 5),
  { hook: 'message.acked', at: 6, clientid: 's', topic: 'a/1', msgid: 'm2', qos: 1 },
  { hook: 'session.subscribed', at: 7, clientid: 's', topic: 'a/#', qos: 1 },
  { hook: 'session.subscribed', at: 8, clientid: 's', topic: 'a/#', qos: 1, resumed: true },
]

test.each<readonly [key: string, rule: string, does: LastWrite['does'], at: number]>([
  ['last:p1', 'message.publish.2', 'writes', 3],
  ['last:p3', 'message.publish.3', 'expires', 5],
  ['mqtt:msg:m1', 'message.publish.1', 'writes', 1],
  ['mqtt:msg:m2', 'message.acked.1', 'deletes', 6],
  ['mqtt:msg:a/1', 'message.acked.1', 'writes', 6],
  ['mqtt:msg:a/2', 'message.publish.1', 'writes', 3],
  // what a resumed session brings back writes nothing
  ['subscribed:s', 'session.subscribed.2', 'writes', 7],
])('%s was last touched by %s, which %s it', (key, name, does, at) => {
  expect(search(EVENTS, key)).toMatchObject({ rule: name, does, event: { at } })
})

test.each(['other:p1', 'last:p9', 'none'])('%s was not written by any of the events', (key) => {
  expect(search(EVENTS, key)).toBeNull()
})

function publish(topic: string, clientid: string, at: number): RecentEvent {
  return { hook: 'message.publish', at, clientid, topic, msgid: `m${at}`, qos: 1, retain: false, payloadBytes: 1, payloadHash: 'x' }
}

/** Three events at a time. */
function search(events: readonly RecentEvent[], key: string): LastWrite | null {
  const { program } = compile([{ name: 'a.conf', text: `backend.redis.pool1.server = h\n${RULES}` }])
  if (program === undefined) throw new Error('the rules have errors')
  const counts = Object.fromEntries(HOOK_NAMES.map((hook) => [hook, 0])) as Record<HookName, number> // fromEntries forgets the names
  const searching = new LastWriteSearch(program, { since: 0, until: 9, counts, events }, key)
  for (;;) {
    const found = searching.take(3)
    if (found !== undefined) return found
  }
}
