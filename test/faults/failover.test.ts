import { expect, test } from 'vitest'
import { breakBuild } from './broken-build.ts'
import { runFailovers, type Failover } from './failovers.ts'
import { type Run, runTrials, times } from './long-run.ts'
import { newSeed } from './random.ts'

const KINDS: readonly Failover[] = ['killed', 'frozen', 'planned', 'behind']

/** Milliseconds of one failover, that of a busy machine. */
const FAILOVER_MS = 30_000

const RUN: Run = {
  trial: (faults, seed) => runFailovers({ seed, failovers: Array.from({ length: faults }, (_, i) => KINDS[i % KINDS.length] ?? 'killed'), replicas: 2 }),
  faults: times(1) * KINDS.length,
  atOnce: 20,
}

test('no acknowledged message is lost to a failover when `wait_replicas` is the number of replicas', async () => {
  for (const { acknowledged, lost, waiting, storedAgain } of await runTrials('failover', RUN)) {
    expect(acknowledged).toBeGreaterThan(100)
    expect({ lost, waiting, storedAgain }).toEqual({ lost: [], waiting: [], storedAgain: [] })
  }
}, RUN.faults * FAILOVER_MS + 60_000)

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
