import { expect, test } from 'vitest'
import type { Outcome } from '../../src/actions/effect.ts'
import { compile } from '../../src/compile.ts'
import { Outcomes } from '../../src/engine/outcomes.ts'
import type { Program, Step } from '../../src/plan/program.ts'

const POOLS = 'backend.redis.pool1.server = a\nbackend.redis.pool2.server = b\n'
const FUNCTION = '{"function": "on_message_publish"}'
const DONE: Outcome = { ok: true }
const FAILED: Outcome = { ok: false, failure: 'lasting', message: 'WRONGTYPE' }

test('the commands of one rule count as one', () => {
  const { outcomes, lines } = counting()
  const program = programOf(`${rule('1', '{"commands": ["SET a 1", "SET b 2"]}')}${rule('2', '{"commands": ["SET c 3"]}')}`)
  const [first, second] = stepsOf(program)
  outcomes.matched([first, second])
  outcomes.report([first, first, second], [DONE, DONE, DONE])
  expect(outcomes.countsOf(first)).toMatchObject({ matched: 1, done: 1, failed: 0 })
  expect(outcomes.countsOf(second)).toMatchObject({ matched: 1, done: 1, failed: 0 })
  outcomes.report([first, first, second], [FAILED, DONE, DONE])
  expect(outcomes.countsOf(first)).toMatchObject({ done: 1, failed: 1, lastError: 'WRONGTYPE' })
  expect(outcomes.countsOf(second)).toMatchObject({ done: 2, failed: 0, lastError: undefined })
  outcomes.report([first, first], [FAILED, FAILED])
  expect(outcomes.countsOf(first)).toMatchObject({ failed: 2 })
  expect(lines).toHaveLength(1)
})

test('a rule keeps its counts, and what was logged of it, over a reload that moves it or changes its topic', () => {
  const { outcomes, lines } = counting()
  const [before] = stepsOf(programOf(rule('1', FUNCTION)))
  outcomes.matched([before])
  outcomes.report([before], [FAILED])
  for (const text of [`# moved\n\n${rule('1', FUNCTION)}`, rule('1', FUNCTION, 'other/#')]) {
    const after = programOf(text)
    outcomes.keep(after)
    const [step] = stepsOf(after)
    outcomes.report([step], [FAILED])
    expect(outcomes.countsOf(step)).toMatchObject({ matched: 1 })
  }
  expect(outcomes.countsOf(before)).toMatchObject({ matched: 1, failed: 3 })
  expect(lines).toHaveLength(1)
})

test.each([
  ['another function', rule('1', '{"function": "on_message_retain"}')],
  ['another number', rule('2', FUNCTION)],
  ['another pool', rule('1', FUNCTION, '#', 'pool2')],
])('a rule with %s is another one: it begins at nothing', (_, text) => {
  const { outcomes } = counting()
  const [before] = stepsOf(programOf(rule('1', FUNCTION)))
  outcomes.matched([before])
  const after = programOf(text)
  outcomes.keep(after)
  expect(outcomes.countsOf(stepsOf(after)[0])).toEqual({ matched: 0, done: 0, failed: 0, lastError: undefined })
})

test('a rule that a reload has taken away is forgotten', () => {
  const { outcomes } = counting()
  outcomes.matched(stepsOf(programOf(rule('1', FUNCTION))))
  outcomes.keep(programOf(rule('2', FUNCTION)))
  const back = programOf(rule('1', FUNCTION))
  outcomes.keep(back)
  expect(outcomes.countsOf(stepsOf(back)[0])).toMatchObject({ matched: 0 })
})

function rule(number: string, action: string, topic = '#', pool = 'pool1'): string {
  return `backend.redis.hook.message.publish.${number} = {"topic": "${topic}", "action": ${action}, "pool": "${pool}"}\n`
}

function programOf(text: string): Program {
  const { program, diagnostics } = compile([{ name: 'rules.conf', text: POOLS + text }])
  if (program === undefined) throw new Error(JSON.stringify(diagnostics))
  return program
}

/** The first two are often named. */
function stepsOf(program: Program): readonly [Step, Step] {
  const [first, second = first] = program.steps['message.publish']
  if (first === undefined || second === undefined) throw new Error('a rule is missing')
  return [first, second]
}

function counting(): { readonly outcomes: Outcomes, readonly lines: readonly object[] } {
  const lines: object[] = []
  const line = (fields: object) => { lines.push(fields) }
  return { outcomes: new Outcomes({ info: line, warn: line, error: line }), lines }
}
