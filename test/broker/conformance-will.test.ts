import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ConformanceRig, connectPacket, eventually, publish, raw, type RawClient } from './conformance-rig.ts'

/** MQTT 3.1.1, section 3.1.2.5 and 3.14: what becomes of a will. */

let rig: ConformanceRig
let witness: RawClient

beforeEach(async () => {
  rig = await ConformanceRig.start()
  witness = await rig.subscriber('witness', 'will/#')
})
afterEach(() => rig.close())

const WILL = { topic: 'will/c', payload: Buffer.from('bye'), qos: 1, retain: false } as const
const PUBLISHED = 'publish will/c bye qos1 id1'

describe('a will is published', () => {
  test('when the network connection is gone without DISCONNECT', async () => {
    const client = await rig.connect('c', { will: WILL })
    client.socket.destroy()
    await eventually(() => witness.heard).toEqual([PUBLISHED])
  })

  test('when the client ends its side of the connection without DISCONNECT', async () => {
    const client = await rig.connect('c', { will: WILL })
    client.socket.end()
    await eventually(() => witness.heard).toEqual([PUBLISHED])
  })

  test('when the keepalive has run out', async () => {
    await rig.connect('c', { will: WILL, keepalive: 1 })
    await eventually(() => witness.heard).toEqual([PUBLISHED])
  })

  test('when the server ends the connection for a mistake of the client', async () => {
    const client = await rig.connect('c', { will: WILL })
    client.send(raw(0x36, 'a'))
    await eventually(() => witness.heard).toEqual([PUBLISHED])
  })

  test('when another connection takes the client id over', async () => {
    await rig.connect('c', { will: WILL })
    await rig.connect('c')
    await eventually(() => witness.heard).toEqual([PUBLISHED])
  })

  test('when DISCONNECT has a reserved bit set: then it is none', async () => {
    const client = await rig.connect('c', { will: WILL })
    client.send(raw(0xe1))
    await eventually(() => witness.heard).toEqual([PUBLISHED])
    await eventually(() => client.heard).toContain('closed')
  })

  test.each([0, 1, 2] as const)('with its QoS %i', async (qos) => {
    const client = await rig.connect('c', { will: { ...WILL, qos } })
    client.socket.destroy()
    await eventually(() => witness.heard).toEqual([`publish will/c bye qos${qos}${qos === 0 ? '' : ' id1'}`])
  })

  test('as a retained message if it was marked so', async () => {
    const client = await rig.connect('c', { will: { ...WILL, retain: true } })
    client.socket.destroy()
    await eventually(() => witness.heard).toEqual([PUBLISHED])
    const late = await rig.connect('late')
    late.send(raw(0x82, [0, 1], 'will/c', [1]))
    await eventually(() => late.heard).toContain('publish will/c bye qos1 id1 retain')
  })

  test('and not retained if it was not', async () => {
    const client = await rig.connect('c', { will: WILL })
    client.socket.destroy()
    await eventually(() => witness.heard).toEqual([PUBLISHED])
    const late = await rig.subscriber('late', 'will/c')
    await late.ping()
    expect(late.heard).toEqual([])
  })

  test('once: a later connection without a will publishes none', async () => {
    const first = await rig.connect('c', { will: WILL, clean: false })
    first.socket.destroy()
    await eventually(() => witness.heard).toEqual([PUBLISHED])
    const second = await rig.connect('c', { clean: false })
    second.socket.destroy()
    await eventually(() => second.heard).toContain('closed')
    await witness.ping()
    expect(witness.heard).toEqual([PUBLISHED])
  })
})

describe('a will is not published', () => {
  test('after DISCONNECT, and the connection ends', async () => {
    const client = await rig.connect('c', { will: WILL })
    client.send({ cmd: 'disconnect' })
    await eventually(() => client.heard).toEqual(['connack 0', 'closed'])
    await witness.ping()
    expect(witness.heard).toEqual([])
  })

  test('after a DISCONNECT that came in one write with CONNECT and a message', async () => {
    const client = rig.dial()
    client.send(connectPacket('c', { will: WILL }), publish('will/first', 'x', { qos: 1 }), { cmd: 'disconnect' })
    await eventually(() => client.heard).toContain('closed')
    await eventually(() => witness.heard).toEqual(['publish will/first x qos1 id1'])
    await witness.ping()
    expect(witness.heard).toHaveLength(1)
  })

  test('and nothing else is read after DISCONNECT', async () => {
    const client = await rig.connect('c', { will: WILL })
    client.send({ cmd: 'disconnect' }, publish('will/late', 'x'), raw(0x36, 'a'))
    await eventually(() => client.heard).toContain('closed')
    await witness.ping()
    expect(witness.heard).toEqual([])
  })

  test('if the CONNECT that brought it was refused', async () => {
    const client = rig.dial()
    client.send(raw(0x10, 'MQTT', [4], [0x04], [0, 60], '', 'will/c', 'bye'))
    await eventually(() => client.heard).toEqual(['connack 2', 'closed'])
    await witness.ping()
    expect(witness.heard).toEqual([])
  })
})
