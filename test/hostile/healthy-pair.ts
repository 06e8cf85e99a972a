import { setTimeout as sleep } from 'node:timers/promises'
import { MqttClient } from '../support/mqtt-client.ts'
import type { Target } from './target.ts'

/** How often the publisher has something to say. */
const BEAT_MS = 20

/** How long a message took from its publisher to its subscriber, the acknowledgement of its store in between. Milliseconds. */
export interface Gaps {
  readonly beats: number
  readonly worst: number
  /** Without the time in which the broker was ready to run and had no core: the share that is its own. */
  readonly worstOwn: number
}

/** A publisher and a subscriber of a stored queue, one message after the other. */
export async function healthyPair(target: Target, name: string): Promise<{ stop(): Promise<Gaps> }> {
  const topic = `queue/healthy/${name}`
  const { port } = target.broker
  const sub = await MqttClient.connect(port, `healthy-sub-${name}`, { keepalive: 30 })
  await sub.subscribe(topic, 1)
  const pub = await MqttClient.connect(port, `healthy-pub-${name}`, { keepalive: 30 })
  let running = true
  let [beats, worst, worstOwn] = [0, 0, 0]
  const beating = (async () => {
    while (running) {
      const [at, waited] = [Date.now(), target.waitedMs]
      beats++
      await pub.publish(topic, String(beats))
      await sub.waitForCount(beats, 30_000)
      const gap = Date.now() - at
      worst = Math.max(worst, gap)
      worstOwn = Math.max(worstOwn, gap - (target.waitedMs - waited))
      await sleep(BEAT_MS)
    }
  })()
  // heard by whoever stops it
  beating.catch(() => {})
  return {
    async stop() {
      running = false
      await beating
      await Promise.all([pub.cut(), sub.cut()])
      return { beats, worst: Math.round(worst), worstOwn: Math.round(worstOwn) }
    },
  }
}
