import type { EventEmitter } from 'node:events'
import { Readable, type Duplex } from 'node:stream'
import { Aedes } from 'aedes'
import { type ISubscribePacket, type IUnsubscribePacket, type Packet, writeToStream } from 'mqtt-packet'
import { BegunPackets } from './begun-packets.ts'
import { type ClientPacket, readOften } from './client-packet.ts'
import type { Limits, Refusal } from './packet-check.ts'
import { PacketReader } from './packet-reader.ts'
import { type Reading, Turns } from './turns.ts'

/**
 * What hookline uses of aedes 1.2.0, and the only file that imports it. aedes keeps the
 * connection, the handshake up to CONNACK and the parser. What is read goes through a `PacketReader`
 * first, so all that is parsed is right; messages and their acknowledgements go no further. Of the rest
 * everything but the handshake is taken from the parser before aedes sees it, so its routing, persistence
 * and acknowledgements have nothing to do. CONNACK is ours too: behind its own, aedes makes three streams and a pipeline
 * for what waits in its persistence, a sixth of what a connection takes. Half of this is not public:
 * `test/broker/aedes-contract.test.ts` holds each piece.
 */
export interface MqttClient {
  /** Null before CONNECT was accepted. */
  readonly id: string | null
  readonly clean: boolean
  readonly closed: boolean
  readonly conn: Duplex
  close(done?: () => void): void
}

/** Not declared by aedes. */
interface Internals extends MqttClient, Reading {
  connecting: boolean
  connected: boolean
  connackSent: boolean
  /** By DISCONNECT: its will is not published. */
  _disconnected: boolean
  /** Reads what has come; ends a connection that aedes has refused. */
  _nextBatch: (error?: Error | null) => void
  /** Packets that aedes has not done with; the first is let through if it is 1 then. */
  _parsingBatch: number
  readonly _keepaliveTimer: NodeJS.Timeout | null
  readonly _parser: {
    parse(bytes: Buffer): number
    on(event: 'packet', listener: (packet: ISubscribePacket | IUnsubscribePacket | PacketOfAedes) => void): void
    listeners(event: 'packet'): ((packet: Packet) => void)[]
    removeAllListeners(event: 'packet'): void
  }
  /** What aedes waits for to pass on what came before its CONNACK: nothing does. */
  emit(event: 'connected'): void
}

/** What is known of a connection besides. */
interface Known {
  /** Apart from what aedes pauses and resumes: behind CONNACK it is resumed, whoever has paused since. */
  readonly reading: Reading
  /** What aedes does with a packet. */
  readonly ofAedes: (packet: Packet) => void
  /** Until it is registered. */
  connect: (ConnectDetails & { readonly packet: { clean?: boolean } }) | undefined
  /** What the client sent before its CONNACK. */
  early: (ClientPacket | PacketOfAedes)[] | undefined
  /** What CONNACK will say. */
  sessionPresent: boolean
  /** It is registered, and not gone. */
  isHere: boolean
}

/** Not declared by aedes either. */
interface BrokerInternals {
  /** Milliseconds that a connection taken from now on has until its CONNECT. */
  connectTimeout: number
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
  /**
   * CONNECT is accepted, an older connection of the client id is gone, CONNACK comes next. `reading`
   * stops and goes on; what was read when it stops still comes.
   */
  registered(client: MqttClient, clientid: string, details: ConnectDetails, more: { readonly sessionPresent: boolean, readonly reading: Reading }): void
  /** CONNACK with code 0 is on the wire. */
  ready(client: MqttClient): void
  /** A packet after CONNECT that is not CONNECT or DISCONNECT. Called in the order of the wire. */
  packet(client: MqttClient, packet: ClientPacket): void
  /** The client has sent DISCONNECT; the connection ends now. */
  disconnecting(client: MqttClient): void
  /** The connection has ended without DISCONNECT. Before `gone`. */
  will(client: MqttClient, will: Will): void
  /** The connection is closed; once for each that was registered. */
  gone(client: MqttClient): void
  keepaliveTimeout(client: MqttClient): void
  /** The client sent what it must not, and the connection ends: at once, or behind a CONNACK that says so. */
  refused(client: MqttClient, refusal: Refusal): void
  /** A connection's CONNECT did not come in time. */
  connectLate(): void
  /** What was wrong with its socket. */
  failed(client: MqttClient, error: Error): void
}

export interface Handshake {
  /** Takes a new network connection. */
  accept(conn: Duplex): void
  /** Closes all connections; their wills are handed over. */
  close(): Promise<void>
}

/** How long a socket may keep an answer of aedes from leaving. Milliseconds. */
const DRAIN_MS = 10_000
/** What aedes says of a connection whose CONNECT did not come in time. */
const NO_CONNECT = 'connect did not arrive in time'
/** The code of CONNACK. */
const ACCEPTED = 0
/** Packets of the connection itself: the first aedes answers. */
type PacketOfAedes = Extract<Packet, { cmd: 'connect' | 'disconnect' }>
const OF_AEDES: ReadonlySet<string> = new Set<PacketOfAedes['cmd']>(['connect', 'disconnect'])

// aedes writes the CONNACK of a refusal with it: no reason to keep a buffer for each of 65,536 packet ids
writeToStream.cacheNumbers = false

/** Starts the handshake half of the broker; `limits` are asked for whenever something is read. */
export async function createHandshake(events: HandshakeEvents, limits: () => Limits): Promise<Handshake> {
  const known = new WeakMap<object, Known>()
  const turns = new Turns()
  const allBegun = new BegunPackets(() => limits().maxPacketSize)

  const broker = await Aedes.createBroker({
    mq: noRouting(),
    persistence: noPersistence(accepted),
    drainTimeout: DRAIN_MS,
    preConnect: (client, packet, done) => {
      knownOf(client).connect = { packet, username: packet.username, keepalive: packet.keepalive ?? 0 }
      done(null, true)
    },
    authenticate: (_client, _username, _password, done) => done(null, true),
    // only wills come here: they are taken over, and aedes is told that they are refused
    authorizePublish: (client, packet, done) => {
      if (client !== null) events.will(internals(client), willOf(packet))
      done(new Error('taken over'))
    },
  })

  const settings: BrokerInternals = broker as unknown as BrokerInternals // held by the contract tests, as `internals`

  broker.on('client', (client) => {
    const inner = internals(client)
    const of = knownOf(inner)
    const { connect } = of
    if (inner.id === null || inner.closed || connect === undefined) return
    of.sessionPresent = !inner.clean && events.sessionPresent(inner.id)
    of.isHere = true
    events.registered(inner, inner.id, connect, { sessionPresent: of.sessionPresent, reading: of.reading })
    // aedes forgets a connection when an older one of its name dies late: its socket does not lie
    inner.conn.once('close', () => gone(inner))
    // aedes asks for the end of a clean client's old session, and waits for it, as the last thing before its CONNACK
    connect.packet.clean = true
    of.connect = undefined
  })
  broker.on('clientDisconnect', (client) => gone(internals(client)))
  broker.on('keepaliveTimeout', (client) => events.keepaliveTimeout(internals(client)))
  broker.on('clientError', (client, error) => events.failed(internals(client), error))
  broker.on('connectionError', (client, error) => {
    if (error.message === NO_CONNECT) events.connectLate()
    else events.failed(internals(client), error)
  })
  // not declared by aedes; nothing of ours rejects, so this is a mistake of ours
  const emitter: EventEmitter = broker
  emitter.on('error', (error: Error) => { throw error })

  function knownOf(client: object): Known {
    const found = known.get(client)
    if (found === undefined) throw new Error('aedes has a connection that we have not given to it')
    return found
  }

  /** All before CONNACK is done: from here on the connection is as aedes leaves it behind its own. */
  function accepted(client: Internals): void {
    const of = knownOf(client)
    if (client.connected || client.closed || !of.isHere) return
    client.conn.write(connackOf(ACCEPTED, of.sessionPresent))
    client.connecting = false
    client.connected = true
    client.emit('connected')
    client.connackSent = true
    events.ready(client)
    // nothing is read before it is resumed
    const { early = [] } = of
    of.early = undefined
    for (const packet of early) take(client, packet)
    client.resume()
  }

  function gone(client: MqttClient): void {
    const of = knownOf(client)
    if (!of.isHere) return
    of.isHere = false
    events.gone(client)
  }

  /** In the order of the wire, whoever has read it. */
  function arrived(client: Internals, packet: ClientPacket | PacketOfAedes): void {
    if (client.connackSent || packet.cmd === 'connect') take(client, packet)
    // read with the CONNECT, at most what one read of the socket holds
    else (knownOf(client).early ??= []).push(packet)
  }

  function take(client: Internals, packet: ClientPacket | PacketOfAedes): void {
    if (!isOfAedes(packet)) return events.packet(client, packet)
    if (packet.cmd !== 'disconnect') return knownOf(client).ofAedes(packet)
    events.disconnecting(client)
    // [MQTT-3.14.4-3]; aedes would destroy the socket, and make an error of its early end
    client._disconnected = true
    client.close()
  }

  /** What is read goes through the reader first, for a while: who sends much that is dear lets others have their turns. */
  function guard(client: Internals): Reading {
    const { conn, _parser: parser } = client
    let isHeard = false
    const reader = new PacketReader({
      limits,
      allBegun,
      refused: (refusal) => { if (!client.closed) refuse(client, refusal) },
      packet: (bytes, packet) => {
        isHeard = true
        const often = readOften(bytes, packet)
        if (often !== undefined) arrived(client, often)
        else parser.parse(bytes.subarray(packet.at, packet.end))
      },
    })
    conn.once('close', () => { reader.end() })
    client.pause = () => { conn.pause() }
    client.resume = () => { conn.resume() }
    const turn = turns.of(client, (bytes) => {
      isHeard = false
      const refusal = reader.push(bytes)
      // a whole packet, not a byte of one [MQTT-3.1.2-24]
      if (isHeard) client._keepaliveTimer?.refresh()
      if (refusal !== undefined && !client.closed) refuse(client, refusal)
    })
    // aedes waits for `readable`, and asks for more then and behind every packet: it does no longer
    conn.removeAllListeners('readable')
    client._nextBatch = (error) => { if (error instanceof Error) client.close() }
    client._parsingBatch = 0
    conn.on('data', (chunk: Buffer) => { turn.take(chunk) })
    conn.resume()
    return turn
  }

  function refuse(client: Internals, refusal: Refusal): void {
    events.refused(client, refusal)
    if (refusal.connack === undefined) client.close()
    else client.conn.end(connackOf(refusal.connack, false), () => client.close())
  }

  return {
    accept(conn) {
      settings.connectTimeout = limits().idleTimeoutMs
      const client = internals(broker.handle(conn))
      const reading = guard(client)
      const [listener] = client._parser.listeners('packet')
      if (listener === undefined) throw new Error('aedes does not listen to its parser')
      known.set(client, { reading, ofAedes: listener.bind(client._parser), connect: undefined, early: undefined, sessionPresent: false, isHere: false })
      client._parser.removeAllListeners('packet')
      client._parser.on('packet', (packet) => { arrived(client, packet) })
    },
    close: () => new Promise((resolve) => broker.close(() => resolve())),
  }
}

function isOfAedes(packet: ClientPacket | PacketOfAedes): packet is PacketOfAedes {
  return OF_AEDES.has(packet.cmd)
}

/** aedes declares only part of its client; what is added here is held by the contract tests. */
function internals(client: unknown): Internals {
  return client as Internals
}

/** Session present is 0 with every other code than 0 [MQTT-3.2.2-4]. */
function connackOf(returnCode: number, sessionPresent: boolean): Buffer {
  return Buffer.from([0x20, 2, sessionPresent ? 1 : 0, returnCode])
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

/** A stream of nothing: aedes asks now and then for wills that other brokers have left. */
function nothingMore(): Readable {
  return new Readable({ objectMode: true, read() { this.push(null) } })
}

/** Sessions are ours. No method may ever reject: that would take the process down. */
function noPersistence(accepted: (client: Internals) => void): object {
  const nothing = async () => {}
  return {
    // aedes insists on a native async function
    setup: async () => {},
    subscriptionsByClient: async () => [],
    cleanSubscriptions: nothing,
    addSubscriptions: nothing,
    removeSubscriptions: nothing,
    subscriptionsByTopic: async () => [],
    storeRetained: nothing,
    createRetainedStreamCombi: nothingMore,
    outgoingEnqueue: nothing,
    outgoingEnqueueCombi: nothing,
    outgoingUpdate: nothing,
    outgoingClearMessageId: nothing,
    outgoingStream: nothingMore,
    incomingStorePacket: nothing,
    incomingGetPacket: nothing,
    incomingDelPacket: nothing,
    /** Before CONNACK, and when a clean client has ended. aedes goes no further: the rest is `accepted`. */
    cleanIncoming: (client: unknown) => {
      accepted(internals(client))
      return new Promise<never>(() => {})
    },
    putWill: nothing,
    delWill: nothing,
    streamWill: nothingMore,
  }
}
