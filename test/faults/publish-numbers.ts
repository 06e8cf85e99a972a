import { setTimeout as sleep } from 'node:timers/promises'
import type { WireClient } from '../support/wire-client.ts'
import type { Ledger } from './ledger.ts'
import { between, type Random } from './random.ts'

export const TOPICS = ['queue/1', 'queue/2', 'pubsub/1', 'pubsub/2'] as const
/** Those from which no acknowledgement takes anything. */
export const KEPT_TOPICS: readonly string[] = TOPICS.filter((topic) => topic.startsWith('pubsub/'))

/** Unacknowledged messages of one publisher. */
const IN_FLIGHT = 8

/** Publishes until it is told to stop, and then waits for all acknowledgements. */
export async function publishNumbers(publisher: WireClient, options: {
  readonly ledger: Ledger
  readonly random: Random
  readonly stop: AbortSignal
  /** Absent: half of the messages are QoS 2. */
  readonly qos?: 1 | 2
}): Promise<void> {
  const { ledger, random, stop } = options
  const numbers = new Map<string, number>()
  const unacknowledged = new Set<Promise<void>>()
  while (!stop.aborted) {
    const topic = TOPICS[between(random, 0, TOPICS.length - 1)] ?? TOPICS[0]
    const number = (numbers.get(topic) ?? 0) + 1
    numbers.set(topic, number)
    const qos = options.qos ?? (random() < 0.5 ? 1 : 2)
    const payload = ledger.made({ publisher: publisher.clientId, topic, number, qos })
    const acknowledged = publisher.publish(topic, payload, qos).then(() => {
      ledger.acknowledged(payload)
      unacknowledged.delete(acknowledged)
    })
    unacknowledged.add(acknowledged)
    await sleep(between(random, 1, 10))
    if (unacknowledged.size >= IN_FLIGHT) await Promise.race(unacknowledged)
  }
  await Promise.all(unacknowledged)
}
