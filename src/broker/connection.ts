import type { ISubscribePacket, IUnsubscribePacket } from 'mqtt-packet'
import type { Delivery } from '../delivery/delivery.ts'
import type { Link, OutgoingPublish } from '../delivery/ports.ts'
import { Publisher, type PublisherLink, type PublishPorts } from '../delivery/publisher.ts'
import type { Session } from '../delivery/session.ts'
import type { Counters } from '../engine/counters.ts'
import type { Visit } from '../engine/presence.ts'
import { isOfBroker, subscriptionProblem, topicLevels, withoutShare } from '../language/topic-filter.ts'
import type { ConnectDetails, MqttClient } from './aedes.ts'
import type { BoundedLog } from './bounded-log.ts'
import type { ClientPacket } from './client-packet.ts'
import { CLOSED_BY_BROKER, type ClosureLog } from './closure-log.ts'
import type { Reading } from './turns.ts'
import { Wire } from './wire.ts'

/** Why a connection ended. */
export type Reason = keyof typeof CLOSED_BY_BROKER | 'normal' | 'keepalive' | 'closed' | 'takeover' | 'shutdown'

/** The word that `${reason}` of `client.disconnected` has for it. */
export function reasonWord(reason: Reason): string {
  return isByBroker(reason) ? CLOSED_BY_BROKER[reason].reason : reason
}

/** Characters of all filters of one client: 10,000 common ones. */
const MOST_FILTER_LENGTH = 512 * 1024

/** Why a connection is not read from, as bits. */
const FOR_PUBLISHER = 1
const FOR_SOCKET = 2
const FOR_SUBSCRIPTIONS = 4

/** Questions to Redis that one client's subscriptions wait for, beyond which it is not read from. */
const MOST_ASKED = 256

/** Return code of a refused subscription [MQTT-3.9.3-2]. */
const REFUSED = 128

/**
 * One MQTT connection from CONNACK to its end: takes what the client sends, in the order of the
 * wire, to its publisher and its session, and is the wire of both.
 */
export class Connection implements Link, PublisherLink {
  readonly client: MqttClient
  readonly clientid: string
  readonly session: Session
  readonly resumed: boolean
  readonly publisher: Publisher
  readonly visit: Visit
  /** Set by who ends it; the first word counts. */
  reason: Reason | undefined
  /** CONNACK is on the wire, `client.connected` has run. */
  ready = false

  #pausedFor = 0
  readonly #delivery: Delivery
  readonly #counters: Counters
  readonly #refusals: BoundedLog
  readonly #closures: ClosureLog
  readonly #reading: Reading
  readonly #wire: Wire

  constructor(options: {
    readonly client: MqttClient
    readonly reading: Reading
    readonly clientid: string
    readonly details: ConnectDetails
    readonly delivery: Delivery
    readonly publishPorts: PublishPorts
    readonly counters: Counters
    readonly refusals: BoundedLog
    readonly closures: ClosureLog
  }) {
    const { client, clientid, details, delivery } = options
    this.client = client
    this.#reading = options.reading
    this.clientid = clientid
    this.#delivery = delivery
    this.#counters = options.counters
    this.#refusals = options.refusals
    this.#closures = options.closures
    const { session, resumed } = delivery.attach({ clientid, clean: client.clean, username: details.username, link: this })
    this.session = session
    this.resumed = resumed
    this.publisher = new Publisher({
      clientid, username: details.username, keepalive: details.keepalive, link: this, order: this, ports: options.publishPorts,
    })
    this.visit = { clientid, username: details.username, order: this, fences: undefined }
    this.#wire = new Wire(client.conn, () => this.#socketFull())
    client.conn.on('drain', () => this.#drained())
  }

  // --- Link and PublisherLink

  get writable(): boolean {
    const { conn } = this.client
    return !this.client.closed && !conn.destroyed && !conn.writableNeedDrain
  }

  publish(packet: OutgoingPublish): void {
    this.#wire.publish(packet)
  }

  puback(packetId: number): void {
    this.#wire.puback(packetId)
  }

  pubrec(packetId: number): void {
    this.#wire.pubrec(packetId)
  }

  pubrel(packetId: number): void {
    this.#wire.pubrel(packetId)
  }

  answered(): void {
    if (this.session.asked.size <= MOST_ASKED / 2) this.#resumeFor(FOR_SUBSCRIPTIONS)
  }

  pause(): void {
    this.#pauseFor(FOR_PUBLISHER)
  }

  resume(): void {
    this.#resumeFor(FOR_PUBLISHER)
  }

  /** Who does not read its answers is not read from, or they would pile up here; after a while it is closed. */
  #socketFull(): void {
    if ((this.#pausedFor & FOR_SOCKET) !== 0) return
    this.#pauseFor(FOR_SOCKET)
    this.session.noteStuck()
  }

  #drained(): void {
    this.#resumeFor(FOR_SOCKET)
    if (this.session.link === this) this.session.drained()
  }

  #pauseFor(why: number): void {
    this.#pausedFor |= why
    this.#reading.pause()
  }

  #resumeFor(why: number): void {
    const before = this.#pausedFor
    this.#pausedFor &= ~why
    if (before === 0 || this.#pausedFor !== 0) return
    // reading on may parse packets at once: not from inside a round's answers
    setImmediate(() => { if (this.#pausedFor === 0 && !this.client.closed) this.#reading.resume() })
  }

  /** The connection is about to end: what was answered until now leaves before. */
  flush(): void {
    this.#wire.flush()
  }

  close(reason: Reason, problem?: string): void {
    if (this.reason === undefined && isByBroker(reason)) this.#closures.note(this.clientid, reason, problem)
    this.reason ??= reason
    this.flush()
    this.client.close()
  }

  // --- packets

  handle(packet: ClientPacket): void {
    if (this.client.closed) return
    switch (packet.cmd) {
      case 'publish':
        // there is no negative acknowledgement [MQTT-3.3.5-2]
        if (isOfBroker(packet.topic)) return this.close('protocol', 'a topic of $SYS/, which is not for clients')
        return this.publisher.publish(packet)
      case 'puback': return this.session.puback(packet.packetId)
      case 'pubrec': return this.session.pubrec(packet.packetId)
      case 'pubcomp': return this.session.pubcomp(packet.packetId)
      case 'pubrel':
        this.publisher.pubrel(packet.packetId)
        return this.#wire.pubcomp(packet.packetId)
      case 'pingreq': return this.#wire.pingresp()
      case 'subscribe': return this.#subscribe(packet)
      case 'unsubscribe': return this.#unsubscribe(packet)
      default: packet satisfies never
    }
  }

  #subscribe(packet: ISubscribePacket): void {
    const granted = packet.subscriptions.map(({ topic, qos }) => {
      const refusal = this.#refusalOf(topic)
      if (refusal === undefined) return this.#delivery.subscribe(this.session, topic, qos, { own: true })
      this.#counters.subscriptionsRefused++
      this.#refusals.warn('subscription', {
        fields: { clientid: this.clientid, filter: topic }, message: `a subscription was refused: ${refusal}`,
        beyond: 'more subscriptions were refused',
      })
      return undefined
    })
    this.#wire.suback(idOf(packet), granted.map((subscription) => subscription?.qos ?? REFUSED))
    // the same filter twice in one packet is one subscription
    for (const subscription of new Set(granted)) {
      if (subscription !== undefined) this.#delivery.subscribed(this.session, subscription, { resumed: false })
    }
    // who subscribes faster than Redis answers would pile up what waits for it
    if (this.session.asked.size > MOST_ASKED) this.#pauseFor(FOR_SUBSCRIPTIONS)
  }

  #refusalOf(filter: string): string | undefined {
    if (subscriptionProblem(filter) !== undefined) return 'its filter is not one'
    const { maxTopicLevels, maxSubscriptions } = this.#delivery.rules.program.settings
    if (topicLevels(withoutShare(filter)) > maxTopicLevels) return 'its filter has more levels than mqtt.max_topic_levels'
    const { subscriptions, filterLength } = this.session
    if (subscriptions.has(filter)) return undefined
    if (subscriptions.size >= maxSubscriptions) return 'the client has as many as mqtt.max_subscriptions allows'
    return filterLength + filter.length > MOST_FILTER_LENGTH ? 'the filters of the client are too long together' : undefined
  }

  #unsubscribe(packet: IUnsubscribePacket): void {
    for (const filter of packet.unsubscriptions) this.#delivery.unsubscribe(this.session, filter)
    // [MQTT-3.10.4-5]: answered also when nothing was subscribed
    this.#wire.unsuback(idOf(packet))
  }
}

function isByBroker(reason: Reason): reason is keyof typeof CLOSED_BY_BROKER {
  return Object.hasOwn(CLOSED_BY_BROKER, reason)
}

function idOf(packet: { readonly messageId?: number | undefined }): number {
  return packet.messageId ?? 0
}
