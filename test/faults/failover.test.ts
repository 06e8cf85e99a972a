import { expect, test } from 'vitest'
import { breakBuild } from './broken-build.ts'
import { runFailovers, type Failover } from './failovers.ts'
import { newSeed } from './random.ts'

/** Of each kind; the long form is `FAILOVERS=20 npx vitest run test/faults/failover`. */
const ROUNDS = Number(process.env['FAILOVERS'] ?? 1)
/** Milliseconds of one failover, that of a busy machine. */
const FAILOVER_MS = 30_000

const KINDS: readonly Failover[] = ['killed', 'frozen', 'planned', 'behind']

test('no acknowledged message is lost to a failover when `wait_replicas` is the number of replicas', async () => {
  const failovers = Array.from({ length: ROUNDS }, () => KINDS).flat()
  const { acknowledged, redelivered, repeated, outOfOrder, lost, waiting } = await runFailovers({ seed: newSeed('failover'), failovers, replicas: 2 })
  process.stdout.write(
    `${failovers.length} failovers: ${acknowledged} acknowledged, ${redelivered} sent again with DUP, ${repeated.length} without, ${outOfOrder.length} out of order\n`)
  expect(acknowledged).toBeGreaterThan(300)
  expect({ lost, waiting }).toEqual({ lost: [], waiting: [] })
}, KINDS.length * ROUNDS * FAILOVER_MS + 60_000)

test('it is noticed when messages are acknowledged before the replicas have them', async () => {
  const { dist, remove } = breakBuild({
    file: 'store/replicas.js',
    find: 'return AWAITED.has(kind) && ',
    replace: 'return false && ',
  })
  try {
    const { acknowledged, lost } = await runFailovers({ seed: newSeed('acknowledged too early'), dist, failovers: ['behind'], replicas: 2, settleMs: 3_000 })
    process.stdout.write(`acknowledged too early: of ${acknowledged} ${lost.length} lost\n`)
    expect(lost.length).toBeGreaterThan(0)
  } finally {
    remove()
  }
}, 2 * FAILOVER_MS + 60_000)
