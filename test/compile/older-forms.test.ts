import { describe, expect, it } from 'vitest'
import { compile } from '../../src/compile.ts'
import { ACTIONS } from '../../src/actions/index.ts'

const POOL = 'backend.redis.pool1.server = h\n'

function compiled(text: string) {
  return compile([{ name: 'a.conf', text }])
}

describe('a rule before EMQ X 2.0', () => {
  it.each([
    ['on_message_fetch', 'session.subscribed', 'on_message_fetch_for_queue'], ['on_message_acked', 'message.acked', 'on_message_acked_for_queue'],
    ...ACTIONS.map(({ name, hooks }) => [name, hooks[0] ?? '', name] as const),
  ] as const)('with %s is one of %s with %s', (action, hook, name) => {
    const { program } = compiled(`${POOL}backend.redis.rule.3 = {"action": "${action}", "filter": "a/#", "pool": "pool1"}\n`)
    const steps = Object.entries(program?.steps ?? {}).flatMap(([of, all]) => all.map(step => [of, step.number, step.filter, step.action]))
    expect(steps).toEqual([[hook, '3', hook.startsWith('client.') ? undefined : 'a/#', { kind: 'function', name }]])
  })

  it('is the same program as the line that its warning shows', () => {
    const old = compiled(`${POOL}backend.redis.rule.1 = {"pool": "pool1", "filter": "a", "expired_time": 60, "action": "on_message_publish"}\n`)
    const [, line = ''] = /`(.*)`/.exec(old.diagnostics.find(({ check }) => check === 'old-form')?.hint ?? '') ?? []
    const again = compiled(POOL + line)
    expect(again.diagnostics).toEqual([])
    expect(again.program?.hash).toBe(old.program?.hash)
  })
})

describe('a sentinel without its pool', () => {
  const sentinels = (text: string) => {
    const { program, diagnostics } = compiled(text)
    return {
      pools: Object.fromEntries([...program?.pools.values() ?? []].map(({ name, type, sentinel }) => [name, sentinel ?? type])),
      checks: diagnostics.map(({ check, severity }) => `${check} ${severity}`),
    }
  }
  const two = 'backend.redis.a.server = h\nbackend.redis.b.server = h, i\n'

  it.each(['backend.redis.sentinel', 'auth.redis.sentinel'])('written %s is for the pool with several addresses', (key) => {
    expect(sentinels(`${two}${key} = m\n`)).toEqual({ pools: { a: 'single', b: 'm' }, checks: ['old-form warning'] })
  })

  it('is for the pools of its type, else for the only pool, and never for one that has its own', () => {
    expect(sentinels('backend.redis.a.server = h\nbackend.redis.a.type = sentinel\nbackend.redis.b.server = h\nbackend.redis.sentinel = m\n').pools).toEqual({ a: 'm', b: 'single' })
    expect(sentinels('backend.redis.a.server = h\nbackend.redis.sentinel = m\n').pools).toEqual({ a: 'm' })
    expect(sentinels('backend.redis.a.server = h\nbackend.redis.a.sentinel = n\nbackend.redis.sentinel = m\n').pools).toEqual({ a: 'n' })
    expect(sentinels('backend.redis.a.server = h\nbackend.redis.a.type = single\nbackend.redis.sentinel = m\n')).toEqual({ pools: { a: 'single' }, checks: ['old-form warning'] })
  })

  it("is a setting of EMQ X's plugin where that has others", () => {
    expect(sentinels('backend.redis.a.server = h\nauth.redis.server = h\nauth.redis.sentinel = m\n')).toEqual({
      pools: { a: 'single' }, checks: ['foreign-setting warning', 'foreign-setting warning'],
    })
  })
})
