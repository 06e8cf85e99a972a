import { expect, test } from 'vitest'
import { compile, type Compiled } from '../../src/compile.ts'
import type { RecentEvent, RecentLook } from '../../src/engine/recent-events.ts'
import { HOOK_NAMES } from '../../src/language/hooks.ts'
import { planReport, type PlanReport } from '../../src/simulate/plan-report.ts'
import { rule, rules } from '../support/rules.ts'

const OLD = rules(rule('message.publish.1', ['INCR n'], 'a/#'), 'zone.x = 1')

test('thousands of events are replayed a hundred at a time, so that messages go on', async () => {
  let pauses = 0
  const { replay } = await plan(OLD, OLD.replace('a/#', '#'), 5_000, async () => { pauses += 1 })
  expect(replay).toMatchObject({ events: 5_000, rules: [{ rule: 'message.publish.1', more: 5_000 }] })
  expect(pauses).toBe(49)
})

test('where nothing would change nothing is replayed', async () => {
  expect(await plan(OLD, `# moved\n${OLD}`, 100)).toMatchObject({ result: 'unchanged', replay: null, knownFindings: 1, diagnostics: [] })
})

test('findings are those that the old files have not, wherever their lines stand', async () => {
  expect(await plan(OLD, `# moved\n${OLD}zone.y = 1\n`, 0)).toMatchObject({ knownFindings: 1, diagnostics: [{ check: 'foreign-setting', span: { start: { line: 5 } } }] })
})

test('files with errors are rejected, with their findings', async () => {
  expect(await plan(OLD, `${OLD}node.nam = 1\n`, 100)).toMatchObject({ result: 'rejected', newHash: null, changes: null, replay: null, diagnostics: [{ check: 'unknown-setting' }] })
})

async function plan(before: string, after: string, count: number, pause = async () => {}): Promise<PlanReport> {
  const old = compiled(before)
  if (old.program === undefined) throw new Error('the old rules have errors')
  const events = Array.from({ length: count }, (_, at): RecentEvent => ({ hook: 'message.publish', at, clientid: 'c', topic: 'b', msgid: `m${at}`, qos: 1, retain: false, payloadBytes: 0 }))
  const counts = Object.fromEntries(HOOK_NAMES.map((hook) => [hook, 0])) as RecentLook['counts'] // fromEntries forgets the names
  return await planReport({
    generation: 1, before: { program: old.program, diagnostics: old.diagnostics }, after: compiled(after), look: { since: 0, until: count, counts, events }, pause,
  })
}

function compiled(text: string): Compiled {
  return compile([{ name: 'a.conf', text: `backend.redis.pool1.server = h\n${text}` }])
}
