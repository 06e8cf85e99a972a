import { beforeEach, describe, expect, test } from 'vitest'
import { survive, type Survived } from './survive.ts'
import { useTarget } from './target.ts'

// Clients that misbehave, one attack after another on one broker with the default rules, and beside
// each a healthy publisher and its subscriber: `npm run test:hostile`. `HOSTILE_SECONDS=20` and
// `HOSTILE_CONNECTIONS=50000` make the long form, which prints the table of docs/limits.md.

const SECONDS = Number(process.env['HOSTILE_SECONDS'] ?? 3)
const CONNECTIONS = Number(process.env['HOSTILE_CONNECTIONS'] ?? 1_000)

const WORST_GAP_MS = 1_000
const WORST_GROWTH_MIB = 150
/** Of one attack, whatever it causes. */
const MOST_LINES = 1_000

const OVER_TCP = [
  'nothing', 'never-reading', 'never-acknowledging', 'flooding', 'big-messages', 'begun-packets', 'kept-among-others', 'behind-another', 'tiny-pieces',
  'retained', 'half-open', 'one-id-storm', 'too-long', 'garbage', 'deep-topics', 'many-subscriptions', 'odd-ids', 'wrong-packets',
]
const OVER_WEB_SOCKET = ['never-reading', 'flooding', 'begun-packets', 'tiny-pieces', 'half-open', 'too-long', 'garbage']

const target = useTarget()
// what one attack has stored is not the next one's burden
beforeEach(async () => { await target().redis.client.flushall('ASYNC') })

describe('beside clients that misbehave healthy ones wait less than a second of the broker\'s time, and its memory stays bounded:', () => {
  test.each([
    ...OVER_TCP.map((name) => ({ name, over: 'tcp' as const })),
    ...OVER_WEB_SOCKET.map((name) => ({ name, over: 'ws' as const })),
  ])('$name over $over', async (attack) => {
    hold(`${attack.name}${attack.over === 'ws' ? ', WebSocket' : ''}`, await survive(target(), { ...attack, seconds: SECONDS }))
  }, SECONDS * 3_000 + 120_000)

  test('a long row of connections that send garbage', async () => {
    hold(`${CONNECTIONS} connections`, await survive(target(), { name: 'garbage', over: 'tcp', seconds: 0, connections: CONNECTIONS }))
  }, 120_000 + CONNECTIONS * 40)
})

function hold(name: string, survived: Survived): void {
  const { gaps, peakMiB, liveMiB, stallMs, logLines, connections, packets } = survived
  process.stdout.write(`| ${name} | ${connections} | ${packets} | ${gaps.worst} | ${gaps.worstOwn} | ${stallMs} | ${peakMiB} | ${liveMiB} | ${logLines} |\n`)
  expect(gaps.worstOwn).toBeLessThan(WORST_GAP_MS)
  expect(peakMiB).toBeLessThan(WORST_GROWTH_MIB)
  expect(logLines).toBeLessThan(MOST_LINES)
}
