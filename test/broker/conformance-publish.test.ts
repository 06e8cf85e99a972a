import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ConformanceRig, eventually, publish, raw, text, type RawClient } from './conformance-rig.ts'

/** MQTT 3.1.1, sections 2.2, 3.3 to 3.7 and 4.3: messages from clients and to clients. */

let rig: ConformanceRig
let witness: RawClient
let client: RawClient

beforeEach(async () => {
  rig = await ConformanceRig.start()
  witness = await rig.subscriber('witness', '#')
  client = await rig.connect('c')
  client.forget()
})
afterEach(() => rig.close())

const ID = [0, 7]

describe('what ends the connection', () => {
  test.each([
    ['PUBLISH of QoS 3', raw(0x36, 'a', ID)],
    ['PUBLISH of QoS 0 with DUP', raw(0x38, 'a')],
    ['PUBLISH of QoS 1 with packet id 0', raw(0x32, 'a', [0, 0])],
    ['PUBLISH of QoS 2 with packet id 0', raw(0x34, 'a', [0, 0])],
    ['PUBLISH of QoS 1 without a packet id', raw(0x32, 'a')],
    ['PUBLISH without a topic', raw(0x30)],
    ['PUBLISH whose topic is longer than itself', raw(0x30, [0, 9, 0x61])],
    ['PUBLISH to an empty topic', raw(0x30, '')],
    ['PUBLISH to a topic with +', raw(0x30, 'a/+')],
    ['PUBLISH to a topic with #', raw(0x30, 'a/#')],
    ['PUBLISH to a topic that is not UTF-8', raw(0x30, text([0x61, 0xff]))],
    ['PUBLISH to a topic with an overlong encoding', raw(0x30, text([0xc0, 0xaf]))],
    ['PUBLISH to a topic with half of a surrogate pair', raw(0x30, text([0xed, 0xbf, 0xbf]))],
    ['PUBLISH to a topic with U+0000', raw(0x30, text([0x61, 0]))],
    ['PUBLISH to $SYS/', raw(0x30, '$SYS/a')],
    ['PUBLISH to a topic of 129 levels', raw(0x30, '/'.repeat(128))],
    ['PUBACK with flags', raw(0x42, ID)],
    ['PUBREC with flags', raw(0x51, ID)],
    ['PUBREL with flags that are not 2', raw(0x60, ID)],
    ['PUBCOMP with flags', raw(0x78, ID)],
    ['PINGREQ with flags', raw(0xc1)],
    ['PUBACK without a packet id', raw(0x40)],
    ['PUBACK with more than a packet id', raw(0x40, ID, [0])],
    ['PUBACK of packet id 0', raw(0x40, [0, 0])],
    ['PINGREQ with a payload', raw(0xc0, [0])],
    ['DISCONNECT with a payload', raw(0xe0, [0])],
    ['packet of type 0', raw(0x00)],
    ['packet of type 15', raw(0xf0)],
    ['CONNACK', raw(0x20, [0, 0])],
    ['SUBACK', raw(0x90, ID, [0])],
    ['UNSUBACK', raw(0xb0, ID)],
    ['PINGRESP', raw(0xd0)],
  ])('a %s ends the connection, and goes nowhere', async (_name, packet) => {
    client.send(packet)
    await eventually(() => client.heard).toEqual(['closed'])
    await witness.ping()
    expect(witness.heard).toEqual([])
  })

  test('what came before it is done first', async () => {
    client.send(publish('a', '1', { qos: 1, id: 1 }), raw(0x36, 'a', ID), publish('a', '2', { qos: 1, id: 2 }))
    await eventually(() => client.heard).toEqual(['puback 1', 'closed'])
    await eventually(() => witness.heard).toEqual(['publish a 1 qos1 id1'])
    await witness.ping()
    expect(witness.heard).toHaveLength(1)
  })

  test('is said in the log once, with the client id and without the packet', async () => {
    client.send(raw(0x30, text([0x61, 0xff])))
    await eventually(() => client.heard).toEqual(['closed'])
    expect(rig.logged).toEqual(['a client was closed: it sent what MQTT does not allow {"clientid":"c","reason":"protocol","problem":"a text that is not UTF-8"}'])
    expect(rig.broker.counters.packetsRefused).toBe(1)
  })

  test('a topic of as many levels as mqtt.max_topic_levels is taken', async () => {
    client.send(publish('/'.repeat(127), 'deep'))
    await eventually(() => witness.heard).toEqual([`publish ${'/'.repeat(127)} deep qos0`])
  })
})

test('the deepest topic that mqtt.max_topic_levels can allow is matched by the deepest filters', async () => {
  await rig.close()
  rig = await ConformanceRig.start({ maxTopicLevels: 1024 })
  const deep = await rig.subscriber('deep', `${'+/'.repeat(1023)}+`, 0)
  const publisher = await rig.connect('publisher')
  publisher.send(publish('/'.repeat(1023), 'x'))
  await eventually(() => deep.heard).toEqual([`publish ${'/'.repeat(1023)} x qos0`])
})

describe('topics', () => {
  test.each(['/', 'a//b', ' a ', 'Accounts', 'accounts', '\uFEFFa', 'e\u0301', 'é', '\u0001', '温度/🌡', '$own', 'x'.repeat(65_535)])('"%.20s" arrives as it was', async (topic) => {
    const exact = await rig.subscriber('exact', topic, 0)
    client.send(publish(topic, 'x'))
    await eventually(() => exact.heard).toEqual([`publish ${topic} x qos0`])
  })

  test('are not normalised: what looks alike is not the same', async () => {
    const composed = await rig.subscriber('composed', 'é', 0)
    client.send(publish('e\u0301', 'decomposed'), publish('\uFEFFé', 'marked'), publish('É', 'upper'))
    await client.ping()
    await composed.ping()
    expect(composed.heard).toEqual([])
  })
})

describe('acknowledgements', () => {
  test('QoS 0 has none, QoS 1 PUBACK, QoS 2 PUBREC and PUBCOMP, in order and with their packet ids', async () => {
    client.send(publish('a', '0'), publish('a', '1', { qos: 1, id: 65_535 }), publish('a', '2', { qos: 1, id: 2 }), publish('a', '3', { qos: 2, id: 3 }))
    await client.ping()
    client.send({ cmd: 'pubrel', messageId: 3 })
    await client.ping()
    expect(client.heard).toEqual(['puback 65535', 'puback 2', 'pubrec 3', 'pubcomp 3'])
  })

  test('a PUBREL of a packet id that is not known is answered with PUBCOMP', async () => {
    client.send({ cmd: 'pubrel', messageId: 9 })
    await eventually(() => client.heard).toEqual(['pubcomp 9'])
  })

  test('PUBACK and PUBCOMP of packet ids that are not known are ignored', async () => {
    client.send({ cmd: 'puback', messageId: 9 }, { cmd: 'pubcomp', messageId: 9 })
    await client.ping()
    expect(client.heard).toEqual([])
  })

  test('a QoS 2 message sent again before its PUBREL gets PUBREC again and is delivered once', async () => {
    client.send(publish('a', 'once', { qos: 2, id: 5 }))
    await eventually(() => client.heard).toEqual(['pubrec 5'])
    client.send(publish('a', 'once', { qos: 2, id: 5, dup: true }))
    await eventually(() => client.heard).toEqual(['pubrec 5', 'pubrec 5'])
    client.send({ cmd: 'pubrel', messageId: 5 })
    await client.ping()
    await witness.ping()
    expect(witness.heard).toEqual(['publish a once qos2 id1'])
  })

  test('after PUBCOMP the packet id stands for a new message', async () => {
    client.send(publish('a', 'same', { qos: 2, id: 5 }), { cmd: 'pubrel', messageId: 5 }, publish('a', 'same', { qos: 2, id: 5 }), { cmd: 'pubrel', messageId: 5 })
    await eventually(() => client.heard).toEqual(['pubrec 5', 'pubcomp 5', 'pubrec 5', 'pubcomp 5'])
    await eventually(() => witness.heard).toEqual(['publish a same qos2 id1', 'publish a same qos2 id2'])
  })

  test('after PUBACK the packet id stands for a new message, whatever DUP says', async () => {
    client.send(publish('a', 'same', { qos: 1, id: 5 }))
    await eventually(() => client.heard).toEqual(['puback 5'])
    client.send(publish('a', 'same', { qos: 1, id: 5, dup: true }))
    await eventually(() => witness.heard).toEqual(['publish a same qos1 id1', 'publish a same qos1 id2'])
  })
})

describe('flags of what is delivered', () => {
  test('DUP of the publisher does not reach subscribers', async () => {
    client.send(publish('a', 'x', { qos: 1, id: 5, dup: true }))
    await eventually(() => witness.heard).toEqual(['publish a x qos1 id1'])
  })

  test('an established subscription gets retained messages without the flag, a new one with it', async () => {
    client.send(publish('a', 'kept', { qos: 1, retain: true }))
    await eventually(() => witness.heard).toEqual(['publish a kept qos1 id1'])
    const late = await rig.connect('late')
    late.send(raw(0x82, ID, 'a', [2]))
    await eventually(() => late.heard).toEqual(['connack 0', 'suback 7 2', 'publish a kept qos1 id1 retain'])
  })
})

describe('retained messages', () => {
  async function retainedOf(filter: string): Promise<readonly string[]> {
    const late = await rig.connect('')
    late.send(raw(0x82, ID, filter, [2]))
    await late.ping()
    return late.heard.slice(2)
  }

  test.each([0, 1, 2] as const)('are kept with QoS %i', async (qos) => {
    client.send(publish('a', 'x', { qos, retain: true }))
    await client.ping()
    expect(await retainedOf('a')).toEqual([`publish a x qos${qos}${qos === 0 ? '' : ' id1'} retain`])
  })

  test('a later one of any QoS replaces the earlier', async () => {
    client.send(publish('a', 'old', { qos: 1, retain: true }), publish('a', 'new', { retain: true }))
    await client.ping()
    expect(await retainedOf('a')).toEqual(['publish a new qos0 retain'])
  })

  test('one without payload reaches who is there, removes what was kept, and is not kept', async () => {
    client.send(publish('a', 'x', { qos: 1, retain: true }), publish('a', '', { qos: 1, id: 2, retain: true }))
    await eventually(() => witness.heard).toEqual(['publish a x qos1 id1', 'publish a  qos1 id2'])
    expect(await retainedOf('a')).toEqual([])
  })

  test('a message without the flag neither replaces nor removes one', async () => {
    client.send(publish('a', 'x', { qos: 1, retain: true }), publish('a', 'y', { qos: 1, id: 2 }), publish('a', '', { qos: 1, id: 3 }))
    await client.ping()
    expect(await retainedOf('a')).toEqual(['publish a x qos1 id1 retain'])
  })

  test('come for every topic that a wildcard matches', async () => {
    client.send(publish('a/1', 'x', { retain: true }), publish('a/2', 'y', { retain: true }), publish('$own', 'z', { retain: true }))
    await client.ping()
    expect((await retainedOf('a/+')).toSorted()).toEqual(['publish a/1 x qos0 retain', 'publish a/2 y qos0 retain'])
    expect(await retainedOf('+')).toEqual([])
  })

  test('all come to a client that subscribes to more of them than its socket takes at once', async () => {
    const payload = 'x'.repeat(1000)
    const topics = Array.from({ length: 200 }, (_, i) => `many/${i}`)
    client.send(...topics.map((topic) => publish(topic, payload, { retain: true })))
    await client.ping()
    const late = await rig.connect('late')
    late.send(raw(0x82, ID, 'many/#', [0]))
    await eventually(() => late.heard.filter((line) => line.startsWith('publish')).length).toBe(topics.length)
  })

  test('outlive the session of who published them', async () => {
    client.send(publish('a', 'x', { qos: 1, retain: true }))
    await client.ping()
    client.send({ cmd: 'disconnect' })
    await eventually(() => client.heard).toContain('closed')
    expect(await retainedOf('a')).toEqual(['publish a x qos1 id1 retain'])
  })
})

describe('PINGREQ', () => {
  test('is answered with PINGRESP', async () => {
    client.send({ cmd: 'pingreq' })
    await eventually(() => client.heard).toEqual(['pingresp'])
  })
})
