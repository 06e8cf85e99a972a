import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { MqttClient } from '../support/mqtt-client.ts'
import { survive } from './survive.ts'
import { useTarget } from './target.ts'

// A second of the dearest attacks, on whatever machine this is: the bound on healthy clients' gaps is
// generous, those on memory and on the log are not. `npm run test:hostile` is the long form.

const WORST_GAP_MS = 5_000
const WORST_GROWTH_MIB = 150
const MOST_LINES = 100
/** Of a client that is away and has one subscription; what is remembered of the last events is in it too. */
const MOST_KEPT_KIB = 9

const target = useTarget()

test.each([
  { name: 'never-reading', over: 'tcp' },
  { name: 'begun-packets', over: 'ws' },
  { name: 'many-subscriptions', over: 'tcp' },
  { name: 'garbage', over: 'ws' },
] as const)('the broker and its healthy clients live through a second of $name over $over', async (attack) => {
  const { gaps, peakMiB, liveMiB, logLines, connections } = await survive(target(), { ...attack, seconds: 1 })
  expect(connections).toBeGreaterThan(0)
  expect(gaps.worstOwn).toBeLessThan(WORST_GAP_MS)
  expect(Math.max(peakMiB, liveMiB)).toBeLessThan(WORST_GROWTH_MIB)
  expect(logLines).toBeLessThan(MOST_LINES)
}, 60_000)

test('a session whose client is away takes a few kilobytes, and keeps nothing of its connection', async () => {
  const sessions = 1_000
  const { broker } = target()
  const before = await target().collected()
  for (let i = 0; i < sessions; i++) {
    const client = await MqttClient.connect(broker.port, `away-${i}`, { clean: false })
    await client.subscribe(`queue/away/${i}`, 1)
    await client.disconnect()
  }
  let kibibytes = Infinity
  await eventually(() => `sessions of ${MOST_KEPT_KIB} KiB, they take ${kibibytes}`, async () => {
    const after = await target().collected()
    kibibytes = (after.liveMiB - before.liveMiB) * 1024 / sessions
    return kibibytes < MOST_KEPT_KIB
  })
}, 60_000)
