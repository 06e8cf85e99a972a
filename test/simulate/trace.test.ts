import { describe, expect, test } from 'vitest'
import { compile } from '../../src/compile.ts'
import type { HookName } from '../../src/language/hooks.ts'
import { HOOK_NAMES } from '../../src/language/hooks.ts'
import type { Program } from '../../src/plan/program.ts'
import { commandText } from '../../src/simulate/command-lines.ts'
import { sampleEvent, type EventDetails } from '../../src/simulate/sample-event.ts'
import { traceEvent } from '../../src/simulate/trace.ts'

function programOf(...rules: readonly string[]): Program {
  const text = ['backend.redis.pool1.server = 127.0.0.1:6379', ...rules.map((rule) => `backend.redis.hook.${rule}`), ''].join('\n')
  const { program, diagnostics } = compile([{ name: 'test.conf', text }])
  if (program === undefined) throw new Error(JSON.stringify(diagnostics))
  return program
}

function rule(hook: string, action: string, more = ''): string {
  const doing = action.startsWith('on_') ? `"function": "${action}"` : `"commands": ["${action}"]`
  return `${hook} = {${more}"action": {${doing}}, "pool": "pool1", "expired_time": 60}`
}

function trace(program: Program, hook: HookName, details: Partial<EventDetails> = {}) {
  return traceEvent(program, sampleEvent(hook, { node: 'n1', ts: 7, clientid: 'c', msgid: 'm1', topic: 'a/b', ...details }))
}

/** What each rule of the hook would have typed into Redis, or why it does nothing. */
function shown(program: Program, hook: HookName, details: Partial<EventDetails> = {}): readonly (readonly string[] | string)[] {
  return trace(program, hook, details).map((it) => {
    switch (it.result) {
      case 'no-match': return `${it.mismatch.level}: ${it.mismatch.clause}`
      case 'idle': return it.why
      case 'brings': return `brings ${it.brings}`
      case 'works': return it.commands.map(commandText)
      default: return it satisfies never
    }
  })
}

const RECORD = 'id m1 from c qos 1 topic a/b payload hi ts 7 retain false'
const hi = Buffer.from('hi')

describe('each function amounts to', () => {
  test.each([
    ['message.publish.1', 'on_message_publish', { payload: hi }, [`HSET mqtt:msg:m1 ${RECORD}`, 'EXPIRE mqtt:msg:m1 60', 'ZADD mqtt:msg:a/b <score> m1', 'EXPIRE mqtt:msg:a/b 60']],
    ['message.publish.1', 'on_message_publish', { payload: hi, qos: 0 }, 'the message has QoS 0; only those of QoS 1 and 2 are stored'],
    ['message.publish.1', 'on_message_retain', { payload: hi, retain: true }, [`HSET mqtt:retain:a/b ${RECORD.replace('false', 'true')}`, 'EXPIRE mqtt:retain:a/b 60']],
    ['message.publish.1', 'on_message_retain', { payload: hi }, 'the message has no retain flag'],
    ['message.publish.1', 'on_message_retain', { retain: true }, 'the payload is empty, which removes a retained message'],
    ['message.publish.1', 'on_message_store_keep_latest', { payload: hi }, [`HSET mqtt:latest:a/b ${RECORD}`, 'EXPIRE mqtt:latest:a/b 60']],
    ['message.publish.1', 'on_retain_delete', { retain: true }, ['DEL mqtt:retain:a/b']],
    ['message.publish.1', 'on_retain_delete', { retain: true, payload: hi }, 'the payload is not empty'],
    ['message.publish.1', 'on_retain_delete', {}, 'the message has no retain flag'],
    ['message.acked.1', 'on_message_acked_for_queue', {}, ['ZREM mqtt:msg:a/b m1', 'DEL mqtt:msg:m1']],
    ['message.acked.1', 'on_message_acked_for_pubsub', {}, ['SET mqtt:acked:c:a/b m1']],
    ['message.acked.1', 'on_message_acked_for_keep_latest', {}, ['DEL mqtt:latest:a/b']],
    ['client.connected.1', 'on_client_connected', {}, ['HSET mqtt:client:c state 1 online_at 7 offline_at undefined', 'HSET mqtt:node:n1 c 7']],
    ['client.disconnected.1', 'on_client_disconnected', {}, ['HDEL mqtt:node:n1 c', 'HSET mqtt:client:c state 0 offline_at 7']],
    ['client.connected.1', 'on_subscribe_lookup', {}, 'brings subscriptions'],
    ['session.subscribed.1', 'on_message_fetch_for_queue', {}, 'brings queue'],
    ['session.subscribed.1', 'on_message_fetch_for_queue', { qos: 0 }, 'the subscription has QoS 0; what is stored is fetched for QoS 1 and 2'],
    ['session.subscribed.1', 'on_message_fetch_for_pubsub', { qos: 0 }, 'the subscription has QoS 0; what is stored is fetched for QoS 1 and 2'],
    ['session.subscribed.1', 'on_message_fetch_for_keep_latest', { qos: 0 }, 'the subscription has QoS 0; what is stored is fetched for QoS 1 and 2'],
    ['session.subscribed.1', 'on_retain_lookup', { qos: 0 }, 'brings retained'],
    ['session.unsubscribed.1', 'DEL mqtt:acked:${clientid}:${topic}', {}, ['DEL mqtt:acked:c:a/b']],
    ['client.disconnected.1', 'SET gone:${clientid} ${reason} EX 60', { reason: 'keepalive' }, ['SET gone:c keepalive EX 60']],
    ['message.delivered.1', 'HINCRBY got ${topic} 1', {}, ['HINCRBY got a/b 1']],
  ] as const)('%s %s with %j: %j', (name, action, details, expected) => {
    const hook = name.slice(0, -2) as HookName // as the table says
    expect(shown(programOf(rule(name, action)), hook, details)).toEqual([expected])
  })
})

test('what a client puts into its payload stays one argument, quoted where it has to be', () => {
  const program = programOf(rule('message.publish.1', 'RPUSH l ${payload}'))
  expect(shown(program, 'message.publish', { payload: Buffer.from('a "b"\n') })).toEqual([['RPUSH l "a \\"b\\"\\n"']])
  expect(shown(program, 'message.publish')).toEqual([['RPUSH l ""']])
})

test('every rule of the hook is in the trace, in the order in which they run, with the level at which it falls out', () => {
  const program = programOf(
    rule('message.publish.2', 'INCR second', '"topic": "a/c", '), rule('message.publish.1', 'INCR first', '"topic": "a/+", '), rule('message.publish.x', 'INCR all'),
  )
  expect(shown(program, 'message.publish')).toEqual([['INCR first'], '2: "b" is not "c"', ['INCR all']])
  expect(shown(program, 'message.publish', { topic: '$a' })).toEqual(['1: "$a" is not "a"', '1: "$a" is not "a"', ['INCR all']])
})

test('of a shared subscription a rule sees what comes after the group', () => {
  const program = programOf(rule('session.subscribed.1', 'on_message_fetch_for_queue', '"topic": "queue/#", '))
  expect(shown(program, 'session.subscribed', { topic: '$share/g/queue/a' })).toEqual(['brings queue'])
  expect(shown(program, 'session.subscribed', { topic: '$share/g/#' })).toEqual(['1: "#" takes in more than "queue"'])
})

test('the keys of an effect have their type and their time to live', () => {
  const program = programOf(
    rule('message.publish.1', 'on_message_publish'), rule('message.publish.2', 'SETEX last:${topic} 30 x'), rule('message.publish.3', 'GET last:${topic}'),
    rule('message.publish.4', 'EXPIRE last:${topic} 5'), rule('message.publish.5', 'DEL a b'), rule('message.publish.6', 'SET x 1 px 1500'),
  )
  const keys = trace(program, 'message.publish').flatMap((it) => it.result === 'works' ? it.keys : [])
  expect(keys).toEqual([
    { key: 'mqtt:msg:m1', does: 'writes', type: 'hash', expirySeconds: 60 },
    { key: 'mqtt:msg:a/b', does: 'writes', type: 'sorted set', expirySeconds: 60 },
    { key: 'last:a/b', does: 'writes', type: 'string', expirySeconds: 30 },
    { key: 'last:a/b', does: 'reads', type: 'string', expirySeconds: undefined },
    { key: 'last:a/b', does: 'expires', type: undefined, expirySeconds: 5 },
    { key: 'a', does: 'deletes', type: undefined, expirySeconds: undefined },
    { key: 'b', does: 'deletes', type: undefined, expirySeconds: undefined },
    { key: 'x', does: 'writes', type: 'string', expirySeconds: 1.5 },
  ])
})

test('an event of each hook can be made up, and is walked through', () => {
  const program = programOf(...HOOK_NAMES.map((hook) => rule(`${hook}.1`, 'INCR x')))
  for (const hook of HOOK_NAMES) expect(shown(program, hook)).toEqual([['INCR x']])
})
