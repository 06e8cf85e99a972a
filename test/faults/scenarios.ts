import { setTimeout as sleep } from 'node:timers/promises'
import { goAway, type Outage } from './outages.ts'
import { TOPICS } from './publish-numbers.ts'
import { between, oneOf } from './random.ts'
import { REDIS_DELAY_MS, type Targets, type TrialOptions } from './trial.ts'

export type Scenario = Omit<TrialOptions, 'seed' | 'dist'>

/** Milliseconds. */
const SETTLE_MS = 20_000
/** A little longer than a broker waits for an answer. Milliseconds. */
const SILENCE_MS = 2_300

/** The broker is killed so often. */
export function brokerKilled(kills: number): Scenario {
  return {
    brokers: 1,
    settleMs: SETTLE_MS,
    async faults({ random, brokers: [broker], restart }) {
      if (broker === undefined) throw new Error('a broker to kill')
      for (let i = 0; i < kills; i++) {
        await sleep(between(random, 200, 1_500))
        await restart(broker)
      }
      await sleep(500)
    },
  }
}

/** Redis is away in each of these ways, so often. */
export function redisAway(outages: readonly Outage[], times: number): Scenario {
  return {
    brokers: 1,
    settleMs: SETTLE_MS,
    async faults(targets) {
      for (let i = 0; i < times; i++) {
        for (const outage of outages) {
          await sleep(between(targets.random, 100, 600))
          await goAway(outage, targets)
        }
      }
      await sleep(500)
    },
  }
}

/** Connections of clients, and those to Redis, are cut at random, so often. */
export function connectionsCut(cuts: number): Scenario {
  return { brokers: 1, settleMs: SETTLE_MS, faults: (targets) => cutConnections(targets, cuts) }
}

/** Connections to Redis are cut in each way so often, and those of clients beside it. */
export function redisConnectionsCut(times: number): Scenario {
  return {
    brokers: 1,
    settleMs: SETTLE_MS,
    async faults(targets) {
      const { random, did } = targets
      for (let i = 0; i < times; i++) {
        for (const cut of REDIS_CUTS) {
          await sleep(between(random, 50, 250))
          await CUTS[cut](targets)
          did(cut)
          const beside = oneOf(CLIENT_CUTS, random)
          await CUTS[beside](targets)
          did(beside)
        }
      }
      await sleep(500)
    },
  }
}

/** All of it at the same time. */
export function everythingAtOnce(kills: number): Scenario {
  return {
    brokers: 1,
    settleMs: SETTLE_MS,
    async faults(targets) {
      const { random, redis, brokers: [broker], restart, did } = targets
      if (broker === undefined) throw new Error('a broker to kill')
      const over = new AbortController()
      const cutting = cutConnections(targets, Infinity, over.signal)
      for (let i = 0; i < kills; i++) {
        await sleep(between(random, 500, 1_500))
        if (random() < 0.6) await restart(broker)
        else {
          await redis.kill()
          await sleep(between(random, 0, 500))
          await redis.start()
          did('Redis killed')
        }
      }
      over.abort()
      await cutting
    },
  }
}

/**
 * Two brokers on one Redis, their clients' connections cut at random. No one tells one broker what
 * the other stored: it finds out by the next message, or within 30 s.
 */
export function twoBrokers(cuts: number, lastMessage: readonly string[] = TOPICS): Scenario {
  return { brokers: 2, settleMs: 45_000, lastMessage, faults: (targets) => cutConnections(targets, cuts) }
}

async function cutConnections(targets: Targets, cuts: number, over?: AbortSignal): Promise<void> {
  const { random, did } = targets
  for (let i = 0; i < cuts && over?.aborted !== true; i++) {
    await sleep(between(random, 10, 120))
    const cut = random() < 0.1 ? oneOf(BRIEF_REDIS_CUTS, random) : random() < 0.35 ? 'publisher cut off' : 'subscriber cut off'
    await CUTS[cut](targets)
    did(cut)
  }
}

type Cut = 'subscriber cut off' | 'publisher cut off' | 'Redis connections cut' | 'Redis connection cut in mid-reply' | 'replies of Redis lost' | 'replies of Redis swallowed'

const CLIENT_CUTS: readonly Cut[] = ['subscriber cut off', 'publisher cut off']
const BRIEF_REDIS_CUTS: readonly Cut[] = ['Redis connections cut', 'Redis connection cut in mid-reply', 'replies of Redis lost']
const REDIS_CUTS: readonly Cut[] = [...BRIEF_REDIS_CUTS, 'replies of Redis swallowed']

/** Each with what is on its way: Redis may or may not have had a request whose answer is lost. */
const CUTS: Readonly<Record<Cut, (targets: Targets) => void | Promise<void>>> = {
  'subscriber cut off': ({ random, subscriberProxies }) => { oneOf(subscriberProxies, random).cut() },
  // what the broker still writes is heard, so that it is known which PUBACKs were lost
  'publisher cut off': ({ random, publisherProxies }) => { oneOf(publisherProxies, random).hangUp() },
  'Redis connections cut': ({ redisProxy }) => { redisProxy.cut() },
  'Redis connection cut in mid-reply': ({ random, redisProxy }) => { redisProxy.cutAfterReplyBytes(between(random, 1, 400)) },
  async 'replies of Redis lost'({ random, redisProxy }) {
    redisProxy.swallowReplies()
    await sleep(between(random, 5, 300))
    redisProxy.cut()
    redisProxy.delay(REDIS_DELAY_MS)
  },
  /** Until the broker gives that connection up by itself. */
  async 'replies of Redis swallowed'({ redisProxy }) {
    redisProxy.swallowReplies()
    redisProxy.pass()
    await sleep(SILENCE_MS)
    redisProxy.delay(REDIS_DELAY_MS)
  },
}
