import { describe, expect, it } from 'vitest'
import { compile } from '../../src/compile.ts'
import { applyEdits } from '../../src/diagnostic/apply-fixes.ts'

/** Commands of one rule, the check that offers to mend the first that it finds, and what they are then; nothing: it offers nothing. */
const COMMANDS: readonly (readonly [check: string, before: readonly string[], after: readonly string[] | undefined])[] = [
  ['wrong-arity', ['PUBLISH news hello world'], ['PUBLISH news "hello world"']],
  ['wrong-arity', ['SETEX k:${clientid} 60 it is "${payload} now"'], ['SETEX k:${clientid} 60 "it is ${payload} now"']],
  ['wrong-arity', ['HSETNX k f say "a b"'], ['HSETNX k f "say a b"']],
  ['wrong-arity', ['INCR count 5'], ['INCRBY count 5']],
  ['wrong-arity', ['DECR count 5'], ['DECRBY count 5']],
  ['wrong-arity', ['INCR count ${topic}'], undefined],
  ['wrong-arity', ['INCR count 5 6'], undefined],
  ['wrong-arity', ['GET a b'], undefined],
  ['wrong-arity', ['HSET seen:${clientid} topic'], ['HSET seen:${clientid} topic ${topic}']],
  ['wrong-arity', ['XADD s * payload'], ['XADD s * payload ${payload}']],
  ['wrong-arity', ['HSET seen:${clientid} reason'], undefined],
  ['wrong-arity', ['HSET topic'], undefined],
  ['wrong-arity', ['SET k'], undefined],
  ['wrong-arity', ['GETSET last ${message}'], undefined],

  ['template-in-script', ['EVAL "return redis.call(\'SET\', \'${topic}\', 1)" 0'], ['EVAL "return redis.call(\'SET\', KEYS[1], 1)" 1 ${topic}']],
  ['template-in-script', ['EVAL "return redis.call(\'SET\', \'last:${topic}\', \'${payload}\')" 0'], ['EVAL "return redis.call(\'SET\', KEYS[1], ARGV[1])" 1 last:${topic} ${payload}']],
  ['template-in-script', ['EVAL "redis.call(\'DEL\', KEYS[1], \'x\') return redis.call(\'SET\', \'${topic}\', ARGV[1], \'${msgid} of ${topic}\')" 1 a b'],
    ['EVAL "redis.call(\'DEL\', KEYS[1], \'x\') return redis.call(\'SET\', KEYS[2], ARGV[1], ARGV[2])" 2 a ${topic} b "${msgid} of ${topic}"']],
  ['template-in-script', ['EVAL "if KEYS[1] == \'${topic}\' then return \'${topic}\' end" 1 a'], ['EVAL "if KEYS[1] == ARGV[1] then return ARGV[1] end" 1 a ${topic}']],
  ['template-in-script', ['EVAL "return ${payload}" 0'], undefined],
  ['template-in-script', ['EVAL "return tonumber\'${payload}\'" 0'], undefined],
  ['template-in-script', ['EVAL "return [[${payload}]]" 0'], undefined],
  ['template-in-script', ['EVAL "return \'a\\\\n${payload}\'" 0'], undefined],
  ['template-in-script', ['EVAL "return 1 -- \'${payload}\'" 0'], undefined],
  ['template-in-script', ['EVAL "return \'${payload}\'" ${qos}'], undefined],
  ['template-in-script', ['EVAL "return \'${payload}\'" 3 a'], undefined],
  ['template-in-script', ['SCRIPT LOAD "return \'${payload}\'"'], undefined],

  ['ambiguous-join', ['SET seen:${clientid}:${topic} ${ts}'], ['HSET seen:${clientid} ${topic} ${ts}']],
  ['ambiguous-join', ['INCR n:{${clientid}}:${topic}', 'DECR n:{${clientid}}:${topic}', 'INCRBY n:{${clientid}}:${topic} 5'], ['HINCRBY n:{${clientid}} ${topic} 1', 'HINCRBY n:{${clientid}} ${topic} -1', 'HINCRBY n:{${clientid}} ${topic} 5']],
  ['ambiguous-join', ['SET seen:${clientid}:${topic} 1 EX 60'], undefined],
  ['ambiguous-join', ['SET seen:${clientid}:${topic} 1', 'EXPIRE seen:${clientid}:${topic} 60'], undefined],
  ['ambiguous-join', ['SET seen:${clientid}:${topic} 1', 'SADD seen:${clientid} a'], undefined],
  ['ambiguous-join', ['SET seen:${clientid}:${topic}:x 1'], undefined],
  ['ambiguous-join', ['SET seen:${clientid}:${qos}:${topic} 1'], undefined],
  ['ambiguous-join', ['RPUSH seen:${clientid}:${topic} 1'], undefined],
]

const POOL = 'backend.redis.pool1.server = 127.0.0.1:6379\n'

function ruleOf(commands: readonly string[]): string {
  return `${POOL}backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": [${commands.map(command => JSON.stringify(command)).join(', ')}]}, "pool": "pool1"}\n`
}

/** With the first fix that a check offers made; nothing if the first that it finds has none. */
function mended(check: string, text: string): string | undefined {
  const first = compile([{ name: 'rules.conf', text }]).diagnostics.find(it => it.check === check)
  if (first === undefined) throw new Error(`${check} finds nothing`)
  return first.fix === undefined ? undefined : applyEdits(text, first.fix.edits)
}

describe('what is offered for commands', () => {
  it.each(COMMANDS)('%s: %j becomes %j', (check, before, after) => {
    const made = mended(check, ruleOf(before))
    expect(made).toBe(after === undefined ? undefined : ruleOf(after))
    if (made !== undefined) expect(compile([{ name: 'rules.conf', text: made }]).diagnostics.filter(it => it.check === check)).toEqual([])
  })
})

describe('what is offered for an action that is both', () => {
  const head = 'backend.redis.hook.message.publish.'

  it('is a rule of its own for the commands, with the next free number', () => {
    const other = `${head}7 = {"topic": "b", "action": {"function": "on_message_publish"}, "expired_time": 60, "pool": "pool1"}\n`
    const both = `${head}1 = {"topic": "a/#", "action": {"commands": ["INCR a", "INCR b"], "function": "on_message_publish"}, "expired_time": 60, "pool": "pool1"}\n`
    expect(mended('action-shape', POOL + both + other)).toBe(`${POOL}${head}1 = {"topic": "a/#", "action": {"function": "on_message_publish"}, "expired_time": 60, "pool": "pool1"}
${head}8 = {"topic": "a/#", "action": {"commands": ["INCR a", "INCR b"]}, "pool": "pool1"}
${other}`)
  })

  it('is the function alone where there is no command', () => {
    const both = `${head}1 = {"topic": "a/#", "action": {"function": "on_message_publish", "commands": []}, "expired_time": 60, "pool": "pool1"}\n`
    expect(mended('action-shape', POOL + both)).toBe(POOL + both.replace(', "commands": []', ''))
  })
})
