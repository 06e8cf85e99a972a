import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { generate, type Packet } from 'mqtt-packet'
import { frameCutter, type OnFrame } from './frames.ts'

/** First nibble of a packet [MQTT-2.2.1]. */
export const PACKET = {
  connack: 2, publish: 3, puback: 4, pubrec: 5, pubrel: 6, pubcomp: 7, suback: 9, pingresp: 13,
} as const

export interface ConnectionOptions {
  readonly port: number
  readonly clientid: string
  readonly clean?: boolean
}

/** A raw MQTT connection whose CONNECT was accepted. */
export class Connection {
  readonly socket: Socket
  #onFrame: OnFrame | undefined
  /** What came while nobody was there to take it. */
  #held: Parameters<OnFrame>[] = []

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', frameCutter((...frame) => {
      if (this.#onFrame === undefined) this.#held.push(frame)
      else this.#onFrame(...frame)
    }))
  }

  /** Each packet goes to it, those first that have come since the last answer. */
  set onFrame(onFrame: OnFrame) {
    this.#onFrame = onFrame
    for (const frame of this.#held.splice(0)) onFrame(...frame)
  }

  static async open({ port, clientid, clean = true }: ConnectionOptions): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    socket.on('error', (error) => { throw error })
    socket.on('close', () => { if (!socket.writableEnded) throw new Error(`the broker closed the connection of ${clientid}`) })
    const connection = new Connection(socket)
    const connack = await connection.ask({ cmd: 'connect', clientId: clientid, clean, keepalive: 0, protocolId: 'MQTT', protocolVersion: 4 }, PACKET.connack)
    if (connack[1] !== 0) throw new Error(`the broker refused ${clientid} with code ${connack[1]}`)
    return connection
  }

  /** Sends a packet and waits for the body of the one that answers it; no other may come before. */
  async ask(packet: Packet, answer: number): Promise<Buffer> {
    return await new Promise((resolve, reject) => {
      this.onFrame = (header, bytes, from, to) => {
        this.#onFrame = undefined
        if (header >> 4 === answer) resolve(Buffer.from(bytes.subarray(from, to)))
        else reject(new Error(`the broker answered ${packet.cmd} with a packet of type ${header >> 4}`))
      }
      this.socket.write(generate(packet))
    })
  }

  /** DISCONNECT, and waits until the broker has closed. */
  async close(): Promise<void> {
    this.socket.end(generate({ cmd: 'disconnect' }))
    await once(this.socket, 'close')
  }
}
