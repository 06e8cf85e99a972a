import { expect, test } from 'vitest'
import { times } from './long-run.ts'
import { newSeed } from './random.ts'
import { type Rewrite, runReloads } from './reloads.ts'

const ORDER: readonly Rewrite[] = ['valid', 'broken', 'pool changed', 'torn', 'renamed', 'pool added', 'empty', 'pool changed', 'pool removed', 'valid', 'pool refuses', 'renamed', 'pool silent']
const REWRITES = times(ORDER.length)
/** The long form is for a machine of one's own. */
const PER_SECOND = REWRITES > ORDER.length ? 5_000 : 500
/** That of the broker's own work: what a busy machine adds is printed, and no fault of a reload. */
const WORK_MS = 50
const GROWTH_BYTES = 20_000_000
/** Of one rewrite, on a busy machine. Milliseconds. */
const REWRITE_MS = 8_000

test(`${REWRITES} rewrites of the rules file under ${PER_SECOND} messages a second cost no connection, no message and no order, and hold nothing up`, async () => {
  const rewrites = Array.from({ length: REWRITES }, (_, i) => ORDER[i % ORDER.length] ?? 'valid')
  const result = await runReloads({ seed: newSeed('rewrites'), rewrites, perSecond: PER_SECOND })
  const { acknowledged, perSecond, stallMs, workMs, statusStallMs, grownBytes, ...wrong } = result
  process.stdout.write(`${REWRITES} rewrites: ${acknowledged} acknowledged, ${perSecond} a second; longest stall ${stallMs} ms `
    + `(${statusStallMs} ms in all that status saw), of which the broker worked ${workMs} ms at most; heap grew by ${Math.round(grownBytes / 1e6)} MB\n`)
  expect(wrong).toEqual({ outOfTurn: [], redelivered: 0, reconnected: 0, misreported: [] })
  expect(workMs).toBeLessThan(WORK_MS)
  expect(grownBytes).toBeLessThan(GROWTH_BYTES)
}, REWRITES * REWRITE_MS + 60_000)
