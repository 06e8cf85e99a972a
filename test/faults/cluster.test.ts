import { expect, test } from 'vitest'
import { breakBuild } from './broken-build.ts'
import { runClusterFaults, type ClusterFault } from './cluster-faults.ts'
import { newSeed } from './random.ts'

/** Of each kind; the long form is `CLUSTER_FAULTS=20 npx vitest run test/faults/cluster`. */
const ROUNDS = Number(process.env['CLUSTER_FAULTS'] ?? 1)
/** Milliseconds of one fault, that of a busy machine. */
const FAULT_MS = 30_000

const KINDS: readonly ClusterFault[] = ['killed', 'moved', 'planned', 'behind', ...(ROUNDS > 1 ? ['frozen'] as const : [])]

test('no acknowledged message is lost to failovers of a cluster, and to slots that move, when `wait_replicas` is the number of replicas', async () => {
  const faults = Array.from({ length: ROUNDS }, () => KINDS).flat()
  const { acknowledged, redelivered, repeated, outOfOrder, lost, waiting } = await runClusterFaults({ seed: newSeed('cluster'), brokers: 2, faults, replicas: 1 })
  process.stdout.write(
    `${faults.length} faults: ${acknowledged} acknowledged, ${redelivered} sent again with DUP, ${repeated.length} without, ${outOfOrder.length} out of order\n`)
  expect(acknowledged).toBeGreaterThan(300)
  expect({ lost, waiting }).toEqual({ lost: [], waiting: [] })
}, KINDS.length * ROUNDS * FAULT_MS + 60_000)

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
