import { setTimeout as sleep } from 'node:timers/promises'
import { TOPICS } from './publish-numbers.ts'
import { between, type Random } from './random.ts'
import type { Targets, TrialOptions } from './trial.ts'

type Scenario = Omit<TrialOptions, 'seed' | 'dist'>

/** Milliseconds. */
const SETTLE_MS = 20_000

/** The broker is killed `kills` times. */
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

/** Connections of clients, and those to Redis, are cut at random. */
export function connectionsCut(seconds: number): Scenario {
  return { brokers: 1, settleMs: SETTLE_MS, faults: (targets) => cutConnections(targets, seconds) }
}

/** Redis is killed and started again, or stops answering for a while, `times` times. */
export function redisAway(times: number): Scenario {
  return {
    brokers: 1,
    settleMs: SETTLE_MS,
    async faults({ random, redis, subscriberProxies }) {
      for (let i = 0; i < times; i++) {
        await sleep(between(random, 200, 1_000))
        const freezes = random() < 0.5
        if (freezes) redis.freeze()
        else await redis.kill()
        await sleep(between(random, 0, 1_500))
        oneOf(subscriberProxies, random)?.cut()
        if (freezes) redis.thaw()
        else await redis.start()
      }
      await sleep(500)
    },
  }
}

/** All of it at the same time. */
export function everythingAtOnce(seconds: number): Scenario {
  return {
    brokers: 1,
    settleMs: SETTLE_MS,
    async faults(targets) {
      const { random, redis, brokers: [broker], restart } = targets
      if (broker === undefined) throw new Error('a broker to kill')
      const cutting = cutConnections(targets, seconds)
      const end = Date.now() + seconds * 1_000
      while (Date.now() < end) {
        await sleep(between(random, 500, 1_500))
        if (random() < 0.6) await restart(broker)
        else {
          await redis.kill()
          await sleep(between(random, 0, 500))
          await redis.start()
        }
      }
      await cutting
    },
  }
}

/**
 * Two brokers on one Redis, their clients' connections cut at random. No one tells one broker what
 * the other stored: it finds out by the next message, or within 30 s.
 */
export function twoBrokers(seconds: number, lastMessage: readonly string[] = TOPICS): Scenario {
  return { brokers: 2, settleMs: 45_000, lastMessage, faults: (targets) => cutConnections(targets, seconds) }
}

async function cutConnections({ random, subscriberProxies, publisherProxies, redisProxy }: Targets, seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1_000
  while (Date.now() < end) {
    await sleep(between(random, 10, 120))
    const chance = random()
    // each with what is on its way: Redis may or may not have had a request whose answer is lost
    if (chance < 0.1) redisProxy.cut()
    else oneOf(chance < 0.4 ? publisherProxies : subscriberProxies, random)?.cut()
  }
}

function oneOf<T>(all: readonly T[], random: Random): T | undefined {
  return all[between(random, 0, all.length - 1)]
}
