import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection, PACKET } from './connection.ts'
import { Latencies } from './latencies.ts'
import { noFigures, type LoadFigures, type Session } from './orders.ts'
import { receive } from './subscriber.ts'

/** Without news for so long, what is missing does not come any more. Milliseconds. */
const QUIET_MS = 3_000

/** Makes a session and leaves it: what is published from now on waits for it. */
export async function park({ port, clientid, filter }: Session): Promise<void> {
  const connection = await Connection.open({ port, clientid, clean: false })
  await connection.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: filter, qos: 1 }] }, PACKET.suback)
  await connection.close()
}

/** Comes back to it and takes what has waited, acknowledging at once. */
export async function fetch({ port, clientid }: Session, messages: number): Promise<LoadFigures> {
  const start = performance.now()
  let received = 0
  let last = start
  const connection = await Connection.open({ port, clientid, clean: false })
  receive({
    connection,
    ackDelayMs: 0,
    latencies: new Latencies(),
    onMessage() {
      received++
      last = performance.now()
    },
  })
  while (received < messages && performance.now() - last < QUIET_MS) await sleep(1)
  await connection.close()
  return { ...noFigures(received), owed: messages, delivered: received, seconds: (last - start) / 1_000 }
}
