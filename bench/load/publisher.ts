import { performance } from 'node:perf_hooks'
import { generate } from 'mqtt-packet'
import { type Connection, PACKET } from './connection.ts'
import type { Latencies } from './latencies.ts'
import type { Connections, Qos } from './orders.ts'
import { acknowledgement, outboxOf } from './outbox.ts'

/** What of a payload says who sent it and when; the rest is filling. */
export const STAMP = { sentAt: 0, publisher: 8, bytes: 9 } as const

const PINGREQ = generate({ cmd: 'pingreq' })
const PACKET_IDS = 65_535

export interface PublisherOptions {
  readonly number: number
  readonly connection: Connection
  readonly spec: Connections['publishers']
  /** Copies of each message that subscribers get. */
  readonly copies: number
  readonly latencies: Latencies
  /** Some are no longer under way. */
  readonly onDone: () => void
}

/**
 * One publishing connection. A packet is copied from a template and gets its packet id and stamp.
 *
 * QoS 0 has no acknowledgement, so a PINGREQ follows each batch and its answer counts as one: the
 * broker has read what was before it.
 */
export class Publisher {
  readonly #connection: Connection
  readonly #put: (packet: Buffer) => void
  readonly #qos: Qos
  readonly #number: number
  readonly #copies: number
  readonly #latencies: Latencies
  readonly #onDone: () => void
  readonly #coupled: boolean
  readonly #templates: readonly Template[]
  readonly #sentAt = new Float64Array(PACKET_IDS + 1)
  /** Sizes of the batches of QoS 0 whose PINGRESP is not here yet. */
  readonly #pinged: number[] = []
  #packetId = 0
  #sent = 0
  #acked = 0
  #copiesDelivered = 0

  constructor({ number, connection, spec, copies, latencies, onDone }: PublisherOptions) {
    this.#connection = connection
    this.#put = outboxOf(connection.socket)
    this.#qos = spec.qos
    this.#number = number
    this.#copies = copies
    this.#latencies = latencies
    this.#onDone = onDone
    this.#coupled = spec.until === 'delivered' && copies > 0
    this.#templates = spec.topics.map(topic => templateOf(topic.replaceAll('{n}', String(number)), spec))
    connection.onFrame = (header, bytes, from) => { this.#read(header >> 4, bytes, from) }
  }

  /** Messages that are sent and not done. */
  get underWay(): number {
    const delivered = this.#coupled ? Math.floor(this.#copiesDelivered / this.#copies) : this.#sent
    return this.#sent - Math.min(this.#acked, delivered)
  }

  /** A subscriber has received a copy. */
  delivered(): void {
    this.#copiesDelivered++
  }

  /** Sends so many in one write. */
  send(count: number): void {
    if (count === 0) return
    const now = performance.now()
    const packets: Buffer[] = []
    for (let index = 0; index < count; index++) packets.push(this.#packet(now))
    if (this.#qos === 0) {
      packets.push(PINGREQ)
      this.#pinged.push(count)
    }
    this.#sent += count
    this.#connection.socket.write(packets.length === 1 ? packets[0] ?? PINGREQ : Buffer.concat(packets))
  }

  #packet(now: number): Buffer {
    const template = this.#templates[this.#sent % this.#templates.length]
    if (template === undefined) throw new Error('a publisher needs a topic')
    const packet = Buffer.from(template.packet)
    if (this.#qos > 0) {
      this.#packetId = this.#packetId % PACKET_IDS + 1
      packet.writeUInt16BE(this.#packetId, template.payload - 2)
      this.#sentAt[this.#packetId] = now
    }
    packet.writeDoubleLE(now, template.payload + STAMP.sentAt)
    packet[template.payload + STAMP.publisher] = this.#number
    return packet
  }

  #read(type: number, bytes: Buffer, from: number): void {
    switch (type) {
      case PACKET.puback:
      case PACKET.pubcomp:
        this.#acked++
        this.#latencies.record(performance.now() - (this.#sentAt[bytes.readUInt16BE(from)] ?? 0))
        break
      case PACKET.pubrec:
        this.#put(acknowledgement(PACKET.pubrel << 4 | 2, bytes, from))
        return
      case PACKET.pingresp:
        this.#acked += this.#pinged.shift() ?? 0
        break
      default:
        throw new Error(`the broker sent a publisher a packet of type ${type}`)
    }
    this.#onDone()
  }
}

/** A PUBLISH, and where its payload begins; the packet id is before it. */
interface Template {
  readonly packet: Buffer
  readonly payload: number
}

function templateOf(topic: string, { qos, retain, payloadBytes }: Connections['publishers']): Template {
  const payload = Buffer.alloc(payloadBytes, 'x')
  const packet = generate({ cmd: 'publish', topic, payload, qos, retain, dup: false, messageId: 1 })
  return { packet, payload: packet.length - payloadBytes }
}
