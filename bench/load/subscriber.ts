import { performance } from 'node:perf_hooks'
import { type Connection, PACKET } from './connection.ts'
import type { Latencies } from './latencies.ts'
import type { Connections } from './orders.ts'
import { acknowledgement, outboxOf } from './outbox.ts'
import { STAMP } from './publisher.ts'

export interface ReceiverOptions {
  readonly connection: Connection
  /** How long it thinks about what it has received before it acknowledges. Milliseconds. */
  readonly ackDelayMs: number
  readonly latencies: Latencies
  /** A message of this publisher is here. */
  readonly onMessage: (publisher: number) => void
}

/** Subscribes; what comes is received. */
export async function subscribe(spec: Connections['subscribers'], options: ReceiverOptions): Promise<void> {
  await options.connection.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: spec.filter, qos: spec.qos }] }, PACKET.suback)
  receive(options)
}

/** From now on what comes is counted, timed and acknowledged. */
export function receive({ connection, ackDelayMs, latencies, onMessage }: ReceiverOptions): void {
  const put = outboxOf(connection.socket, ackDelayMs)

  connection.onFrame = (header, bytes, from) => {
    const type = header >> 4
    if (type === PACKET.pubrel) {
      put(acknowledgement(PACKET.pubcomp << 4, bytes, from))
      return
    }
    if (type !== PACKET.publish) throw new Error(`the broker sent a subscriber a packet of type ${type}`)
    const qos = header >> 1 & 3
    const packetId = from + 2 + bytes.readUInt16BE(from)
    const payload = qos === 0 ? packetId : packetId + 2
    latencies.record(performance.now() - bytes.readDoubleLE(payload + STAMP.sentAt))
    if (qos > 0) put(acknowledgement((qos === 1 ? PACKET.puback : PACKET.pubrec) << 4, bytes, packetId))
    onMessage(bytes[payload + STAMP.publisher] ?? 0)
  }
}
