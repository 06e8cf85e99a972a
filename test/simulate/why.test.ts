import { describe, expect, test } from 'vitest'
import { ACTIONS } from '../../src/actions/index.ts'
import { OWN_KEYS } from '../../src/actions/own-keys.ts'
import { keys } from '../../src/actions/keys.ts'
import { KEY_TYPES } from '../../src/actions/key-table.ts'
import { compile } from '../../src/compile.ts'
import type { Program } from '../../src/plan/program.ts'
import { keyPatterns, patternText } from '../../src/simulate/key-pattern.ts'
import { whyKey } from '../../src/simulate/why.ts'

function programOf(...rules: readonly string[]): Program {
  const { program, diagnostics } = compile([{ name: 'test.conf', text: ['backend.redis.pool1.server = 127.0.0.1', ...rules.map((rule) => `backend.redis.hook.${rule}`), ''].join('\n') }])
  if (program === undefined) throw new Error(JSON.stringify(diagnostics))
  return program
}

describe('the keys of a function', () => {
  test.each(ACTIONS.map((action) => [action.name, action] as const))('%s are those of its row, with their types', (name, action) => {
    const topic = action.hooks.some((hook) => hook.startsWith('client.') || hook === 'session.created') ? '' : '"topic": "#", '
    const program = programOf(`${action.hooks[0]}.1 = {${topic}"action": {"function": "${name}"}, "expired_time": 60, "pool": "pool1"}`)
    const patterns = Object.values(program.steps).flat().flatMap(keyPatterns)
    expect(patterns.map(({ parts }) => patternText(parts)).sort()).toEqual([...action.keys].sort())
    for (const { parts, type } of patterns) expect(type).toBe(KEY_TYPES.get(patternText(parts)))
  })
})

test('a key that can be taken apart in several ways has all of them', () => {
  const program = programOf('message.acked.1 = {"topic": "#", "action": {"function": "on_message_acked_for_pubsub"}, "pool": "pool1"}')
  expect(whyKey(program, 'mqtt:acked:a:b:c').rules.map(({ values }) => values)).toEqual([[{ clientid: 'a', topic: 'b:c' }, { clientid: 'a:b', topic: 'c' }]])
})

test('the keys of commands are found where Redis has them, those of ${message} counted', () => {
  const program = programOf('message.publish.1 = {"topic": "a/#", "action": {"commands": ["EVAL return 2 k:${clientid} l ${topic}", "HSET rec:${topic} ${message}"]}, "pool": "pool1"}')
  expect(whyKey(program, 'k:c').rules.map(({ pattern }) => pattern.does)).toEqual(['writes'])
  expect(whyKey(program, 'rec:a/1').rules[0]?.values).toEqual([{ topic: 'a/1' }])
  expect(whyKey(program, 'rec:b/1').misses.map(({ why }) => why)).toEqual(['the rule is for a/#, and the topic would be b/1: level 1: "b" is not "a"'])
})

test('every key of our own has a row', () => {
  for (const key of [keys.clock, keys.batch('x'), keys.topics, keys.retainedTopics, keys.latestTopics, keys.renewing, keys.adopting, keys.slotClock('t'), keys.slotRepeats('t'), keys.slotBatch('t', 'x'), keys.slotRenewing('t'), keys.indexSeen(keys.topics)]) {
    expect(OWN_KEYS.filter(({ matches }) => matches(key)), key).toHaveLength(1)
  }
})
