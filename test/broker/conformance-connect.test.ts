import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ConformanceRig, connectPacket, eventually, publish, raw, subscribe, text } from './conformance-rig.ts'

/** MQTT 3.1.1, sections 3.1 and 3.2: from the network connection to CONNACK. `docs/mqtt-3.1.1.md` says which clause is where. */

let rig: ConformanceRig

beforeEach(async () => { rig = await ConformanceRig.start() })
afterEach(() => rig.close())

const MQTT = 'MQTT'
const LEVEL = [4]
const KEEPALIVE = [0, 60]
/** ED A0 80 would be U+D800, half of a surrogate pair. */
const SURROGATE = text([0xed, 0xa0, 0x80])
const CUT_UTF8 = text([0x61, 0xc3])
const NUL = text([0x61, 0, 0x62])

describe('what is no CONNECT', () => {
  test.each([
    ['PUBLISH', publish('a', '1')],
    ['SUBSCRIBE', subscribe(1, ['a', 0])],
    ['PINGREQ', raw(0xc0)],
    ['DISCONNECT', raw(0xe0)],
    ['CONNACK', raw(0x20, [0, 0])],
  ])('a connection that begins with %s ends', async (_name, packet) => {
    const client = rig.dial()
    client.send(packet)
    await eventually(() => client.heard).toEqual(['closed'])
  })

  test('a second CONNECT ends the connection', async () => {
    const client = await rig.connect('c')
    client.send(connectPacket('c'))
    await eventually(() => client.heard).toEqual(['connack 0', 'closed'])
  })

  test('a second CONNECT in one write with the first ends the connection', async () => {
    const client = rig.dial()
    client.send(connectPacket('c'), connectPacket('d'))
    await eventually(() => client.heard.at(-1)).toBe('closed')
  })

  test('another protocol name ends the connection without an answer', async () => {
    const client = rig.dial()
    client.send(raw(0x10, 'MQTTX', LEVEL, [2], KEEPALIVE, 'c'))
    await eventually(() => client.heard).toEqual(['closed'])
  })

  test.each([0, 3, 5, 0x84])('protocol level %i is answered with CONNACK 1, then the connection ends', async (level) => {
    const client = rig.dial()
    client.send(raw(0x10, MQTT, [level], [2], KEEPALIVE, 'c'))
    await eventually(() => client.heard).toEqual(['connack 1', 'closed'])
  })

  test('a client of MQTT 3.1 whose id is longer than that allows is told so, and its connection ends [MQTT-3.2.2-5]', async () => {
    const client = rig.dial()
    client.send(raw(0x10, 'MQIsdp', [3], [2], KEEPALIVE, 'c'.repeat(24)))
    await eventually(() => client.heard).toEqual(['connack 2', 'closed'])
  })

  test('a client of MQTT 3.1 is let in', async () => {
    const client = rig.dial()
    client.send(raw(0x10, 'MQIsdp', [3], [2], KEEPALIVE, 'c'))
    await eventually(() => client.heard).toEqual(['connack 0'])
  })

  test.each([
    ['the reserved flag set', raw(0x10, MQTT, LEVEL, [0x03], KEEPALIVE, 'c')],
    ['flags in its fixed header', raw(0x11, MQTT, LEVEL, [0x02], KEEPALIVE, 'c')],
    ['will QoS 3', raw(0x10, MQTT, LEVEL, [0x1e], KEEPALIVE, 'c', 't', 'm')],
    ['a will QoS and no will', raw(0x10, MQTT, LEVEL, [0x0a], KEEPALIVE, 'c')],
    ['will retain and no will', raw(0x10, MQTT, LEVEL, [0x22], KEEPALIVE, 'c')],
    ['a will flag and no will message', raw(0x10, MQTT, LEVEL, [0x06], KEEPALIVE, 'c', 't')],
    ['a will that no flag announces', raw(0x10, MQTT, LEVEL, [0x02], KEEPALIVE, 'c', 't', 'm')],
    ['a password flag and no user name flag', raw(0x10, MQTT, LEVEL, [0x42], KEEPALIVE, 'c', 'p')],
    ['a user name flag and no user name', raw(0x10, MQTT, LEVEL, [0x82], KEEPALIVE, 'c')],
    ['a user name that no flag announces', raw(0x10, MQTT, LEVEL, [0x02], KEEPALIVE, 'c', 'u')],
    ['a password that no flag announces', raw(0x10, MQTT, LEVEL, [0x82], KEEPALIVE, 'c', 'u', 'p')],
    ['a password flag and no password', raw(0x10, MQTT, LEVEL, [0xc2], KEEPALIVE, 'c', 'u')],
    ['no client id field', raw(0x10, MQTT, LEVEL, [0x02], KEEPALIVE)],
    ['no keepalive', raw(0x10, MQTT, LEVEL, [0x02])],
    ['no flags', raw(0x10, MQTT, LEVEL)],
    ['nothing at all', raw(0x10)],
    ['a client id that is not UTF-8', raw(0x10, MQTT, LEVEL, [0x02], KEEPALIVE, CUT_UTF8)],
    ['half of a surrogate pair in its client id', raw(0x10, MQTT, LEVEL, [0x02], KEEPALIVE, SURROGATE)],
    ['U+0000 in its client id', raw(0x10, MQTT, LEVEL, [0x02], KEEPALIVE, NUL)],
    ['a will topic that is not UTF-8', raw(0x10, MQTT, LEVEL, [0x06], KEEPALIVE, 'c', CUT_UTF8, 'm')],
    ['U+0000 in its will topic', raw(0x10, MQTT, LEVEL, [0x06], KEEPALIVE, 'c', NUL, 'm')],
    ['a wildcard in its will topic', raw(0x10, MQTT, LEVEL, [0x06], KEEPALIVE, 'c', 'a/#', 'm')],
    ['an empty will topic', raw(0x10, MQTT, LEVEL, [0x06], KEEPALIVE, 'c', '', 'm')],
    ['a user name that is not UTF-8', raw(0x10, MQTT, LEVEL, [0x82], KEEPALIVE, 'c', SURROGATE)],
    ['U+0000 in its user name', raw(0x10, MQTT, LEVEL, [0x82], KEEPALIVE, 'c', NUL)],
  ])('a CONNECT with %s ends the connection without CONNACK', async (_name, packet) => {
    const client = rig.dial()
    client.send(packet)
    await eventually(() => client.heard).toEqual(['closed'])
  })

  test('a CONNECT with all fields is let in, whatever bytes its password and will message are', async () => {
    const client = rig.dial()
    client.send(raw(0x10, MQTT, LEVEL, [0xf6], KEEPALIVE, 'c', 't', NUL, 'u', SURROGATE))
    await eventually(() => client.heard).toEqual(['connack 0'])
  })

  test('nothing behind a CONNECT that is refused is read', async () => {
    const witness = await rig.subscriber('witness', '#')
    const client = rig.dial()
    client.send(raw(0x10, MQTT, LEVEL, [0], KEEPALIVE, ''), publish('a', 'never'))
    await eventually(() => client.heard).toEqual(['connack 2', 'closed'])
    await witness.ping()
    expect(witness.heard).toEqual([])
  })
})

describe('the client id', () => {
  test('an empty one with a clean session stands for one of its own', async () => {
    const one = await rig.connect('')
    const other = await rig.connect('')
    await Promise.all([one.ping(), other.ping()])
    expect([one.heard, other.heard]).toEqual([['connack 0'], ['connack 0']])
  })

  test('an empty one without a clean session gets CONNACK 2 and the end', async () => {
    const client = rig.dial()
    client.send(raw(0x10, MQTT, LEVEL, [0], KEEPALIVE, ''))
    await eventually(() => client.heard).toEqual(['connack 2', 'closed'])
  })

  test.each(['7', '0123456789abcdefghijklm', 'nopqrstuvwxyzABCDEFGHIJ', 'KLMNOPQRSTUVWXYZ', 'x'.repeat(65_535), '#/+ 温度', '__proto__'])('%.23s is let in', async (clientId) => {
    const client = await rig.connect(clientId)
    await client.ping()
  })

  test('U+FEFF at its front is part of it', async () => {
    const one = await rig.connect('a')
    const other = await rig.connect('\uFEFFa')
    await Promise.all([one.ping(), other.ping()])
    expect(one.heard).toEqual(['connack 0'])
  })

  test('one that is longer than mqtt.max_clientid_len gets CONNACK 2 and the end', async () => {
    await rig.close()
    rig = await ConformanceRig.start({ maxClientidLen: 4 })
    await rig.connect('éé')
    const client = rig.dial()
    client.send(connectPacket('ééé'))
    await eventually(() => client.heard).toEqual(['connack 2', 'closed'])
  })

  test('the older connection of one ends when a newer comes', async () => {
    const older = await rig.connect('c')
    const newer = await rig.connect('c')
    await eventually(() => older.heard).toEqual(['connack 0', 'closed'])
    await newer.ping()
  })
})

describe('CONNACK', () => {
  test('is the first packet, also for a client that did not wait for it', async () => {
    const client = rig.dial()
    client.send(connectPacket('c'), subscribe(1, ['a', 1]), { cmd: 'pingreq' }, publish('a', 'x', { qos: 1, id: 2 }))
    await eventually(() => client.heard.toSorted()).toEqual(['connack 0', 'pingresp', 'puback 2', 'publish a x qos1 id1', 'suback 1 1'])
    expect(client.heard[0]).toBe('connack 0')
  })

  test('says "session present" for a session that was kept, subscriptions or not', async () => {
    const first = await rig.connect('c', { clean: false })
    expect(first.heard).toEqual(['connack 0'])
    first.socket.end()
    await eventually(() => first.heard).toContain('closed')
    const second = await rig.connect('c', { clean: false })
    expect(second.heard).toEqual(['connack 0 present'])
  })

  test('says no "session present" for a clean session, and none after it', async () => {
    const first = await rig.subscriber('c', 'a', 1, { clean: false })
    first.socket.destroy()
    await eventually(() => first.heard).toContain('closed')
    const clean = await rig.connect('c', { clean: true })
    expect(clean.heard).toEqual(['connack 0'])
    clean.socket.destroy()
    await eventually(() => clean.heard).toContain('closed')
    const third = await rig.connect('c', { clean: false })
    expect(third.heard).toEqual(['connack 0'])
  })

  test('says "session present" after a takeover of a kept session', async () => {
    await rig.connect('c', { clean: false })
    const newer = await rig.connect('c', { clean: false })
    expect(newer.heard).toEqual(['connack 0 present'])
  })
})

describe('time and size', () => {
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['half of a CONNECT', raw(0x10, MQTT, LEVEL, [2], KEEPALIVE, 'c').subarray(0, 9)],
  ])('who has sent %s by mqtt.idle_timeout is gone', async (_name, bytes) => {
    await rig.close()
    rig = await ConformanceRig.start({ idleTimeoutMs: 100 })
    const patient = await rig.connect('patient')
    const client = rig.dial()
    client.send(bytes)
    await eventually(() => client.heard).toEqual(['closed'])
    await patient.ping()
  })

  test('a client that is silent for one and a half times its keepalive is gone, one that pings is not', async () => {
    const silent = await rig.connect('silent', { keepalive: 1 })
    const since = Date.now()
    const alive = await rig.connect('alive', { keepalive: 1 })
    let pings = 0
    const pinging = setInterval(() => {
      alive.send({ cmd: 'pingreq' })
      pings++
    }, 300)
    await eventually(() => silent.heard).toEqual(['connack 0', 'closed'])
    clearInterval(pinging)
    expect(Date.now() - since).toBeGreaterThan(1400)
    await eventually(() => alive.heard).toEqual(['connack 0', ...Array.from({ length: pings }, () => 'pingresp')])
    await alive.ping()
  })

  test('a packet that says that it is larger than mqtt.max_packet_size is refused at its header', async () => {
    await rig.close()
    rig = await ConformanceRig.start({ maxPacketSize: 100 })
    // with a topic of three bytes and a packet id of two: a hundred
    const client = await rig.connect('c')
    client.send(publish('t', 'x'.repeat(93), { qos: 1 }))
    await eventually(() => client.heard).toContain('puback 1')
    client.send(Buffer.from([0x30, 99]))
    await eventually(() => client.heard).toContain('closed')
    const late = rig.dial()
    late.send(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]))
    await eventually(() => late.heard).toEqual(['closed'])
  })

  test('a remaining length of five bytes ends the connection', async () => {
    const client = await rig.connect('c')
    client.send(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]))
    await eventually(() => client.heard).toEqual(['connack 0', 'closed'])
  })

  test('packets that come byte by byte are read as if they had come whole', async () => {
    const client = rig.dial()
    const all = Buffer.concat([
      raw(0x10, MQTT, LEVEL, [2], KEEPALIVE, 'c'),
      raw(0x82, [0, 1], 'a', [0]),
      raw(0x30, 'a', Buffer.from('x'.repeat(300))),
      raw(0xc0),
    ])
    for (const byte of all) {
      client.send(Buffer.from([byte]))
      await new Promise((resolve) => { setImmediate(resolve) })
    }
    await eventually(() => client.heard).toEqual(['connack 0', 'suback 1 0', `publish a ${'x'.repeat(300)} qos0`, 'pingresp'])
  })
})
