import { connect as connectTcp, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { generate, parser, type Packet } from 'mqtt-packet'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createHandshake, type Handshake, type HandshakeEvents, type MqttClient } from '../../src/broker/aedes.ts'
import { listen, type OpenListener } from '../../src/broker/listeners.ts'
import type { Reading } from '../../src/broker/turns.ts'

/** What src/broker/aedes.ts relies on of aedes 1.2.0, piece by piece: a newer aedes must pass this first. */

const heard: string[] = []
const failures: Error[] = []
const clients: MqttClient[] = []
const readings: Reading[] = []
let whenReady = (): void => {}
let present = false
const LIMITS = { maxPacketSize: 1_048_576, maxClientidLen: 65_535, maxTopicLevels: 128, idleTimeoutMs: 15_000 }
let limits = LIMITS
let handshake: Handshake
let listener: OpenListener
const sockets: Socket[] = []

const events: HandshakeEvents = {
  sessionPresent: () => present,
  registered: (client, clientid, details, { sessionPresent, reading }) => {
    clients.push(client)
    readings.push(reading)
    heard.push(`registered ${clientid} keepalive ${details.keepalive} present ${sessionPresent}`)
  },
  ready: (client) => {
    heard.push(`ready ${client.id}`)
    whenReady()
  },
  packet: (_client, packet) => heard.push(`packet ${packet.cmd}`),
  disconnecting: () => heard.push('disconnecting'),
  will: (_client, will) => heard.push(`will ${will.topic} ${will.payload.toString()} ${will.qos} ${will.retain}`),
  gone: (client) => heard.push(`gone ${client.id}`),
  keepaliveTimeout: () => heard.push('keepalive'),
  refused: (_client, { problem }) => heard.push(`refused: ${problem}`),
  connectLate: () => heard.push('connect late'),
  failed: (_client, error) => {
    heard.push('failed')
    failures.push(error)
  },
}

beforeEach(async () => {
  heard.length = 0
  failures.length = 0
  clients.length = 0
  readings.length = 0
  whenReady = () => {}
  present = false
  limits = LIMITS
  handshake = await createHandshake(events, () => limits)
  listener = await listen({ address: { host: '127.0.0.1', port: 0 } }, {
    limits: () => limits, accept: (conn) => handshake.accept(conn), connectLate: () => {}, handshakeFailed: () => {}, turnedAway: () => {},
  })
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await handshake.close()
  listener.close()
})

/** A raw client: what it sends and what it receives. */
function dial(): { readonly socket: Socket, readonly received: Packet[], send(...packets: Packet[]): void } {
  const socket = connectTcp(listener.address.port, '127.0.0.1')
  sockets.push(socket)
  socket.on('error', () => {})
  const received: Packet[] = []
  const reader = parser()
  reader.on('packet', (packet) => received.push(packet))
  socket.on('data', (chunk) => reader.parse(chunk))
  return { socket, received, send: (...packets) => { socket.write(Buffer.concat(packets.map((packet) => generate(packet)))) } }
}

const CONNECT = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: 'c', keepalive: 60 } satisfies Packet

describe('the handshake', () => {
  test('gives the client before its CONNACK and says when that is on the wire', async () => {
    const client = dial()
    client.send({ ...CONNECT, keepalive: 7 })
    await expect.poll(() => client.received.map(({ cmd }) => cmd)).toEqual(['connack'])
    expect(heard).toEqual(['registered c keepalive 7 present false', 'ready c'])
  })

  test('says "session present" for a session that holds no subscription', async () => {
    present = true
    const client = dial()
    client.send({ ...CONNECT, clean: false })
    await expect.poll(() => client.received).toMatchObject([{ cmd: 'connack', returnCode: 0, sessionPresent: true }])
    expect(heard[0]).toBe('registered c keepalive 60 present true')
  })

  test('refuses a persistent session without a client id with code 2 [MQTT-3.1.3-8]', async () => {
    const client = dial()
    // mqtt-packet would not write it
    client.socket.write(Buffer.from('100c00044d5154540400003c0000', 'hex'))
    await expect.poll(() => client.received).toMatchObject([{ cmd: 'connack', returnCode: 2 }])
    expect(heard.filter((line) => line !== 'failed')).toEqual(['refused: neither a client id nor a clean session'])
  })

  test('closes the older connection of a client id before the newer one is registered', async () => {
    const older = dial()
    older.send(CONNECT)
    await expect.poll(() => heard).toContain('ready c')
    const newer = dial()
    newer.send(CONNECT)
    await expect.poll(() => heard.filter((line) => line === 'ready c')).toHaveLength(2)
    expect(heard.map((line) => line.split(' ')[0])).toEqual(['registered', 'ready', 'gone', 'registered', 'ready'])
  })

  test('hands over what was sent together with CONNECT, in order, after CONNACK', async () => {
    const client = dial()
    client.send(
      CONNECT,
      { cmd: 'publish', topic: 'a', payload: '1', qos: 1, messageId: 1, retain: false, dup: false },
      { cmd: 'subscribe', messageId: 2, subscriptions: [{ topic: 'a', qos: 1 }] },
    )
    await expect.poll(() => heard).toEqual(['registered c keepalive 60 present false', 'ready c', 'packet publish', 'packet subscribe'])
  })

  test.each([true, false])('has one CONNACK, ours, and aedes answers nothing of what comes with CONNECT or behind it (clean session %s)', async (clean) => {
    const client = dial()
    client.send({ ...CONNECT, clean }, { cmd: 'pingreq' }, { cmd: 'pingreq' })
    await expect.poll(() => heard.slice(1)).toEqual(['ready c', 'packet pingreq', 'packet pingreq'])
    client.send({ cmd: 'pingreq' })
    await expect.poll(() => heard.slice(4)).toEqual(['packet pingreq'])
    await new Promise((resolve) => { setImmediate(() => { setImmediate(resolve) }) })
    expect(client.received.map(({ cmd }) => cmd)).toEqual(['connack'])
  })

  test('gives a connection the idle timeout of the moment in which it comes', async () => {
    const patient = dial()
    await expect.poll(() => patient.socket.readyState).toBe('open')
    limits = { ...LIMITS, idleTimeoutMs: 50 }
    const late = dial()
    await expect.poll(() => late.socket.destroyed).toBe(true)
    expect(heard).toEqual(['connect late'])
    patient.send(CONNECT)
    await expect.poll(() => heard).toContain('ready c')
  })

  test('closes a connection that begins with something else', async () => {
    const client = dial()
    client.send({ cmd: 'publish', topic: 'a', payload: '1', qos: 1, messageId: 1, retain: false, dup: false })
    await expect.poll(() => client.socket.destroyed).toBe(true)
    expect(heard.filter((line) => line.startsWith('packet'))).toEqual([])
  })
})

describe('the parser', () => {
  test('gives us everything, which aedes then does not answer', async () => {
    const client = dial()
    client.send(CONNECT)
    await expect.poll(() => heard).toContain('ready c')
    client.send(
      { cmd: 'publish', topic: 'a', payload: '1', qos: 1, messageId: 1, retain: false, dup: false },
      { cmd: 'publish', topic: 'a', payload: '1', qos: 2, messageId: 2, retain: false, dup: false },
      { cmd: 'pubrel', messageId: 2 },
      { cmd: 'puback', messageId: 3 },
      { cmd: 'unsubscribe', messageId: 4, unsubscriptions: ['a'] },
      { cmd: 'pingreq' },
    )
    await expect.poll(() => heard.slice(2)).toEqual(['packet publish', 'packet publish', 'packet pubrel', 'packet puback', 'packet unsubscribe', 'packet pingreq'])
    await new Promise((resolve) => { setImmediate(() => { setImmediate(resolve) }) })
    expect(client.received.map(({ cmd }) => cmd)).toEqual(['connack'])
  })

  test('goes on reading after many packets that only we have seen', async () => {
    const client = dial()
    client.send(CONNECT)
    const publish = { cmd: 'publish', topic: 'a', payload: 'x'.repeat(1000), qos: 0, retain: false, dup: false } satisfies Packet
    for (let i = 0; i < 500; i++) client.send(publish)
    await expect.poll(() => heard.filter((line) => line === 'packet publish').length).toBe(500)
    client.send({ cmd: 'pingreq' })
    await expect.poll(() => heard.at(-1)).toBe('packet pingreq')
  })

  test('stops while the client is paused and goes on when it is resumed', async () => {
    const client = dial()
    client.send(CONNECT)
    await expect.poll(() => heard).toContain('ready c')
    readings[0]?.pause()
    client.send({ cmd: 'puback', messageId: 1 })
    await expect.poll(() => clients[0]?.conn.readableLength).toBeGreaterThan(0)
    expect(heard).not.toContain('packet puback')
    readings[0]?.resume()
    await expect.poll(() => heard).toContain('packet puback')
  })

  test('stays as it is when the client was paused before aedes resumes it, behind its CONNACK', async () => {
    const client = dial()
    whenReady = () => { readings[0]?.pause() }
    client.send(CONNECT)
    // aedes has resumed it
    await expect.poll(() => client.received.map(({ cmd }) => cmd)).toEqual(['connack'])
    await new Promise((resolve) => { setImmediate(() => { setImmediate(resolve) }) })
    client.send({ cmd: 'puback', messageId: 1 })
    await expect.poll(() => clients[0]?.conn.readableLength).toBeGreaterThan(0)
    expect(heard).not.toContain('packet puback')
    readings[0]?.resume()
    await expect.poll(() => heard).toContain('packet puback')
  })

  test('our packets count for the keepalive', async () => {
    const client = dial()
    client.send({ ...CONNECT, keepalive: 1 })
    await expect.poll(() => heard).toContain('ready c')
    const since = Date.now()
    const chatter = setInterval(() => client.send({ cmd: 'puback', messageId: 1 }), 200)
    await expect.poll(() => Date.now() - since, { timeout: 5000 }).toBeGreaterThan(2500)
    clearInterval(chatter)
    expect(heard).not.toContain('keepalive')
    await expect.poll(() => heard, { timeout: 5000 }).toContain('keepalive')
    expect(heard).toContain('gone c')
  })
})

describe('the end of a connection', () => {
  const will = { topic: 'w', payload: Buffer.from('bye'), qos: 1 as const, retain: true }

  test('hands over the will of a client that vanished, before it is gone', async () => {
    const client = dial()
    client.send({ ...CONNECT, will })
    await expect.poll(() => heard).toContain('ready c')
    client.socket.destroy()
    await expect.poll(() => heard.slice(2)).toEqual(['will w bye 1 true', 'gone c'])
  })

  test('hands over no will of a client that said DISCONNECT', async () => {
    const client = dial()
    client.send({ ...CONNECT, will })
    await expect.poll(() => heard).toContain('ready c')
    client.send({ cmd: 'disconnect' })
    await expect.poll(() => heard.slice(2)).toEqual(['disconnecting', 'gone c'])
  })

  test('closing a client ourselves is done when close returns', async () => {
    const client = dial()
    client.send(CONNECT)
    await expect.poll(() => heard).toContain('ready c')
    clients[0]?.close()
    expect(heard.at(-1)).toBe('gone c')
  })

  test('closing the handshake closes all clients and hands over their wills', async () => {
    const client = dial()
    client.send({ ...CONNECT, will })
    await expect.poll(() => heard).toContain('ready c')
    await handshake.close()
    expect(heard.slice(2)).toEqual(['will w bye 1 true', 'gone c'])
  })

  test('random bytes close the connection and nothing else', async () => {
    const client = dial()
    client.socket.write(Buffer.from('f00000000000000000000000ff', 'hex'))
    await expect.poll(() => client.socket.destroyed).toBe(true)
    const other = dial()
    other.send(CONNECT)
    await expect.poll(() => heard).toContain('ready c')
  })
})

describe('a connection that is no socket', () => {
  /** What a WebSocket is made into: a stream, and nothing more. */
  class Conn extends Duplex {
    readonly written: Packet[] = []
    reads = 0
    readonly #reader = parser()

    constructor() {
      super({ allowHalfOpen: false })
      this.#reader.on('packet', (packet) => this.written.push(packet))
    }

    override _read(): void {
      this.reads++
    }

    override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
      this.#reader.parse(chunk)
      done()
    }

    send(...packets: Packet[]): boolean {
      return this.push(Buffer.concat(packets.map((packet) => generate(packet))))
    }
  }

  function accepted(): Conn {
    const conn = new Conn()
    handshake.accept(conn)
    return conn
  }

  test('is read, and asked for more', async () => {
    const conn = accepted()
    conn.send(CONNECT)
    await expect.poll(() => conn.written.map(({ cmd }) => cmd)).toEqual(['connack'])
    const { reads } = conn
    conn.send({ cmd: 'pingreq' })
    await expect.poll(() => heard.at(-1)).toBe('packet pingreq')
    await expect.poll(() => conn.reads).toBeGreaterThan(reads)
  })

  test('is not asked for more while its client is paused, and told when it is full', async () => {
    const conn = accepted()
    conn.send(CONNECT)
    await expect.poll(() => heard).toContain('ready c')
    readings[0]?.pause()
    let taken = 0
    const publish = { cmd: 'publish', topic: 'a', payload: 'x'.repeat(1000), qos: 0, retain: false, dup: false } satisfies Packet
    while (conn.send(publish)) taken++
    expect(taken).toBeLessThan(1000)
    const { reads } = conn
    await new Promise((resolve) => { setTimeout(resolve, 50) })
    expect(conn.reads).toBe(reads)
    readings[0]?.resume()
    await expect.poll(() => heard.filter((line) => line === 'packet publish').length).toBe(taken + 1)
    expect(conn.reads).toBeGreaterThan(reads)
  })

  test('is not read by aedes', async () => {
    const conn = accepted()
    conn.send(CONNECT)
    await expect.poll(() => heard).toContain('ready c')
    conn.send({ cmd: 'pingreq' })
    readings[0]?.pause()
    conn.send({ cmd: 'puback', messageId: 1 })
    await expect.poll(() => heard.at(-1)).toBe('packet pingreq')
    await new Promise((resolve) => { setImmediate(() => { setImmediate(resolve) }) })
    expect(heard).not.toContain('packet puback')
    readings[0]?.resume()
    await expect.poll(() => heard).toContain('packet puback')
  })

  test('ends with what was read before its end, and is destroyed', async () => {
    const conn = accepted()
    conn.send({ ...CONNECT, will: { topic: 'w', payload: Buffer.from('bye'), qos: 1, retain: false } })
    await expect.poll(() => heard).toContain('ready c')
    conn.send({ cmd: 'puback', messageId: 1 })
    conn.push(null)
    await expect.poll(() => heard.slice(2)).toEqual(['packet puback', 'will w bye 1 false', 'gone c'])
    expect([conn.destroyed, conn.readableEnded]).toEqual([true, true])
  })

  test('says what was wrong with it with its own error, with and without a CONNECT', async () => {
    const [mute, conn] = [accepted(), accepted()]
    conn.send(CONNECT)
    await expect.poll(() => heard).toContain('ready c')
    const errors = [new Error('of the one'), new Error('of the other')]
    mute.destroy(errors[0])
    conn.destroy(errors[1])
    await expect.poll(() => failures).toEqual(errors)
    expect(failures.map((error, i) => error === errors[i])).toEqual([true, true])
    expect(heard).toContain('gone c')
  })

  test('is destroyed after the idle timeout, and when its client is closed', async () => {
    limits = { ...LIMITS, idleTimeoutMs: 50 }
    const idle = accepted()
    await expect.poll(() => idle.destroyed).toBe(true)
    limits = LIMITS
    const conn = accepted()
    conn.send(CONNECT)
    await expect.poll(() => heard).toContain('ready c')
    clients[0]?.close()
    expect(conn.destroyed).toBe(true)
  })
})
