import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { generate, type IConnackPacket, type IConnectPacket, type Packet, parser } from 'mqtt-packet'
import { eventually } from './eventually.ts'

type PacketOf<Cmd extends Packet['cmd']> = Extract<Packet, { cmd: Cmd }>

/**
 * One network connection on which a test decides every packet (MQTT 3.1.1): nothing is
 * acknowledged by itself.
 */
export class WireConnection {
  /** Everything that was read, in order, while `keeps`. */
  readonly received: Packet[] = []
  /** Who looks at each packet as it comes need not have all of them. */
  keeps = true
  readonly closed: Promise<void>
  /** Called for each packet, in order. */
  onPacket: (packet: Packet) => void = () => {}
  readonly #socket: Socket
  readonly #taken = new Set<Packet>()
  #ended = false

  constructor(socket: Socket) {
    this.#socket = socket
    const reader = parser({ protocolVersion: 4 })
    reader.on('packet', (packet) => {
      if (this.keeps) this.received.push(packet)
      this.onPacket(packet)
    })
    socket.setNoDelay(true)
    socket.on('data', (bytes) => { reader.parse(bytes) })
    // a cut connection is what these tests are about
    socket.on('error', () => {})
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#ended = true
        resolve()
      })
    })
  }

  get open(): boolean {
    return !this.#ended
  }

  /** Bytes that were sent and that the kernel did not take yet. */
  get unsent(): number {
    return this.#socket.writableLength
  }

  /** Packets of one kind so far. */
  all<Cmd extends Packet['cmd']>(cmd: Cmd): PacketOf<Cmd>[] {
    return this.received.filter((packet): packet is PacketOf<Cmd> => packet.cmd === cmd)
  }

  send(packet: Packet): void {
    this.#socket.write(generate(packet))
  }

  sendBytes(bytes: Buffer): void {
    this.#socket.write(bytes)
  }

  /** The next packet of this kind that no call has returned yet; fails at once when the connection has ended without it. */
  async next<Cmd extends Packet['cmd']>(cmd: Cmd, deadlineMs = 10_000): Promise<PacketOf<Cmd>> {
    const state = () => `${cmd}; read were ${this.received.map(summary).join(', ')}`
    const packet = await eventually(state, () => {
      const found = this.all(cmd).find((candidate) => !this.#taken.has(candidate))
      if (found === undefined && this.#ended) throw new Error(`the connection ended before ${state()}`)
      return found
    }, deadlineMs)
    this.#taken.add(packet)
    return packet
  }

  /** PUBLISH with QoS 1 or 2, under this packet id. */
  publish(topic: string, payload: string | Buffer, packet: { readonly messageId: number, readonly qos?: 0 | 1 | 2, readonly dup?: boolean, readonly retain?: boolean }): void {
    this.send({ cmd: 'publish', topic, payload, qos: 1, dup: false, retain: false, ...packet })
  }

  async subscribe(topic: string, qos: 0 | 1 | 2): Promise<number | undefined> {
    this.send({ cmd: 'subscribe', messageId: 60_000 + qos, subscriptions: [{ topic, qos }] })
    const { granted } = await this.next('suback')
    const [code] = granted
    return typeof code === 'number' ? code : undefined
  }

  /** PINGREQ, and its answer: all that was sent before has been read. */
  async ping(): Promise<void> {
    this.send({ cmd: 'pingreq' })
    await this.next('pingresp')
  }

  /** Stops reading; the kernel's buffers fill. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Cut without DISCONNECT. */
  cut(): void {
    this.#socket.resetAndDestroy()
  }

  async disconnect(): Promise<void> {
    this.send({ cmd: 'disconnect' })
    this.#socket.end()
    await this.closed
  }
}

/** A TCP connection to the loopback, before CONNECT. */
export async function openWire(port: number): Promise<WireConnection> {
  const socket = createConnection({ host: '127.0.0.1', port })
  await once(socket, 'connect')
  return new WireConnection(socket)
}

export type Connected = WireConnection & { readonly connack: IConnackPacket }

/** Connects and waits for CONNACK; clean session unless said otherwise. */
export async function connectWire(port: number, clientId: string, options: Partial<IConnectPacket> = {}): Promise<Connected> {
  const connection = await openWire(port)
  connection.send({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId, clean: true, keepalive: 0, ...options })
  return Object.assign(connection, { connack: await connection.next('connack') })
}

function summary(packet: Packet): string {
  return packet.messageId === undefined ? packet.cmd : `${packet.cmd} ${packet.messageId}`
}
