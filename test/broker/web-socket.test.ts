import { once } from 'node:events'
import { get, request, type IncomingMessage } from 'node:http'
import { connect as connectTcp, type Socket } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Packet } from 'mqtt-packet'
import { WebSocket } from 'ws'
import { bytesOf, WebSocketWire } from '../support/web-socket-wire.ts'
import { ConformanceRig, connectPacket, eventually, publish, subscribe } from './conformance-rig.ts'

/** MQTT 3.1.1, section 6, and what the limits of SPEC 1.1 mean there. */

let rig: ConformanceRig
let port = 0
const wires: WebSocketWire[] = []

beforeEach(() => start({}))
afterEach(async () => {
  for (const wire of wires.splice(0)) wire.cut()
  await rig.close()
})

async function start(settings: Parameters<typeof ConformanceRig.start>[0]): Promise<void> {
  rig = await ConformanceRig.start(settings)
  port = (await rig.broker.listen({ address: { host: '127.0.0.1', port: 0 }, path: '/mqtt' })).address.port
}

async function restart(settings: Parameters<typeof ConformanceRig.start>[0]): Promise<void> {
  await rig.close()
  await start(settings)
}

const urlOf = (path = '/mqtt') => `ws://127.0.0.1:${port}${path}`

async function open(options: Parameters<typeof WebSocketWire.open>[1] = {}): Promise<WebSocketWire> {
  const wire = await WebSocketWire.open(urlOf(), options)
  wires.push(wire)
  return wire
}

const PING: Packet = { cmd: 'pingreq' }

describe('frames', () => {
  test('of messages that are not whole no more than a bound is kept: those that began longest ago go', async () => {
    const begun: WebSocketWire[] = []
    for (let i = 0; i < 8; i++) {
      const wire = await (await open()).connected(`begins-${i}`)
      wire.socket.send(Buffer.alloc(7.5 * 1024 * 1024), { fin: false })
      await eventually(() => wire.socket.bufferedAmount).toBe(0)
      begun.push(wire)
    }
    await eventually(() => begun.map(({ closed }) => closed)).toEqual([true, true, false, false, false, false, false, false])
    expect(rig.broker.closures).toMatchObject([{ reason: 'limit', count: 2 }])
    for (const wire of begun.slice(2)) wire.cut()
  })

  test('a packet cut into frames of one byte is read as if it had come whole', async () => {
    const wire = await open()
    for (const byte of bytesOf(connectPacket('c'), subscribe(1, ['a', 1]), publish('a', 'hello', { qos: 1, id: 7 }))) wire.send(Buffer.from([byte]))
    await wire.waitFor('publish')
    expect(wire.heard.toSorted()).toEqual(['connack', 'puback', 'publish', 'suback'])
  })

  test('many packets in one frame, the last of them cut, are all read', async () => {
    const wire = await open()
    const bytes = bytesOf(connectPacket('c'), ...Array.from({ length: 500 }, (_, i) => publish('a', String(i), { qos: 1, id: i + 1 })), PING)
    wire.send(bytes.subarray(0, -1))
    await wire.waitFor('puback', 500)
    expect(wire.heard).not.toContain('pingresp')
    wire.send(bytes.subarray(-1))
    await wire.waitFor('pingresp')
  })

  test('a message in several frames, with a ping between them, is one', async () => {
    const wire = await open()
    const bytes = bytesOf(connectPacket('c'), PING)
    wire.socket.send(bytes.subarray(0, 5), { fin: false })
    wire.socket.ping()
    wire.socket.send(bytes.subarray(5, 9), { fin: false })
    wire.socket.send(bytes.subarray(9), { fin: true })
    await wire.waitFor('pingresp')
    expect(wire.heard).toEqual(['connack', 'pingresp'])
  })

  test('a frame of nothing means nothing', async () => {
    const wire = await open()
    wire.send(Buffer.alloc(0))
    await wire.connected('c')
    wire.send(Buffer.alloc(0), PING)
    await wire.waitFor('pingresp')
  })

  test('a packet comes in one frame, and small ones share it', async () => {
    const sub = await (await open()).connected('sub')
    sub.send(subscribe(1, ['a', 0]))
    await sub.waitFor('suback')
    const before = sub.frames.length
    const pub = await rig.connect('pub')
    pub.send(...Array.from({ length: 200 }, () => publish('a', 'x')))
    await sub.waitFor('publish', 200)
    expect(sub.frames.length - before).toBeLessThan(50)
  })

  test('a text frame closes the connection with 1003, after what came before it was done, and is said [MQTT-6.0.0-1]', async () => {
    const wire = await (await open()).connected('texter')
    const seen = await rig.subscriber('seer', 'a')
    wire.send(publish('a', 'before'))
    wire.socket.send('hello')
    wire.send(publish('a', 'after'))
    expect(await wire.waitForClose()).toBe(1003)
    await seen.ping()
    expect(seen.heard).toEqual(['publish a before qos0'])
    expect(rig.logged.join('\n')).toContain('a WebSocket frame that is not binary')
    expect(rig.broker.counters.packetsRefused).toBe(1)
  })

  test('a frame without a mask, and one with reserved bits, close the connection and nothing else', async () => {
    for (const [i, frame] of ['8200', 'f280'].entries()) {
      const wire = await (await open()).connected(`broken-${i}`)
      rawSocketOf(wire.socket).write(Buffer.from(`${frame}00000000`, 'hex'))
      expect(await wire.waitForClose()).toBe(1002)
    }
    expect(rig.logged.filter((line) => line.includes('a WebSocket frame that is not as it must be'))).toHaveLength(2)
    await (await open()).connected('still-here')
  })

  test('a wrong packet closes the connection as on TCP', async () => {
    const wire = await (await open()).connected('c')
    wire.send(Buffer.from([0x36, 0]))
    await wire.waitForClose()
    expect(rig.logged.join('\n')).toContain('QoS 3')
  })

  test('a CONNECT that is refused is answered before the end', async () => {
    const wire = await open()
    wire.send(Buffer.from([0x10, 12, 0, 4, ...Buffer.from('MQTT'), 4, 0, 0, 0, 0, 0]))
    expect(await wire.waitForClose()).toBe(1000)
    expect(wire.received).toMatchObject([{ cmd: 'connack', returnCode: 2 }])
  })

  test('frames are not compressed', async () => {
    const wire = await open({ perMessageDeflate: true })
    expect(wire.socket.extensions).toBe('')
  })
})

describe('the way there', () => {
  test.each([
    [['mqtt'], 'mqtt'], [['other', 'mqtt'], 'mqtt'], [['mqttv3.1'], 'mqttv3.1'], [['mqttv3.1', 'mqtt'], 'mqtt'],
  ])('of the subprotocols %j it takes %s [MQTT-6.0.0-4]', async (subprotocols, taken) => {
    expect((await open({ subprotocols })).socket.protocol).toBe(taken)
  })

  test.each([[[]], [['other']], [['MQTT5']]])('of the subprotocols %j it takes none, and says so', async (subprotocols: string[]) => {
    expect(await refusalOf(urlOf(), subprotocols)).toEqual([400, 'offer the WebSocket subprotocol mqtt\n'])
  })

  test.each(['/', '/other', '/mqtt/', '/mqttx'])('at %s is nothing', async (path) => {
    expect(await refusalOf(urlOf(path), ['mqtt'])).toEqual([404, 'nothing is here: MQTT over WebSocket is at /mqtt\n'])
    const response = await fetchOf(path)
    expect([response.statusCode, await textOf(response)]).toEqual([404, 'nothing is here: MQTT over WebSocket is at /mqtt\n'])
  })

  test('a query is no part of the path', async () => {
    const wire = await WebSocketWire.open(urlOf('/mqtt?token=1'))
    wires.push(wire)
    await wire.connected('c')
  })

  test('who asks for a page is told what is here', async () => {
    const response = await fetchOf('/mqtt')
    expect(response.headers).toMatchObject({ upgrade: 'websocket', connection: 'close' })
    expect([response.statusCode, await textOf(response)])
      .toEqual([426, 'this is MQTT over WebSocket: ask for an upgrade with the subprotocol mqtt\n'])
  })

  test('any page may ask, unless the listener names those that may', async () => {
    await (await open({ origin: 'https://example.com' })).connected('c')
    const { address } = await rig.broker.listen({ address: { host: '127.0.0.1', port: 0 }, path: '/mqtt', origins: ['https://example.com'] })
    port = address.port
    await (await open({ origin: 'https://EXAMPLE.com' })).connected('of that page')
    await (await open()).connected('no page')
    await expect(open({ origin: 'https://example.com.evil.org' })).rejects.toThrow('403')
  })

  test('what is no HTTP is answered with 400 and ends', async () => {
    const socket = dial()
    socket.write(bytesOf(connectPacket('c')))
    expect(await textOf(socket)).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('a handshake without its key is refused', async () => {
    const [response] = await once(request(urlOf().replace('ws:', 'http:'), {
      headers: { 'Connection': 'Upgrade', 'Upgrade': 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Protocol': 'mqtt' },
    }).end(), 'response') as [IncomingMessage]
    expect(response.statusCode).toBe(400)
  })

  test('frames that come with the handshake are not lost', async () => {
    const socket = dial()
    socket.write(earlyHandshake(connectPacket('early')))
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => { chunks.push(chunk) })
    await eventually(() => Buffer.concat(chunks).subarray(-6).toString('hex')).toBe('820420020000')
  })
})

describe('limits', () => {
  test('a packet larger than mqtt.max_packet_size is refused on its header, in however many frames it comes', async () => {
    await restart({ maxPacketSize: 1000 })
    const wire = await (await open()).connected('large')
    wire.send(Buffer.from([0x30, 0x80]))
    wire.send(Buffer.from([0x80, 0x01, 0]))
    await wire.waitForClose()
    expect(rig.logged.join('\n')).toContain('more bytes than mqtt.max_packet_size')
  })

  test('one frame may hold more than mqtt.max_packet_size, in packets that do not', async () => {
    await restart({ maxPacketSize: 1000 })
    const wire = await (await open()).connected('batch')
    wire.send(...Array.from({ length: 1000 }, (_, i) => publish('a', 'x'.repeat(900), { qos: 1, id: i + 1 })))
    await wire.waitFor('puback', 1000)
  })

  test('a frame that says it is larger than any message may be is refused before its content comes', async () => {
    await restart({ maxPacketSize: 1000 })
    const wire = await (await open()).connected('huge')
    // binary, masked, 2 MB
    rawSocketOf(wire.socket).write(Buffer.from('82ff0000000000200000' + '00000000', 'hex'))
    expect(await wire.waitForClose()).toBe(1009)
    expect(rig.logged.join('\n')).toContain('a WebSocket message too large for mqtt.max_packet_size')
    expect(rig.logged.join('\n')).toContain('"clientid":"huge"')
  })

  test('a packet of mqtt.max_packet_size fits into a frame, however large that is', async () => {
    await restart({ maxPacketSize: 4_000_000 })
    const wire = await (await open()).connected('c')
    wire.send(publish('a', 'x'.repeat(3_900_000), { qos: 1 }))
    await wire.waitFor('puback')
  })

  test.each([
    ['says nothing', () => dial()],
    ['never ends its request', () => {
      const socket = dial()
      socket.write('GET /mqtt HTTP/1.1\r\n')
      return socket
    }],
    ['dribbles its request', () => {
      const socket = dial()
      socket.write('GET /mqtt HTTP/1.1\r\nX-Header: ')
      const dribble = setInterval(() => { socket.write('x') }, 50)
      socket.once('close', () => { clearInterval(dribble) })
      return socket
    }],
  ])('a connection that %s is closed after mqtt.idle_timeout', async (_, begin) => {
    await restart({ idleTimeoutMs: 300 })
    const socket = begin()
    socket.resume()
    await once(socket, 'close')
  })

  test('a WebSocket without a CONNECT is closed after mqtt.idle_timeout', async () => {
    await restart({ idleTimeoutMs: 300 })
    const wire = await open()
    await wire.waitForClose()
    const late = await (await open()).connected('c')
    await new Promise((resolve) => { setTimeout(resolve, 500) })
    late.send(PING)
    await late.waitFor('pingresp')
  })
})

describe('the end', () => {
  const will = { topic: 'w', payload: Buffer.from('bye'), qos: 0 as const, retain: false }

  test('a WebSocket that is closed without DISCONNECT leaves its will, with DISCONNECT it does not', async () => {
    const heir = await rig.subscriber('heir', 'w')
    for (const [clientId, end] of [
      ['polite', (wire: WebSocketWire) => { wire.send({ cmd: 'disconnect' }) }],
      ['closing', (wire: WebSocketWire) => { wire.socket.close(1000) }],
      ['cut', (wire: WebSocketWire) => { wire.cut() }],
      ['reset', (wire: WebSocketWire) => { rawSocketOf(wire.socket).resetAndDestroy() }],
    ] as const) {
      const wire = await (await open()).connected(clientId, { will: { ...will, payload: Buffer.from(clientId) } })
      end(wire)
      await wire.waitForClose()
      await eventually(() => rig.broker.connections).toBe(1)
    }
    await heir.ping()
    expect(heir.heard).toEqual(['publish w closing qos0', 'publish w cut qos0', 'publish w reset qos0'])
  })

  test('after DISCONNECT the broker closes with 1000', async () => {
    const wire = await (await open()).connected('c')
    wire.send({ cmd: 'disconnect' })
    expect(await wire.waitForClose()).toBe(1000)
  })

  test('DISCONNECT and the close frame together are a farewell', async () => {
    const heir = await rig.subscriber('heir', 'w')
    const wire = await (await open()).connected('c', { will })
    wire.send(publish('w', 'last'), { cmd: 'disconnect' })
    wire.socket.close(1000)
    await eventually(() => rig.broker.connections).toBe(1)
    await heir.ping()
    expect(heir.heard).toEqual(['publish w last qos0'])
  })

  test('a client id is taken over from WebSocket to TCP and back', async () => {
    const first = await (await open()).connected('twin')
    const second = await rig.connect('twin')
    await first.waitForClose()
    await (await open()).connected('twin')
    await eventually(() => second.heard).toContain('closed')
    expect(rig.broker.connections).toBe(1)
  })

  test('a client that does not answer our close frame is cut all the same', async () => {
    const deaf = dial()
    deaf.write(earlyHandshake(connectPacket('deaf')))
    deaf.resume()
    await eventually(() => rig.broker.connections).toBe(1)
    await rig.connect('deaf')
    await once(deaf, 'close')
  })

  test('a broker that stops ends WebSockets, requests and connections that say nothing', async () => {
    const wire = await (await open()).connected('c')
    const mute = dial()
    const asking = dial()
    asking.write('GET /mqtt HTTP/1.1\r\n')
    await Promise.all([once(mute, 'connect'), once(asking, 'connect')])
    await rig.broker.close()
    await wire.waitForClose()
    await eventually(() => [mute.destroyed, asking.destroyed]).toEqual([true, true])
  })
})

describe('a client that does not keep up', () => {
  test('that never reads is told no more than a little, and its bytes are not kept', async () => {
    const stuck = await (await open()).connected('stuck')
    stuck.send(subscribe(1, ['flood', 0]))
    await stuck.waitFor('suback')
    stuck.socket.pause()
    const reader = await rig.subscriber('reader', 'flood')
    const pub = await rig.connect('pub')
    const payload = 'x'.repeat(100_000)
    const before = process.memoryUsage().rss
    for (let i = 0; i < 100; i++) {
      pub.send(publish('flood', payload), publish('flood', payload))
      await pub.ping()
      // who reads is not behind, however slow the machine is
      await reader.ping()
    }
    expect(reader.heard.length).toBe(200)
    reader.forget()
    expect(rig.broker.counters.qos0Dropped).toBeGreaterThan(100)
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024)
  })

  test('that floods takes little from the others', async () => {
    const wire = await (await open()).connected('flooder')
    const other = await rig.connect('other')
    const flood = bytesOf(...Array.from({ length: 200 }, (_, i) => publish('flood', 'x'.repeat(500), { qos: 1, id: i + 1 })))
    const until = Date.now() + 2000
    let sent = 0
    let slowest = 0
    while (Date.now() < until) {
      for (; wire.socket.bufferedAmount < 1_000_000; sent++) wire.send(flood)
      const began = Date.now()
      await other.ping()
      slowest = Math.max(slowest, Date.now() - began)
    }
    expect(slowest).toBeLessThan(1000)
    await wire.waitFor('puback', sent * 200, 25_000)
  })
})

function dial(): Socket {
  const socket = connectTcp(port, '127.0.0.1')
  socket.on('error', () => {})
  onTestFinished(() => { socket.destroy() })
  return socket
}

async function fetchOf(path: string): Promise<IncomingMessage> {
  const [response] = await once(get({ host: '127.0.0.1', port, path }), 'response') as [IncomingMessage]
  return response
}

/** Status and text of a handshake that fails. */
async function refusalOf(url: string, subprotocols: string[]): Promise<[number | undefined, string]> {
  const socket = new WebSocket(url, subprotocols)
  socket.on('error', () => {})
  const [, response] = await once(socket, 'unexpected-response') as [unknown, IncomingMessage]
  return [response.statusCode, await textOf(response)]
}

/** The TCP socket below; not declared by `ws`. */
function rawSocketOf(socket: WebSocket): Socket {
  return (socket as unknown as { readonly _socket: Socket })._socket
}

/** The handshake and, without waiting for its answer, a frame. */
function earlyHandshake(packet: Packet): Buffer {
  const content = bytesOf(packet)
  return Buffer.concat([
    Buffer.from('GET /mqtt HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
      + 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n'),
    // final, binary; masked with nothing
    Buffer.from([0x82, 0x80 | content.length, 0, 0, 0, 0]), content,
  ])
}
