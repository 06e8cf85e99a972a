import { connect as connectTcp, type Socket } from 'node:net'
import { generate, parser, type IConnectPacket, type Packet } from 'mqtt-packet'
import { expect } from 'vitest'
import { msgidMaker } from '../../src/actions/msgid.ts'
import { Broker } from '../../src/broker/broker.ts'
import type { Program } from '../../src/plan/program.ts'
import { systemClock } from '../../src/server/clock.ts'
import { programOf } from '../delivery/rig.ts'

/** `expect.poll` with a deadline that a slow machine keeps, and looks that a fast one does not wait for. */
export function eventually<T>(of: () => T) {
  return expect.poll(of, { interval: 5, timeout: 8000 })
}

/** A broker without rules on a free port, and raw clients of it. Close it at the end of a test. */
export class ConformanceRig {
  readonly broker: Broker
  /** Messages that the broker logged, with its fields as JSON. */
  readonly logged: string[] = []
  #clients: RawClient[] = []
  #port = 0

  private constructor(settings: Partial<Program['settings']>) {
    const line = (fields: object, message: string) => { this.logged.push(`${message} ${JSON.stringify(fields)}`) }
    this.broker = new Broker({
      rules: { program: programOf([], settings), pools: new Map() },
      log: { info: line, warn: line, error: line },
      clock: systemClock,
      nextMsgid: msgidMaker('00000000001'),
    })
  }

  static async start(settings: Partial<Program['settings']> = {}): Promise<ConformanceRig> {
    const rig = new ConformanceRig(settings)
    await rig.broker.start()
    rig.#port = (await rig.broker.listen({ address: { host: '127.0.0.1', port: 0 } })).address.port
    return rig
  }

  /** A network connection, nothing sent yet. */
  dial(): RawClient {
    const client = new RawClient(connectTcp(this.#port, '127.0.0.1'))
    this.#clients.push(client)
    return client
  }

  /** A client that has its CONNACK. */
  async connect(clientId: string, options: Partial<IConnectPacket> = {}): Promise<RawClient> {
    const client = this.dial()
    client.send(connectPacket(clientId, options))
    await eventually(() => client.heard[0]).toMatch(/^connack 0/)
    return client
  }

  /** A client that has subscribed; `heard` begins behind its SUBACK. */
  async subscriber(clientId: string, filter: string, qos: 0 | 1 | 2 = 2, options: Partial<IConnectPacket> = {}): Promise<RawClient> {
    const client = await this.connect(clientId, options)
    client.send(subscribe(1, [filter, qos]))
    await eventually(() => client.heard).toContain(`suback 1 ${qos}`)
    client.forget()
    return client
  }

  /** Keeps nothing of the clients that are gone. */
  forgetClosed(): void {
    this.#clients = this.#clients.filter((client) => !client.socket.destroyed)
  }

  async close(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.socket.destroy()
    await this.broker.close()
  }
}

/** A client that says what it is told, right or wrong, and acknowledges nothing by itself. */
export class RawClient {
  readonly socket: Socket
  /** What came, one line a packet: `publish topic payload qos1 id7 dup retain`; `closed` at the end. */
  readonly heard: string[] = []

  constructor(socket: Socket) {
    this.socket = socket
    const reader = parser()
    reader.on('packet', (packet) => this.heard.push(lineOf(packet)))
    reader.on('error', (error: Error) => this.heard.push(`not MQTT: ${error.message}`))
    socket.setNoDelay(true)
    socket.on('data', (chunk) => reader.parse(chunk))
    // a reset is how some endings look
    socket.on('error', () => {})
    socket.on('close', () => this.heard.push('closed'))
  }

  /** Sends all of it in one write. */
  send(...packets: readonly (Packet | Buffer)[]): void {
    this.socket.write(Buffer.concat(packets.map((packet) => Buffer.isBuffer(packet) ? packet : generate(packet))))
  }

  forget(): void {
    this.heard.length = 0
  }

  /** All that the broker had to say to what was sent before is heard when this resolves. */
  async ping(): Promise<void> {
    const before = this.heard.filter((line) => line === 'pingresp').length
    this.send({ cmd: 'pingreq' })
    await eventually(() => this.heard.filter((line) => line === 'pingresp').length).toBe(before + 1)
    this.heard.splice(this.heard.lastIndexOf('pingresp'), 1)
  }

  /** The packet id of the PUBLISH with this payload. */
  idOf(payload: string): number {
    const line = this.heard.find((candidate) => candidate.startsWith('publish ') && candidate.split(' ')[2] === payload)
    return Number(/ id(\d+)/.exec(line ?? '')?.[1])
  }
}

export function connectPacket(clientId: string, options: Partial<IConnectPacket> = {}): IConnectPacket {
  return { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 60, clientId, ...options }
}

export function subscribe(messageId: number, ...filters: readonly (readonly [filter: string, qos: 0 | 1 | 2])[]): Packet {
  return { cmd: 'subscribe', messageId, subscriptions: filters.map(([topic, qos]) => ({ topic, qos })) }
}

export function publish(
  topic: string, payload: string,
  options: { readonly qos?: 0 | 1 | 2, readonly id?: number, readonly retain?: boolean, readonly dup?: boolean } = {},
): Packet {
  const { qos = 0, id = 1, retain = false, dup = false } = options
  return { cmd: 'publish', topic, payload, qos, messageId: id, retain, dup }
}

/** A packet byte by byte: its first byte, its remaining length, and what follows; a text comes with its length. */
export function raw(first: number, ...fields: readonly (string | readonly number[] | Buffer)[]): Buffer {
  const body = Buffer.concat(fields.map((field) => typeof field === 'string' ? text(Buffer.from(field)) : Buffer.from(field)))
  const length: number[] = []
  for (let rest = body.length; ; rest >>= 7) {
    length.push(rest > 0x7f ? rest & 0x7f | 0x80 : rest)
    if (rest <= 0x7f) break
  }
  return Buffer.concat([Buffer.from([first, ...length]), body])
}

/** A length, and so many bytes, whatever they are. */
export function text(bytes: Buffer | readonly number[]): Buffer {
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), Buffer.from(bytes)])
}

function lineOf(packet: Packet): string {
  switch (packet.cmd) {
    case 'connack': return `connack ${packet.returnCode}${packet.sessionPresent ? ' present' : ''}`
    case 'publish': {
      const id = packet.qos === 0 ? '' : ` id${packet.messageId}`
      return `publish ${packet.topic} ${String(packet.payload)} qos${packet.qos}${id}${packet.dup ? ' dup' : ''}${packet.retain ? ' retain' : ''}`
    }
    case 'suback': return `suback ${packet.messageId} ${packet.granted.map(Number).join(' ')}`
    case 'pingresp': return 'pingresp'
    default: return `${packet.cmd} ${packet.messageId}`
  }
}
