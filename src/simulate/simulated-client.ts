import type { Link, OutgoingPublish } from '../delivery/ports.ts'
import { Publisher, type PublisherLink, type PublishPorts } from '../delivery/publisher.ts'
import type { Session } from '../delivery/session.ts'
import type { Visit } from '../engine/presence.ts'

export interface Will {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
}

export interface ClientOptions {
  readonly clientid: string
  readonly username: string | undefined
  readonly clean: boolean
  /** It acknowledges what it gets at once; else when it is told to. */
  readonly acknowledges: boolean
  readonly will: Will | undefined
}

/** What the broker of a test hears of its clients. */
export interface ClientPorts {
  readonly publish: PublishPorts
  attach(client: SimulatedClient): { readonly session: Session, readonly resumed: boolean }
  got(client: SimulatedClient, packet: OutgoingPublish): void
  acked(): void
  /** The broker has ended its connection; `reason` is a word of its own. */
  closed(client: SimulatedClient, reason: string): void
}

const LAST_PACKET_ID = 65_535

/** One connection of a client, without a wire: it reads all that it is sent. */
export class SimulatedClient implements Link, PublisherLink {
  readonly writable = true
  readonly options: ClientOptions
  readonly session: Session
  readonly resumed: boolean
  readonly publisher: Publisher
  readonly visit: Visit
  /** Not acknowledged yet, oldest first. */
  readonly open: OutgoingPublish[] = []
  readonly #ports: ClientPorts
  #lastPacketId = 0

  constructor(options: ClientOptions, ports: ClientPorts) {
    const { clientid, username } = options
    this.options = options
    this.#ports = ports
    const { session, resumed } = ports.attach(this)
    this.session = session
    this.resumed = resumed
    this.publisher = new Publisher({ clientid, username, keepalive: 60, link: this, order: this, ports: ports.publish })
    this.visit = { clientid, username, order: this, fences: undefined }
  }

  // --- what the broker sends

  publish(packet: OutgoingPublish): void {
    this.#ports.got(this, packet)
    if (packet.qos === 0) return
    this.open.push(packet)
    // not from inside of the broker's sending
    if (this.options.acknowledges) queueMicrotask(() => this.acknowledge(packet))
  }

  pubrel(packetId: number): void {
    queueMicrotask(() => { if (this.session.link === this) this.session.pubcomp(packetId) })
  }

  puback(): void {}

  answered(): void {}

  pubrec(packetId: number): void {
    queueMicrotask(() => this.publisher.pubrel(packetId))
  }

  close(reason: string): void {
    this.#ports.closed(this, reason)
  }

  pause(): void {}
  resume(): void {}

  // --- what the client sends

  acknowledge(packet: OutgoingPublish): void {
    const at = this.open.indexOf(packet)
    if (at === -1 || this.session.link !== this) return
    this.open.splice(at, 1)
    this.#ports.acked()
    if (packet.qos === 1) this.session.puback(packet.packetId)
    else this.session.pubrec(packet.packetId)
  }

  send(message: Will): void {
    this.#lastPacketId = this.#lastPacketId % LAST_PACKET_ID + 1
    this.publisher.publish({ ...message, packetId: message.qos === 0 ? 0 : this.#lastPacketId })
  }

  /** The will of a connection that ends without DISCONNECT: nobody waits for it. */
  sendWill(): void {
    const { will, clientid, username } = this.options
    if (will === undefined) return
    new Publisher({ clientid, username, keepalive: 0, link: undefined, order: this, ports: this.#ports.publish }).publish({ ...will, packetId: 0 })
  }
}
