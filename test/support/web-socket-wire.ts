import { once } from 'node:events'
import { generate, parser, type Packet } from 'mqtt-packet'
import { WebSocket, type ClientOptions } from 'ws'
import { eventually } from './eventually.ts'

/** A WebSocket on which a test decides every frame; nothing is acknowledged by itself. */
export class WebSocketWire {
  readonly socket: WebSocket
  /** What came, in order. */
  readonly received: Packet[] = []
  /** Bytes of each frame that came. */
  readonly frames: number[] = []
  /** The status code of the end. */
  closeCode: number | undefined

  private constructor(socket: WebSocket) {
    this.socket = socket
    const reader = parser({ protocolVersion: 4 })
    reader.on('packet', (packet) => { this.received.push(packet) })
    socket.on('message', (data: Buffer) => { // `nodebuffer`, the default
      this.frames.push(data.length)
      reader.parse(data)
    })
    // a broken connection is what some tests are about
    socket.on('error', () => {})
    socket.on('close', (code) => { this.closeCode = code })
  }

  /** Resolves when the WebSocket is open. */
  static async open(url: string, options: ClientOptions & { readonly subprotocols?: string[] } = {}): Promise<WebSocketWire> {
    const { subprotocols = ['mqtt'], ...rest } = options
    const wire = new WebSocketWire(new WebSocket(url, subprotocols, rest))
    await once(wire.socket, 'open')
    return wire
  }

  get closed(): boolean {
    return this.socket.readyState === WebSocket.CLOSED
  }

  /** Kinds of packets that came. */
  get heard(): string[] {
    return this.received.map(({ cmd }) => cmd)
  }

  /** All of it as one frame. */
  send(...packets: readonly (Packet | Buffer)[]): void {
    this.socket.send(bytesOf(...packets))
  }

  connect(clientId: string, options: object = {}): void {
    this.send({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 0, clientId, ...options })
  }

  async connected(clientId: string, options: object = {}): Promise<this> {
    this.connect(clientId, options)
    await this.waitFor('connack')
    return this
  }

  async waitFor(cmd: Packet['cmd'], count = 1, deadlineMs?: number): Promise<void> {
    await eventually(
      () => `${count} ${cmd}; there are ${this.heard.join(', ')}`,
      () => this.heard.filter((one) => one === cmd).length >= count, deadlineMs)
  }

  async waitForClose(deadlineMs?: number): Promise<number | undefined> {
    await eventually('the WebSocket is closed', () => this.closed, deadlineMs)
    return this.closeCode
  }

  /** Cut without a close frame. */
  cut(): void {
    this.socket.terminate()
  }
}

export function bytesOf(...packets: readonly (Packet | Buffer)[]): Buffer {
  return Buffer.concat(packets.map((packet) => Buffer.isBuffer(packet) ? packet : generate(packet)))
}
