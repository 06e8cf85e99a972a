import { setTimeout as sleep } from 'node:timers/promises'
import type { IPublishPacket, Packet } from 'mqtt-packet'
import { connectWire, type WireConnection } from './wire-connection.ts'

/** How long a client waits before it tries to connect again. Milliseconds. */
const RECONNECT_MS = 30

/** A PUBLISH as it was read, and what is known of its session. */
export interface Arrival {
  readonly topic: string
  readonly payload: string
  readonly qos: 0 | 1 | 2
  readonly dup: boolean
  /** Grows with each session that was not resumed. */
  readonly session: number
}

/** A message of one's own until it is done with. */
interface Outgoing {
  readonly packet: IPublishPacket
  /** It has been on a wire: DUP the next time [MQTT-3.3.1-1]. */
  sent: boolean
  /** PUBREC was read: PUBREL instead of PUBLISH from now on [MQTT-4.3.3-1]. */
  released: boolean
  readonly acknowledged: () => void
}

export interface WireClientOptions {
  /** Asked at each connect. */
  readonly port: () => number
  readonly clientId: string
  /**
   * Which run of the broker this is. A client cannot know by itself that a session is another one
   * when the CONNACK that said so was lost; the test can.
   */
  readonly brokerRun?: () => number
  readonly subscriptions?: readonly { readonly topic: string, readonly qos: 1 | 2 }[]
  /** Milliseconds until a message is acknowledged; 0 at once. */
  readonly ackDelayMs?: () => number
  /** Each PUBLISH, before its acknowledgement. */
  readonly onArrival?: (arrival: Arrival) => void
  /** The message is the application's: QoS 1 at PUBLISH, QoS 2 at PUBREL (method A of [MQTT-4.3.3-2]). */
  readonly onHandedOver?: (arrival: Arrival) => void
  /** A message is on a wire, `again` if it has been before. */
  readonly onSent?: (payload: string, again: boolean) => void
}

/**
 * A client with a persistent session, which it keeps in the test's memory: it reconnects whenever
 * its connection is gone, sends again what was not acknowledged, with DUP and in order
 * [MQTT-4.4.0-1], and subscribes again when the broker knows no session.
 */
export class WireClient {
  readonly clientId: string
  /** Connections that were made, the first included. */
  connects = 0
  readonly #options: WireClientOptions
  #connection: WireConnection | undefined
  #session = 0
  #brokerRun = -1
  /** SUBACK was read in this session: else the broker may never have seen the SUBSCRIBE. */
  #subscribed = false
  #stopped = false
  #running: Promise<void> | undefined
  #lastPacketId = 0
  readonly #outgoing = new Map<number, Outgoing>()
  /** QoS 2 messages between PUBLISH and PUBREL, by packet id. */
  readonly #incoming = new Map<number, Arrival>()

  constructor(options: WireClientOptions) {
    this.clientId = options.clientId
    this.#options = options
  }

  /** Own messages that are not done with. */
  get unfinished(): number {
    return this.#outgoing.size
  }

  get connected(): boolean {
    return this.#connection?.open === true
  }

  /** Its subscriptions are granted, if it has any. */
  get ready(): boolean {
    return this.#subscribed || (this.#options.subscriptions ?? []).length === 0
  }

  /** Payload of the own message under this packet id that is not done with. */
  payloadOf(packetId: number): string | undefined {
    return this.#outgoing.get(packetId)?.packet.payload.toString()
  }

  /** Connects, and again whenever the connection is gone, until {@link stop}. */
  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#connection?.cut()
    await this.#running
  }

  /** Cuts the connection of now; the client comes back by itself. */
  cut(): void {
    this.#connection?.cut()
  }

  /** Sends now or at the next connection; resolves with the PUBACK or PUBREC, over as many connections as it takes. */
  publish(topic: string, payload: string, qos: 1 | 2): Promise<void> {
    const messageId = this.#nextPacketId()
    const packet: IPublishPacket = { cmd: 'publish', topic, payload, qos, dup: false, retain: false, messageId }
    return new Promise((resolve) => {
      const message: Outgoing = { packet, sent: false, released: false, acknowledged: resolve }
      this.#outgoing.set(messageId, message)
      if (this.#connection?.open === true) this.#send(this.#connection, message)
    })
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const connection = await this.#connect()
      if (connection === undefined) await sleep(RECONNECT_MS)
      else await connection.closed
    }
    this.#connection = undefined
  }

  async #connect(): Promise<WireConnection | undefined> {
    // the broker may be down, or go down before CONNACK: both are what is tested
    const connection = await connectWire(this.#options.port(), this.clientId, { clean: false }).catch(() => undefined)
    if (connection === undefined) return undefined
    const run = this.#options.brokerRun?.() ?? 0
    const resumed = connection.connack.sessionPresent && run === this.#brokerRun
    this.#brokerRun = run
    this.connects++
    if (!resumed) {
      this.#session++
      this.#subscribed = false
      // what was half received is dropped with the session
      this.#incoming.clear()
    }
    this.#connection = connection
    connection.onPacket = (packet) => { this.#read(connection, packet) }
    // what came in one read with CONNACK
    for (const packet of connection.received.splice(0).slice(1)) this.#read(connection, packet)
    connection.keeps = false
    const { subscriptions = [] } = this.#options
    if (!this.#subscribed && subscriptions.length > 0) {
      connection.send({ cmd: 'subscribe', messageId: this.#nextPacketId(), subscriptions: [...subscriptions] })
    }
    for (const message of this.#outgoing.values()) {
      if (message.released) connection.send({ cmd: 'pubrel', messageId: message.packet.messageId })
      else this.#send(connection, message)
    }
    return connection
  }

  #send(connection: WireConnection, message: Outgoing): void {
    const { packet, sent } = message
    message.sent = true
    this.#options.onSent?.(packet.payload.toString(), sent)
    connection.send({ ...packet, dup: sent })
  }

  #read(connection: WireConnection, packet: Packet): void {
    const { messageId = 0 } = packet
    switch (packet.cmd) {
      case 'publish': return this.#arrived(connection, packet)
      case 'pubrel': {
        const arrival = this.#incoming.get(messageId)
        this.#incoming.delete(messageId)
        if (arrival !== undefined) this.#options.onHandedOver?.(arrival)
        return connection.send({ cmd: 'pubcomp', messageId })
      }
      case 'puback':
      case 'pubcomp': {
        const message = this.#outgoing.get(messageId)
        this.#outgoing.delete(messageId)
        return message?.acknowledged()
      }
      case 'suback':
        this.#subscribed = true
        return
      case 'pubrec': {
        const message = this.#outgoing.get(messageId)
        if (message !== undefined) {
          message.released = true
          message.acknowledged()
        }
        return connection.send({ cmd: 'pubrel', messageId })
      }
      default:
    }
  }

  #arrived(connection: WireConnection, { topic, payload, qos, dup, messageId = 0 }: IPublishPacket): void {
    const arrival: Arrival = { topic, payload: payload.toString(), qos, dup, session: this.#session }
    this.#options.onArrival?.(arrival)
    if (qos === 1) this.#options.onHandedOver?.(arrival)
    if (qos === 2 && !this.#incoming.has(messageId)) this.#incoming.set(messageId, arrival)
    if (qos === 0) return
    const acknowledge = () => { if (connection.open) connection.send({ cmd: qos === 1 ? 'puback' : 'pubrec', messageId }) }
    const delayMs = this.#options.ackDelayMs?.() ?? 0
    if (delayMs === 0) acknowledge()
    else setTimeout(acknowledge, delayMs)
  }

  #nextPacketId(): number {
    do this.#lastPacketId = this.#lastPacketId % 65_535 + 1
    while (this.#outgoing.has(this.#lastPacketId))
    return this.#lastPacketId
  }
}
