import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FunctionName } from '../../src/actions/action.ts'
import { actionOf } from '../../src/actions/index.ts'
import { compile } from '../../src/compile.ts'
import type { Diagnostic } from '../../src/diagnostic/diagnostic.ts'
import type { HookName } from '../../src/language/hooks.ts'
import { stepsFor } from '../../src/plan/match.ts'
import type { Program } from '../../src/plan/program.ts'

const POOLS = 'backend.redis.pool1.server = a\nbackend.redis.pool2.server = b\n'
/** A fixed seed: the tests also count how often there was something to compare. */
const RUNS = { numRuns: 600, seed: 20_261_125 }

const filters = fc.tuple(fc.array(fc.constantFrom('a', 'b', '+'), { maxLength: 2 }), fc.boolean())
  .map(([levels, open]) => (open ? [...levels, '#'] : levels).join('/')).filter(filter => filter !== '')
/** All that such filters can tell apart, for the name of the topic. */
const TOPICS = ['a', 'b', 'c'].flatMap(one => [one, ...['a', 'b', 'c'].flatMap(two => [`${one}/${two}`, `${one}/${two}/a`])])

const KINDS = [
  { store: 'on_message_publish', fetch: 'on_message_fetch_for_queue', acks: ['on_message_acked_for_queue'] },
  { store: 'on_message_publish', fetch: 'on_message_fetch_for_pubsub', acks: ['on_message_acked_for_pubsub', 'on_message_acked_for_queue'] },
  { store: 'on_message_store_keep_latest', fetch: 'on_message_fetch_for_keep_latest', acks: ['on_message_acked_for_keep_latest'] },
] as const

const rule = fc.record({
  name: fc.constantFrom(...KINDS.flatMap(({ store, fetch, acks: [ack] }): FunctionName[] => [store, fetch, ack])),
  topic: fc.option(filters, { nil: undefined, freq: 8 }),
  pool: fc.constantFrom('pool1', 'pool1', 'pool1', 'pool2'),
})

type RuleParts = typeof rule extends fc.Arbitrary<infer T> ? T : never

function lineOf({ name, topic, pool }: RuleParts, number: number): string {
  const object = { topic, action: { function: name }, pool, ...actionOf(name).expires ? { expired_time: 60 } : {} }
  return `backend.redis.hook.${actionOf(name).hooks.join()}.${number} = ${JSON.stringify(object)}`
}

const files = fc.array(rule, { maxLength: 8 }).map(rules => POOLS + rules.map(lineOf).join('\n'))

function compiled(text: string): { readonly program: Program, readonly diagnostics: readonly Diagnostic[] } {
  const { program, diagnostics } = compile([{ name: 'a.conf', text }])
  if (program === undefined) throw new Error('the rules do not compile')
  return { program, diagnostics }
}

/** The pools in which a rule with one of these functions runs for the topic. */
function poolsOf(program: Program, hook: HookName, { names, topic }: { readonly names: readonly FunctionName[], readonly topic: string }): readonly string[] {
  return stepsFor(program, hook, topic).flatMap(({ action, pool }) => action.kind === 'function' && names.includes(action.name) ? pool : [])
}

/** A subscriber is brought messages of the topic that no acknowledgement ends, as the running broker sees it. */
function isNotAcked(program: Program, topic: string): boolean {
  return KINDS.some(({ store, fetch, acks }) => poolsOf(program, 'session.subscribed', { names: [fetch], topic }).some(pool =>
    poolsOf(program, 'message.publish', { names: [store], topic }).includes(pool)
    && !poolsOf(program, 'message.acked', { names: acks, topic }).includes(pool)))
}

const OF_ACKS = ['fetch-without-ack', 'ack-covers-less', 'fetch-ack-kind-mismatch', 'pool-split-flow']

describe('of any rules that compile', () => {
  it('nothing is found about acknowledgements only if the broker acknowledges all that it fetches', () => {
    let quiet = 0
    fc.assert(fc.property(files, (text) => {
      const { program, diagnostics } = compiled(text)
      if (diagnostics.some(({ check }) => OF_ACKS.includes(check))) return
      if (program.steps['session.subscribed'].length > 0) quiet += 1
      expect(TOPICS.filter(topic => isNotAcked(program, topic))).toEqual([])
    }), RUNS)
    expect(quiet).toBeGreaterThan(5)
  })

  it('a topic that is named as not acknowledged is one', () => {
    let named = 0
    fc.assert(fc.property(files, (text) => {
      const { program, diagnostics } = compiled(text)
      const isStored = diagnostics.every(({ check }) => check !== 'fetch-without-store' && check !== 'pool-split-flow')
      for (const { check, message } of diagnostics) {
        if (check !== 'ack-covers-less' || !isStored) continue
        named += 1
        const topic = /^`(?<topic>.+?)`/.exec(message)?.groups?.['topic'] ?? ''
        expect([topic, isNotAcked(program, topic)]).toEqual([topic, true])
      }
    }), RUNS)
    expect(named).toBeGreaterThan(5)
  })

  it('a fetch has one finding about its acknowledgement, and one about its store', () => {
    fc.assert(fc.property(files, (text) => {
      const { diagnostics } = compiled(text)
      const places = (...checks: string[]) => diagnostics.filter(({ check }) => checks.includes(check)).map(({ span }) => span.start.line)
      for (const line of places('fetch-without-ack')) expect(placesRelated(diagnostics, 'fetch-ack-kind-mismatch')).not.toContain(line)
      for (const line of places('fetch-without-store')) expect(places('pool-split-flow')).not.toContain(line)
      for (const line of places('ack-without-fetch')) expect(places('fetch-ack-kind-mismatch', 'ack-covers-less')).not.toContain(line)
    }), RUNS)
  })

  it('adding the lines that the hints show leaves no flow without its parts', () => {
    let added = 0
    fc.assert(fc.property(files, (text) => {
      const { diagnostics } = compiled(text)
      const MISSING = ['fetch-without-ack', 'fetch-without-store']
      const lines = diagnostics.flatMap(({ check, hint }) => MISSING.includes(check) ? /`(?<line>backend.+)`/.exec(hint ?? '')?.groups?.['line'] ?? [] : [])
      if (lines.length === 0) return
      added += 1
      const after = compiled([text, ...lines].join('\n')).diagnostics.map(({ check }) => check)
      expect(after.filter(check => [...MISSING, 'duplicate-rule-number'].includes(check))).toEqual([])
    }), RUNS)
    expect(added).toBeGreaterThan(50)
  })
})

function placesRelated(diagnostics: readonly Diagnostic[], name: string): readonly number[] {
  return diagnostics.filter(({ check }) => check === name).flatMap(({ related = [] }) => related.map(({ span }) => span.start.line))
}
