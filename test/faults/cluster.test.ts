import { expect, test } from 'vitest'
import { breakBuild } from './broken-build.ts'
import { runClusterFaults, type ClusterFault } from './cluster-faults.ts'
import { isLong, type Run, runTrials, times } from './long-run.ts'
import { newSeed } from './random.ts'

const KINDS: readonly ClusterFault[] = ['killed', 'moved', 'planned', 'behind', ...(isLong ? ['frozen'] as const : [])]

/** Milliseconds of one fault, that of a busy machine. */
const FAULT_MS = 30_000

const RUN: Run = {
  trial: (faults, seed) => runClusterFaults({ seed, brokers: 2, faults: Array.from({ length: faults }, (_, i) => KINDS[i % KINDS.length] ?? 'killed'), replicas: 1 }),
  faults: times(1) * KINDS.length,
  atOnce: 20,
}

test('no acknowledged message is lost to failovers of a cluster, and to slots that move, when `wait_replicas` is the number of replicas', async () => {
  for (const { acknowledged, lost, waiting } of await runTrials('cluster', RUN)) {
    expect(acknowledged).toBeGreaterThan(100)
    expect({ lost, waiting }).toEqual({ lost: [], waiting: [] })
  }
}, RUN.faults * FAULT_MS + 60_000)

test('it is noticed when messages are acknowledged before the replica has them', async () => {
  const { dist, remove } = breakBuild({
    file: 'store/replicas.js',
    find: 'return AWAITED.has(kind) && ',
    replace: 'return false && ',
  })
  try {
    const { acknowledged, lost } = await runClusterFaults({ seed: newSeed('acknowledged too early'), dist, brokers: 1, faults: ['behind'], replicas: 1, settleMs: 3_000 })
    process.stdout.write(`acknowledged too early: of ${acknowledged} ${lost.length} lost\n`)
    expect(lost.length).toBeGreaterThan(0)
  } finally {
    remove()
  }
}, 2 * FAULT_MS + 60_000)
