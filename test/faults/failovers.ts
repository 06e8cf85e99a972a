import { setTimeout as sleep } from 'node:timers/promises'
import { startSentinelGroup, type SentinelGroup } from '../store/sentinel-group.ts'
import { KEPT_TOPICS } from './publish-numbers.ts'
import { between } from './random.ts'
import { unpairedNow } from './record-index.ts'
import { storedNow } from './stored.ts'
import { runTrialOn, type ClientTargets, type TrialResult } from './trial.ts'

/** What is done to the master, or to the way from it to its replicas, while messages flow. */
export type Failover = 'killed' | 'frozen' | 'planned' | 'behind'

/** Milliseconds. */
const SETTLE_MS = 20_000

/** A trial on a master with two replicas and three sentinels, whose master is replaced again and again. */
export async function runFailovers(options: {
  readonly seed: number
  readonly dist?: string
  readonly failovers: readonly Failover[]
  /** `wait_replicas`. */
  readonly replicas: number
  readonly settleMs?: number
}): Promise<TrialResult> {
  const group = await startSentinelGroup()
  try {
    return await runTrialOn({
      seed: options.seed, brokers: 1, settleMs: options.settleMs ?? SETTLE_MS,
      ...(options.dist === undefined ? {} : { dist: options.dist }),
      pool: [
        `backend.redis.pool1.server = ${group.addresses.map(({ host, port }) => `${host}:${port}`).join(', ')}`,
        `backend.redis.pool1.sentinel = ${group.name}`,
        `backend.redis.pool1.wait_replicas = ${options.replicas}\n`,
      ].join('\n'),
      look: {
        client: async () => (await group.master()).client,
        stored: async () => await storedNow((await group.master()).client, KEPT_TOPICS),
        unpaired: async () => await unpairedNow((await group.master()).client),
      },
      async faults(targets) {
        for (const [i, failover] of options.failovers.entries()) {
          await group.whole()
          await sleep(between(targets.random, 500, 1_500))
          // what a subscriber has seen is lost to nobody: if they are away, only Redis has what comes. Who reads meanwhile may not lose anything either
          const isAway = i === 0 || targets.random() < 0.5
          if (isAway) for (const proxy of targets.subscriberProxies) proxy.turnAway()
          await FAULTS[failover](group, targets)
          targets.did(failover)
          for (const proxy of targets.subscriberProxies) proxy.welcome()
        }
        await group.whole()
        await sleep(500)
      },
    })
  } finally {
    await group.stop()
  }
}

const FAULTS: Readonly<Record<Failover, (group: SentinelGroup, targets: ClientTargets) => Promise<void>>> = {
  /** It comes back as the master that it was. */
  async killed(group) {
    const master = await group.master()
    await master.kill()
    await group.failedOver(master)
    await master.start()
  },

  /** It thaws when another one has taken its place, and does not know it. */
  async frozen(group, { random }) {
    const master = await group.master()
    master.freeze()
    await group.failedOver(master)
    await sleep(between(random, 0, 1_000))
    master.thaw()
  },

  async planned(group) {
    await group.failover()
  },

  /** What it takes from now on no replica gets any more: they may not reconnect, who is connected stays. Then it is killed. */
  async behind(group) {
    const master = await group.master()
    await master.client.config('SET', 'requirepass', 'for nobody')
    await master.client.call('CLIENT', 'KILL', 'TYPE', 'replica')
    await sleep(700)
    await master.kill()
    await group.failedOver(master)
    await master.start()
  },
}
