import mqtt, { type IClientOptions, type MqttClient as MqttJs } from 'mqtt'
import { eventually } from './eventually.ts'

/** A message as an application sees it. */
export interface Received {
  readonly topic: string
  readonly payload: string
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  readonly dup: boolean
}

/** MQTT.js, an ordinary client that acknowledges at once and does not reconnect. */
export class MqttClient {
  readonly messages: Received[] = []
  /** What CONNACK said. */
  readonly sessionPresent: boolean
  readonly #client: MqttJs
  readonly #closed: Promise<void>

  private constructor(client: MqttJs, sessionPresent: boolean) {
    this.#client = client
    this.sessionPresent = sessionPresent
    this.#closed = new Promise((resolve) => { client.once('close', resolve) })
    client.on('error', () => {})
  }

  /** Connects to the loopback; clean session unless said otherwise. */
  static async connect(port: number, clientId: string, options: IClientOptions = {}): Promise<MqttClient> {
    const early: Received[] = []
    const collect = { push: (message: Received) => { early.push(message) } }
    const client = mqtt.connect({
      host: '127.0.0.1', port, clientId, protocolVersion: 4, reconnectPeriod: 0, connectTimeout: 10_000, ...options,
    })
    client.on('message', (topic, payload, packet) => {
      collect.push({ topic, payload: payload.toString(), qos: packet.qos, retain: packet.retain, dup: packet.dup })
    })
    const sessionPresent = await new Promise<boolean>((resolve, reject) => {
      client.once('connect', (connack) => { resolve(connack.sessionPresent) })
      client.once('error', reject)
      client.once('close', () => { reject(new Error('the connection ended before CONNACK')) })
    })
    const connected = new MqttClient(client, sessionPresent)
    connected.messages.push(...early)
    collect.push = (message) => { connected.messages.push(message) }
    return connected
  }

  /** Resolves when the connection is gone. */
  get closed(): Promise<void> {
    return this.#closed
  }

  get connected(): boolean {
    return this.#client.connected
  }

  /** Payloads so far, in the order of arrival; of one topic, or of all. */
  payloads(topic?: string): string[] {
    return this.messages.filter((message) => topic === undefined || message.topic === topic).map(({ payload }) => payload)
  }

  /** Returns the granted QoS, 128 for a refused one. */
  async subscribe(topic: string, qos: 0 | 1 | 2): Promise<number> {
    return await new Promise((resolve, reject) => {
      this.#client.subscribe(topic, { qos }, (error, grants, packet) => {
        const code = packet !== undefined && 'granted' in packet ? packet.granted[0] : undefined
        if (typeof code === 'number') resolve(code)
        else if (error !== null) reject(error)
        else resolve(grants?.[0]?.qos ?? 128)
      })
    })
  }

  async unsubscribe(topic: string): Promise<void> {
    await this.#client.unsubscribeAsync(topic)
  }

  /** Resolves with the acknowledgement (QoS 0: when written); fails when the connection ends before. */
  async publish(topic: string, payload: string | Buffer, options: { readonly qos?: 0 | 1 | 2, readonly retain?: boolean } = {}): Promise<void> {
    const acknowledged = this.#client.publishAsync(topic, payload, { qos: 1, ...options })
    const cut = this.#closed.then(() => { throw new Error('the connection ended before the acknowledgement') })
    // whichever comes second is of no interest
    acknowledged.catch(() => {})
    cut.catch(() => {})
    await Promise.race([acknowledged, cut])
  }

  /** Waits for the messages to be as said. */
  async waitUntil(enough: (messages: readonly Received[]) => boolean, deadlineMs = 10_000): Promise<void> {
    await eventually(
      () => `messages; there are ${JSON.stringify(this.messages)}`, () => enough(this.messages), deadlineMs)
  }

  /** Waits for so many messages. */
  async waitForCount(count: number, deadlineMs = 10_000): Promise<void> {
    await this.waitUntil(({ length }) => length >= count, deadlineMs)
  }

  /** DISCONNECT. */
  async disconnect(): Promise<void> {
    await this.#client.endAsync()
  }

  /** The socket is cut without a word. */
  async cut(): Promise<void> {
    await this.#client.endAsync(true)
  }

  /** Cuts the network connection itself: not even MQTT.js says goodbye. */
  destroySocket(): void {
    this.#client.stream.destroy()
  }
}
