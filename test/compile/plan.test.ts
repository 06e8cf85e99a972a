import { describe, expect, it } from 'vitest'
import { compile } from '../../src/compile.ts'
import type { HookName } from '../../src/language/hooks.ts'
import { diffPrograms, poolEquals } from '../../src/plan/diff.ts'
import { stepsFor } from '../../src/plan/match.ts'
import type { Program } from '../../src/plan/program.ts'

const BASE = 'backend.redis.pool1.server = h\n'

function program(text: string): Program {
  const { program: compiled, diagnostics } = compile([{ name: 'a.conf', text: BASE + text }])
  if (compiled === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return compiled
}

function rule(hook: HookName, number: number, topic?: string): string {
  return `backend.redis.hook.${hook}.${number} = ${JSON.stringify({ topic, action: { commands: ['INCR n'] }, pool: 'pool1' })}\n`
}

describe('stepsFor', () => {
  const rules = program([
    rule('message.publish', 1, 'a/#'), rule('message.publish', 2, '+/b'), rule('message.publish', 3),
    rule('session.subscribed', 1, 'a/#'), rule('session.subscribed', 2, 'a/+'), rule('client.connected', 1),
  ].join(''))
  const numbers = (hook: HookName, topic?: string) => stepsFor(rules, hook, topic).map(({ number }) => number)

  it.each([['a/b', ['1', '2', '3']], ['a', ['1', '3']], ['x', ['3']], ['$a/b', ['3']]])('of a message on %s', (topic, expected) => {
    expect(numbers('message.publish', topic)).toEqual(expected)
  })

  it.each([['a/b', ['1', '2']], ['a/#', ['1']], ['a/+', ['1', '2']], ['$share/g/a/+', ['1', '2']], ['#', []]])('of a subscription to %s', (topic, expected) => {
    expect(numbers('session.subscribed', topic)).toEqual(expected)
  })

  it('are all where the hook has no topic', () => {
    expect(numbers('client.connected')).toEqual(['1'])
    expect(numbers('client.disconnected')).toEqual([])
  })

  it('are the same array for the same topic, and another for another program', () => {
    expect(stepsFor(rules, 'message.publish', 'a')).toBe(stepsFor(rules, 'message.publish', 'a'))
    expect(stepsFor(program(''), 'message.publish', 'a')).toEqual([])
  })

  it('stay right when more topics have come than are remembered', () => {
    for (let i = 0; i < 10_500; i += 1) stepsFor(rules, 'message.publish', `a/${i}`)
    expect(numbers('message.publish', 'a/0')).toEqual(['1', '3'])
  })
})

describe('diffPrograms', () => {
  it('names what came, went and changed', () => {
    const before = program(`backend.redis.pool2.server = h\nbackend.redis.pool3.server = h\n${rule('message.publish', 1, 'a')}${rule('message.publish', 2, 'b')}`)
    const after = program(`backend.redis.pool2.server = i\nbackend.redis.pool4.server = h\n${rule('message.publish', 2, 'c')}${rule('message.acked', 1, 'a')}`)
    expect(diffPrograms(before, after)).toEqual({
      rules: { added: ['message.acked.1'], removed: ['message.publish.1'], changed: ['message.publish.2'] },
      pools: { added: ['pool4'], removed: ['pool3'], changed: ['pool2'] },
      restart: [],
    })
  })

  it('is empty for a rule that only moved in its file', () => {
    const none = { added: [], removed: [], changed: [] }
    expect(diffPrograms(program(rule('message.publish', 1)), program(`\n\n${rule('message.publish', 1)}`))).toEqual({ rules: none, pools: none, restart: [] })
  })

  it('names the settings that need a restart', () => {
    const after = program('node.name = other\nnode.data_dir = there\nlistener.tcp.external = off\nlistener.tcp.second = 0\n')
    expect(diffPrograms(program(''), after).restart).toEqual(['node.name', 'node.data_dir', 'listener.tcp.second', 'listener.tcp.external'])
  })

  it('names a listener whose certificate is another file, not one whose lines moved', () => {
    const listener = (cert: string) => `listener.ssl.a = 8883\nlistener.ssl.a.certfile = ${cert}\nlistener.ssl.a.keyfile = k.pem\n`
    expect(diffPrograms(program(listener('c.pem')), program(listener('d.pem'))).restart).toEqual(['listener.ssl.a'])
    expect(diffPrograms(program(listener('c.pem')), program(`\n\n${listener('c.pem')}`)).restart).toEqual([])
  })
})

it('a pool equals itself on another line, and not with another password', () => {
  const pool = (text: string) => {
    const spec = program(text).pools.get('pool2')
    if (spec === undefined) throw new Error('no pool2')
    return spec
  }
  const first = pool('backend.redis.pool2.server = h\n')
  expect(poolEquals(first, pool('\nbackend.redis.pool2.server = h:6379\n'))).toBe(true)
  expect(poolEquals(first, pool('backend.redis.pool2.server = h\nbackend.redis.pool2.password = x\n'))).toBe(false)
})
