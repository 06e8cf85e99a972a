import type { EventEmitter } from 'node:events'
import { Readable, type Duplex } from 'node:stream'
import { Aedes } from 'aedes'
import type { Packet } from 'mqtt-packet'

/**
 * What hookline uses of aedes 1.2.0, and the only file that imports it. aedes keeps the
 * connection, the handshake, PINGREQ and the parser. Everything else a client sends is taken from
 * the parser before aedes sees it, so its routing, persistence and acknowledgements have nothing
 * to do. Half of this is not public: `test/broker/aedes-contract.test.ts` holds each piece.
 */
export interface MqttClient {
  /** Null before CONNECT was accepted. */
  readonly id: string | null
  readonly clean: boolean
  readonly closed: boolean
  readonly conn: Duplex
  /** Stops reading; what was read is parsed. */
  pause(): void
  resume(): void
  close(done?: () => void): void
}

/** Not declared by aedes. */
interface Internals extends MqttClient {
  readonly connecting: boolean
  readonly connected: boolean
  readonly connackSent: boolean
  readonly _keepaliveTimer: NodeJS.Timeout | null
  readonly _parser: {
    on(event: 'packet', listener: (packet: Packet) => void): void
    listeners(event: 'packet'): ((packet: Packet) => void)[]
    removeAllListeners(event: 'packet'): void
  }
}

export interface ConnectDetails {
  readonly username: string | undefined
  /** Seconds; 0 for none. */
  readonly keepalive: number
}

export interface Will {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
}

export interface HandshakeEvents {
  /** A persistent session of the client id is here: what CONNACK says [MQTT-3.2.2-2]. */
  sessionPresent(clientid: string): boolean
  /** CONNECT is accepted, an older connection of the client id is gone, CONNACK comes next. */
  registered(client: MqttClient, clientid: string, details: ConnectDetails, told: { readonly sessionPresent: boolean }): void
  /** CONNACK with code 0 is on the wire. */
  ready(client: MqttClient): void
  /** A packet after CONNECT that is not CONNECT, PINGREQ or DISCONNECT. Called in the order of the wire. */
  packet(client: MqttClient, packet: Packet): void
  /** The client has sent DISCONNECT; the connection ends now. */
  disconnecting(client: MqttClient): void
  /** The connection has ended without DISCONNECT. Before `gone`. */
  will(client: MqttClient, will: Will): void
  /** The connection is closed; once for each that was registered. */
  gone(client: MqttClient): void
  keepaliveTimeout(client: MqttClient): void
  /** What was wrong with what the client sent, or its socket. */
  failed(client: MqttClient, error: Error): void
}

export interface Handshake {
  /** Takes a new network connection. */
  accept(conn: Duplex): void
  /** Closes all connections; their wills are handed over. */
  close(): Promise<void>
}

/** [MQTT-3.2.2.3] identifier rejected. */
const IDENTIFIER_REJECTED = 2
/** How long a socket may keep an answer of aedes from leaving. Milliseconds. */
const DRAIN_MS = 10_000
/** A subscription that is refused when aedes restores it; its being there makes CONNACK say "session present". */
const PRESENT = { topic: '$hookline/session', qos: 0 }
/** Packets that aedes answers itself. */
const OF_AEDES = new Set(['connect', 'pingreq', 'disconnect'])

/** Starts the handshake half of the broker. */
export async function createHandshake(events: HandshakeEvents): Promise<Handshake> {
  const details = new WeakMap<object, ConnectDetails>()
  /** Told in CONNACK, remembered until the client is registered. */
  const told = new Map<string, boolean>()
  const nameless = new WeakSet<object>()
  /** What a client sent before its CONNACK. */
  const early = new WeakMap<object, Packet[]>()
  const here = new WeakSet<object>()

  const broker = await Aedes.createBroker({
    mq: noRouting(),
    persistence: noPersistence((clientid) => {
      const present = events.sessionPresent(clientid)
      told.set(clientid, present)
      return present
    }),
    drainTimeout: DRAIN_MS,
    preConnect: (client, packet, done) => {
      details.set(client, { username: packet.username, keepalive: packet.keepalive ?? 0 })
      if (packet.clientId === '' && packet.clean !== true) nameless.add(client)
      done(null, true)
    },
    authenticate: (client, _username, _password, done) => {
      if (!nameless.has(client)) return done(null, true)
      // [MQTT-3.1.3-8]: without a name there is no session to keep
      done(Object.assign(new Error('a persistent session needs a client id'), { returnCode: IDENTIFIER_REJECTED }), false)
    },
    // only wills come here: they are taken over, and aedes is told that they are refused
    authorizePublish: (client, packet, done) => {
      if (client !== null) events.will(internals(client), willOf(packet))
      done(new Error('taken over'))
    },
    authorizeSubscribe: (_client, _subscription, done) => done(null, null),
  })

  broker.on('client', (client) => {
    const inner = internals(client)
    if (inner.closed || inner.id === null) return
    here.add(inner)
    const sessionPresent = told.get(inner.id) === true && !inner.clean
    told.delete(inner.id)
    events.registered(inner, inner.id, details.get(client) ?? { username: undefined, keepalive: 0 }, { sessionPresent })
    // aedes forgets a connection when an older one of its name dies late: its socket does not lie
    inner.conn.once('close', () => gone(inner))
  })
  broker.on('connackSent', (packet, client) => {
    const inner = internals(client)
    // [MQTT-3.2.2-5]: with another code the connection is about to be closed
    if (packet.returnCode !== 0 || !here.has(inner)) return
    events.ready(inner)
    const packets = early.get(inner)
    early.delete(inner)
    for (const early of packets ?? []) take(inner, early)
  })
  broker.on('clientDisconnect', (client) => gone(internals(client)))
  broker.on('keepaliveTimeout', (client) => events.keepaliveTimeout(internals(client)))
  broker.on('clientError', (client, error) => events.failed(internals(client), error))
  broker.on('connectionError', (client, error) => events.failed(internals(client), error))
  // not declared by aedes; nothing of ours rejects, so this is a mistake of ours
  const emitter: EventEmitter = broker
  emitter.on('error', (error: Error) => { throw error })

  function gone(client: MqttClient): void {
    if (!here.delete(client)) return
    events.gone(client)
  }

  function take(client: Internals, packet: Packet): void {
    client._keepaliveTimer?.refresh()
    events.packet(client, packet)
  }

  return {
    accept(conn) {
      const client = internals(broker.handle(conn))
      const [ofAedes] = client._parser.listeners('packet')
      if (ofAedes === undefined) throw new Error('aedes does not listen to its parser')
      client._parser.removeAllListeners('packet')
      client._parser.on('packet', (packet) => {
        if (packet.cmd === 'disconnect' && here.has(client)) events.disconnecting(client)
        if (OF_AEDES.has(packet.cmd) || !(client.connecting || client.connected)) ofAedes.call(client._parser, packet)
        else if (client.connackSent) take(client, packet)
        else {
          // read with the CONNECT, at most what one read of the socket holds
          const packets = early.get(client) ?? []
          packets.push(packet)
          early.set(client, packets)
        }
      })
    },
    close: () => new Promise((resolve) => broker.close(() => resolve())),
  }
}

/** aedes declares only part of its client; what is added here is held by the contract tests. */
function internals(client: unknown): Internals {
  return client as Internals
}

function willOf(packet: { topic: string, payload?: unknown, qos?: unknown, retain?: unknown }): Will {
  const { payload, qos } = packet
  return {
    topic: packet.topic,
    payload: Buffer.isBuffer(payload) ? payload : Buffer.from(typeof payload === 'string' ? payload : ''),
    qos: qos === 1 || qos === 2 ? qos : 0,
    retain: packet.retain === true,
  }
}

/** Routing is ours: aedes' own messages ($SYS) go nowhere. */
function noRouting(): object {
  return {
    on: (_topic: string, _listener: unknown, done?: () => void) => { if (done !== undefined) setImmediate(done) },
    removeListener: (_topic: string, _listener: unknown, done?: () => void) => { if (done !== undefined) setImmediate(done) },
    emit: (_packet: unknown, done?: () => void) => done?.(),
    close: (done: () => void) => { setImmediate(done) },
  }
}

/** Sessions are ours. No method may ever reject: that would take the process down. */
function noPersistence(sessionPresent: (clientid: string) => boolean): object {
  const nothing = async () => {}
  return {
    // aedes insists on a native async function
    setup: async () => {},
    subscriptionsByClient: async (client: { id: string }) => sessionPresent(client.id) ? [PRESENT] : [],
    cleanSubscriptions: nothing,
    addSubscriptions: nothing,
    removeSubscriptions: nothing,
    subscriptionsByTopic: async () => [],
    storeRetained: nothing,
    createRetainedStreamCombi: () => Readable.from([]),
    outgoingEnqueue: nothing,
    outgoingEnqueueCombi: nothing,
    outgoingUpdate: nothing,
    outgoingClearMessageId: nothing,
    outgoingStream: () => Readable.from([]),
    incomingStorePacket: nothing,
    incomingGetPacket: nothing,
    incomingDelPacket: nothing,
    cleanIncoming: nothing,
    putWill: nothing,
    delWill: nothing,
    streamWill: () => Readable.from([]),
  }
}
