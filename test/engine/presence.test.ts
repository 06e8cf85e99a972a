import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { compile } from '../../src/compile.ts'
import type { Submission } from '../../src/delivery/ports.ts'
import { newCounters } from '../../src/engine/counters.ts'
import { Events } from '../../src/engine/events.ts'
import { Outcomes } from '../../src/engine/outcomes.ts'
import { Presence, type Visit } from '../../src/engine/presence.ts'
import { RecentEvents } from '../../src/engine/recent-events.ts'
import type { Rules } from '../../src/engine/rules.ts'
import { fakePool } from '../server/fake-pool.ts'
import { silentLog } from '../server/silent-log.ts'

test('session.created comes before client.disconnected of a client that waited for its last going, without a rule on client.connected', () => {
  const { presence, submitted } = presenceOf('session.created', 'client.disconnected')
  const [first, second] = [visit('a'), visit('a')]
  presence.connected(first, { created: true })
  presence.disconnected(first, 'takeover')
  presence.connected(second, { created: true })
  presence.disconnected(second, 'normal')
  for (let i = 0; i < submitted.length; i++) submitted[i]?.done([{ ok: true }])
  expect(submitted.map(hookOf)).toEqual(['session.created', 'client.disconnected', 'session.created', 'client.disconnected'])
})

test('nothing keeps the long name of a client that is gone', () => {
  const { presence, submitted } = presenceOf('client.connected')
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < 1_000; i++) {
    const client = visit(Buffer.from(`${i} ${'a'.repeat(60_000)}`).toString())
    presence.connected(client, { created: false })
    presence.disconnected(client, 'normal')
    for (const { done } of submitted.splice(0)) done([{ ok: true, online: { fence: i } }])
  }
  collect()
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000)
})

/** That send the hook's name, and that of `client.connected` which knows a fence. */
const ACTIONS = {
  'client.connected': '{"function": "on_client_connected"}',
  'session.created': '{"commands": ["SET session.created 1"]}',
  'client.disconnected': '{"commands": ["SET client.disconnected 1"]}',
}

/** On a pool that answers when it is told to, with a rule on each of these hooks. */
function presenceOf(...hooks: readonly (keyof typeof ACTIONS)[]): { readonly presence: Presence, readonly submitted: Submission[] } {
  const submitted: Submission[] = []
  const text = `backend.redis.pool1.server = 127.0.0.1:1
${hooks.map((hook) => `backend.redis.hook.${hook}.1 = {"action": ${ACTIONS[hook]}, "pool": "pool1"}\n`).join('')}`
  const { program } = compile([{ name: 'test.conf', text }])
  const spec = program?.pools.get('pool1')
  if (program === undefined || spec === undefined) throw new Error('the rules of the test have mistakes')
  const pool = { ...fakePool(spec), submit(submission: Submission) { submitted.push(submission) } }
  const rules: Rules = { program, pools: new Map([['pool1', pool]]) }
  const counters = newCounters()
  const events = new Events(new Outcomes(silentLog), counters, new RecentEvents(program.settings, () => 0))
  return { presence: new Presence({ rules: () => rules, events, counters, now: () => 0 }), submitted }
}

function visit(clientid: string): Visit {
  return { clientid, username: undefined, order: {}, fences: undefined }
}

function collect(): void {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void // V8's own
  gc()
}

function hookOf({ effects: [effect] }: Submission): string {
  return effect?.kind === 'command' ? String(effect.args[0]) : ''
}
