import { expect, test } from 'vitest'
import { survive } from './survive.ts'
import { useTarget } from './target.ts'

// A second of the dearest attacks, on whatever machine this is: the bound on healthy clients' gaps is
// generous, those on memory and on the log are not. `npm run test:hostile` is the long form.

const WORST_GAP_MS = 5_000
const WORST_GROWTH_MIB = 150
const MOST_LINES = 100

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
