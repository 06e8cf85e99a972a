import { expect, test } from 'vitest'
import { compile } from '../../src/compile.ts'
import { isUnchanged, programChanges, type ProgramChanges } from '../../src/plan/program-changes.ts'
import { rule, rules } from '../support/rules.ts'

const POOLS = 'backend.redis.pool1.server = h:1\nbackend.redis.pool1.password = hunter2\n'

test('equal programs have no changes, wherever their lines stand', () => {
  const lines = [rule('message.publish.1', 'on_message_publish', 'a/#'), rule('message.publish.2', 'on_message_retain', 'a/#')]
  expect(isUnchanged(changes(rules(...lines), `# moved\n${rules(...lines.toReversed())}`))).toBe(true)
})

test('says of a rule what of it is different, and which topics that means', () => {
  expect(changed(rule('message.publish.1', 'on_message_publish', 'a/#'), rule('message.publish.1', 'on_message_publish', 'a/+'))).toEqual(['topic: a/# → a/+ (no longer a/a/b)'])
  expect(changed(rule('message.publish.1', 'on_message_publish', 'a/b'), rule('message.publish.1', 'on_message_publish', 'a/+'))).toEqual(['topic: a/b → a/+ (now a/a)'])
  expect(changed(rule('message.publish.1', 'on_message_publish', 'a/#'), rule('message.publish.1', 'on_message_publish', 'b/#'))).toEqual(['topic: a/# → b/# (no longer a/a, now b/a)'])
  expect(changed(rule('message.publish.1', 'on_message_publish', 'a'), rule('message.publish.1', 'on_message_retain', 'a'))).toEqual(['action: on_message_publish → on_message_retain'])
  expect(changed(rule('message.publish.1', 'on_message_publish', 'a'), rule('message.publish.1', 'on_message_publish', 'a').replace('3600', '60'))).toEqual(['kept: 3600 s → 60 s'])
  expect(changed(rule('message.publish.1', 'on_message_publish', 'a'), rule('message.publish.1', 'on_message_publish', 'a').replace('"expired_time":3600,', ''))).toEqual(['kept: 3600 s → for ever'])
  expect(changed(rule('message.publish.1', 'on_message_publish', 'a'), `${rule('message.publish.1', 'on_message_publish', 'a').replace('pool1', 'pool2')}\nbackend.redis.pool2.server = h:2`))
    .toEqual(['pool: pool1 → pool2; what is in pool1 stays there'])
})

test('says of commands which are different', () => {
  const before = rule('message.publish.1', ['SET a:${topic} "x y"', 'INCR n'], '#')
  expect(changed(before, rule('message.publish.1', ['SET a:${topic} ${msgid}', 'INCR n', 'INCR m'], '#')))
    .toEqual(['command 1: SET a:${topic} \\"x y\\" → SET a:${topic} ${msgid}', 'command 3 added: INCR m'])
  expect(changed(before, rule('message.publish.1', ['SET a:${topic} "x y"'], '#'))).toEqual(['command 2 removed: INCR n'])
  expect(changed(before, rule('message.publish.1', 'on_message_retain', '#'))).toEqual(['action: SET a:${topic} \\"x y\\", INCR n → on_message_retain', 'kept: for ever → 3600 s'])
})

test('a rule that only has another number is neither removed nor added', () => {
  const { rules: all } = changes(
    rules(rule('message.publish.1', 'on_message_publish', 'a/#'), rule('message.publish.2', 'on_message_retain', 'a/#'), rule('message.publish.3', 'on_message_publish', 'c/#')),
    rules(rule('message.publish.1', 'on_message_publish', 'a/#'), rule('message.publish.7', 'on_message_retain', 'a/#'), rule('message.publish.8', 'on_message_publish', 'd/#')))
  expect(all).toEqual([
    { rule: 'message.publish.7', change: 'renumbered', was: 'message.publish.2', words: [] },
    { rule: 'message.publish.3', change: 'removed', was: 'message.publish.3', words: ['on_message_publish for c/# in pool1, kept 3600 s'] },
    { rule: 'message.publish.8', change: 'added', was: null, words: ['on_message_publish for d/# in pool1, kept 3600 s'] },
  ])
})

test('says of pools what is different, what becomes of their connections, and never a password', () => {
  const one = rule('message.publish.1', 'on_message_publish', '#')
  const two = rule('message.publish.2', 'on_message_publish', '#').replace('pool1', 'pool2')
  const pool2 = 'backend.redis.pool2.server = h:2\nbackend.redis.pool2.database = 3'
  expect(changes(rules(one), rules(one, pool2, two)).pools).toEqual([{ pool: 'pool2', change: 'added', words: ['h:2, database 3'], connections: 'opened' }])
  expect(changes(rules(one), rules(one, pool2)).pools).toMatchObject([{ pool: 'pool2', change: 'added', connections: 'none' }])
  expect(changes(rules(one, pool2), rules(one, pool2, two)).pools).toEqual([{ pool: 'pool2', change: 'same', words: [], connections: 'opened' }])
  expect(changes(rules(one, pool2, two), rules(one, pool2)).pools).toEqual([{ pool: 'pool2', change: 'same', words: [], connections: 'closed' }])
  expect(changes(rules(one, pool2, two), rules(one)).pools).toMatchObject([{ pool: 'pool2', change: 'removed', connections: 'closed' }])
  const pools = changes(rules(one), rules('backend.redis.pool1.password = hunter3', 'backend.redis.pool1.server = [::1]:7', 'backend.redis.pool1.ssl = on', one)).pools
  expect(pools).toEqual([{ pool: 'pool1', change: 'changed', words: ['server: h:1 → [::1]:7', 'ssl: off → on', 'password: another'], connections: 'reconnected' }])
})

test('says of settings what is different, and which wait for a restart', () => {
  const { settings } = changes('', rules('node.name = n2', 'mqtt.max_inflight = 64', 'mqtt.idle_timeout = 1m', 'events.keep_payload = on', 'listener.tcp.external = 0.0.0.0:1883', 'listener.tcp.external.max_connections = 5', 'listener.ws.external = off'))
  expect(settings).toEqual([
    { name: 'node.name', words: 'hookline@127.0.0.1 → n2', restart: true },
    { name: 'mqtt.max_inflight', words: '32 → 64', restart: false },
    { name: 'mqtt.idle_timeout', words: '15 s → 60 s', restart: false },
    { name: 'events.keep_payload', words: 'off → on', restart: false },
    { name: 'listener.tcp.external', words: '127.0.0.1:1883 → 0.0.0.0:1883, max_connections 100000 → 5', restart: true },
    { name: 'listener.ws.external', words: '127.0.0.1:8083/mqtt → off', restart: true },
  ])
})

function changes(before: string, after: string): ProgramChanges {
  const [was, is] = [before, after].map((text) => {
    const { program, diagnostics } = compile([{ name: 'a.conf', text: POOLS + text }])
    if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
    return program
  })
  if (was === undefined || is === undefined) throw new Error('two programs are needed')
  return programChanges(was, is)
}

/** What is said of the one rule that is different. */
function changed(before: string, after: string): readonly string[] {
  const [change, ...more] = changes(rules(before), rules(after)).rules
  expect(more).toEqual([])
  expect(change).toMatchObject({ rule: 'message.publish.1', change: 'changed' })
  return change?.words ?? []
}
