import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compile } from '../../src/compile.ts'
import { coversFilter, matchesTopic, withoutShare } from '../../src/language/topic-filter.ts'
import { stepsFor } from '../../src/plan/match.ts'
import type { Program } from '../../src/plan/program.ts'

const level = fc.constantFrom('a', 'b', '', '$a', '+')
const filters = fc.tuple(fc.array(level, { maxLength: 3 }), fc.boolean())
  .map(([levels, open]) => [...levels, ...open ? ['#'] : []].join('/')).filter((filter) => filter !== '')
const topics = fc.array(fc.constantFrom('a', 'b', 'c', '', '$a'), { minLength: 1, maxLength: 4 })
  .map((levels) => levels.join('/')).filter((topic) => topic !== '')

function programOf(rules: readonly (string | undefined)[]): Program {
  const lines = rules.flatMap((topic, i) => ['message.publish', 'session.subscribed'].map((hook) =>
    `backend.redis.hook.${hook}.${i + 1} = ${JSON.stringify({ topic, action: { commands: [`INCR n${i}`] }, pool: 'pool1' })}`))
  const { program } = compile([{ name: 'rules.conf', text: ['backend.redis.pool1.server = h', ...lines].join('\n') }])
  if (program === undefined) throw new Error('rules without an error')
  return program
}

test('the rules that match are those whose filters do, one by one, in their order', () => {
  let some = 0
  fc.assert(fc.property(fc.array(fc.option(filters, { nil: undefined, freq: 8 }), { maxLength: 12 }), topics, filters, fc.boolean(), (rules, topic, filter, isShared) => {
    const program = programOf(rules)
    const published = stepsFor(program, 'message.publish', topic)
    expect(published).toEqual(program.steps['message.publish'].filter((step) => step.filter === undefined || matchesTopic(step.filter, topic)))
    const asked = isShared ? `$share/group/${filter}` : filter
    expect(stepsFor(program, 'session.subscribed', asked))
      .toEqual(program.steps['session.subscribed'].filter((step) => step.filter === undefined || coversFilter(step.filter, withoutShare(asked))))
    if (published.length > 0 && published.length < rules.length) some++
  }), { numRuns: 1_000 })
  expect(some).toBeGreaterThan(100)
})
