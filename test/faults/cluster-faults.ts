import { setTimeout as sleep } from 'node:timers/promises'
import { slotOf } from '../../src/store/cluster/slot.ts'
import { startCluster, type RedisCluster } from '../store/redis-cluster.ts'
import { KEPT_TOPICS, TOPICS } from './publish-numbers.ts'
import { between, type Random } from './random.ts'
import { storedNow } from './stored.ts'
import { runTrialOn, type TrialResult } from './trial.ts'

/** What is done to the master of a topic's log, or to the way from it to its replica, while messages flow. */
export type ClusterFault = 'killed' | 'frozen' | 'planned' | 'behind' | 'moved'

/** Milliseconds. */
const SETTLE_MS = 20_000

/** A trial on three masters with a replica each, in which slots change hands again and again. */
export async function runClusterFaults(options: {
  readonly seed: number
  readonly dist?: string
  readonly brokers: 1 | 2
  readonly faults: readonly ClusterFault[]
  /** `wait_replicas`. */
  readonly replicas: number
  readonly settleMs?: number
}): Promise<TrialResult> {
  const cluster = await startCluster()
  try {
    return await runTrialOn({
      seed: options.seed, brokers: options.brokers, settleMs: options.settleMs ?? SETTLE_MS,
      ...(options.dist === undefined ? {} : { dist: options.dist }),
      pool: [
        `backend.redis.pool1.server = ${cluster.addresses.map(({ host, port }) => `${host}:${port}`).join(', ')}`,
        'backend.redis.pool1.type = cluster',
        `backend.redis.pool1.wait_replicas = ${options.replicas}\n`,
      ].join('\n'),
      look: {
        client: () => Promise.resolve(cluster.client),
        stored: () => storedNow(cluster.client, KEPT_TOPICS),
        // what belongs together lies in several slots, and is not written at one moment
        unpaired: () => Promise.resolve(undefined),
      },
      // a broker hears nothing of what the other one stores
      lastMessage: options.brokers === 1 ? [] : TOPICS,
      async faults({ random, subscriberProxies, did }) {
        for (const [i, fault] of options.faults.entries()) {
          await cluster.whole()
          await sleep(between(random, 500, 1_500))
          const slot = slotOf(`mqtt:msg:${TOPICS[between(random, 0, TOPICS.length - 1)]}`)
          // who reads meanwhile may not lose anything either: of a slot that moves always, else half of the time
          if (fault === 'moved' || (i > 0 && random() < 0.5)) {
            await FAULTS[fault](cluster, slot, random)
            did(fault)
            continue
          }
          // what a subscriber has seen is lost to nobody: they are away, and only Redis has what comes
          for (const proxy of subscriberProxies) proxy.turnAway()
          await FAULTS[fault](cluster, slot, random)
          did(fault)
          for (const proxy of subscriberProxies) proxy.welcome()
        }
        await cluster.whole()
        await sleep(500)
      },
    })
  } finally {
    await cluster.stop()
  }
}

type Deed = (cluster: RedisCluster, slot: number, random: Random) => Promise<void>

const FAULTS: Readonly<Record<ClusterFault, Deed>> = {
  async killed(cluster, slot) {
    const master = await cluster.masterOf(slot)
    await master.kill()
    await cluster.replaced(master)
    await master.start()
  },

  /** It thaws when another one has taken its place, and does not know it. */
  async frozen(cluster, slot, random) {
    const master = await cluster.masterOf(slot)
    master.freeze()
    await cluster.replaced(master)
    await sleep(between(random, 0, 1_000))
    master.thaw()
  },

  async planned(cluster, slot) {
    await cluster.failOver(await cluster.masterOf(slot))
  },

  /** What it takes from now on its replica does not get any more: it may not reconnect, who is connected stays. Then it is killed. */
  async behind(cluster, slot) {
    const master = await cluster.masterOf(slot)
    await master.client.config('SET', 'requirepass', 'for nobody')
    await master.client.call('CLIENT', 'KILL', 'TYPE', 'replica')
    await sleep(700)
    await master.kill()
    await cluster.replaced(master)
    await master.start()
  },

  async moved(cluster, slot) {
    const from = await cluster.masterOf(slot)
    const to = (await cluster.masters()).find((master) => master !== from)
    if (to !== undefined) await cluster.migrate(slot, to, () => sleep(20))
  },
}
