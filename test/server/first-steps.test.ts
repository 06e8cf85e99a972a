import { expect, test } from 'vitest'
import { compile } from '../../src/compile.ts'
import { firstSteps } from '../../src/server/first-steps.ts'
import { rule } from '../support/rules.ts'

const POOLS = 'backend.redis.pool1.server = 127.0.0.1\nbackend.redis.pool2.server = 127.0.0.1\n'
const inPool2 = (line: string): string => line.replace('"pool1"', '"pool2"')

test.each([
  ['no rule', [], 'queue/a'],
  ['a rule without topic', [rule('client.connected.1', 'on_client_connected')], 'queue/a'],
  ['what is stored and fetched', [rule('message.publish.1', 'on_message_publish', 'a/#'), rule('message.publish.2', 'on_message_publish', 'b/+/c'), rule('session.subscribed.1', 'on_message_fetch_for_pubsub', 'b/#')], 'b/a/c in pool1'],
  ['what is stored for a narrower fetch', [rule('message.publish.1', 'on_message_publish', '#'), rule('session.subscribed.1', 'on_message_fetch_for_queue', 'queue/#')], 'queue/a in pool1'],
  ['what is fetched from another pool', [rule('message.publish.1', 'on_message_publish', 'a/#'), inPool2(rule('session.subscribed.1', 'on_message_fetch_for_queue', 'a/#')), inPool2(rule('message.publish.2', 'on_message_publish', 'a/b'))], 'a/b in pool2'],
  ['the last message', [rule('message.publish.1', 'on_message_store_keep_latest', 'a'), rule('session.subscribed.1', 'on_message_fetch_for_keep_latest', 'a')], 'a in pool1'],
  ['retained messages', [rule('message.publish.1', 'on_message_retain', 'v/#'), rule('session.subscribed.1', 'on_retain_lookup', 'v/#')], 'v/a in pool1, retained'],
  ['what nobody fetches', [rule('message.publish.1', 'on_message_publish', 'a/#'), rule('session.subscribed.1', 'on_message_fetch_for_queue', 'b/#')], 'a/a in pool1'],
  ['commands', [rule('message.publish.1', ['INCR n'], 'valves/#')], 'valves/a in pool1'],
  ['a topic that a shell takes for something else', [rule('message.publish.1', ['INCR n'], 'a b/$x'), rule('message.publish.2', ['INCR n'], 'c')], 'c in pool1'],
])('with %s, the message to try is one that shows it', (_, lines, expected) => {
  const { program } = compile([{ name: 'rules.conf', text: `${POOLS}${lines.join('\n')}\n` }])
  if (program === undefined) throw new Error('the rules have errors')
  const { topic, pool, retain } = firstSteps(program)
  expect(`${topic}${pool === undefined ? '' : ` in ${pool}`}${retain ? ', retained' : ''}`).toBe(expected)
})
