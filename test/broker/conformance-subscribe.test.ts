import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ConformanceRig, eventually, publish, raw, subscribe, text, type RawClient } from './conformance-rig.ts'

/** MQTT 3.1.1, sections 3.8 to 3.11 and 4.7: subscriptions and filters. */

let rig: ConformanceRig
let client: RawClient
let publisher: RawClient

beforeEach(async () => {
  rig = await ConformanceRig.start()
  publisher = await rig.connect('publisher')
  client = await rig.connect('c')
  client.forget()
})
afterEach(() => rig.close())

const ID = [0, 7]

describe('what ends the connection', () => {
  test.each([
    ['SUBSCRIBE with flags that are not 2', raw(0x80, ID, 'a', [0])],
    ['SUBSCRIBE of packet id 0', raw(0x82, [0, 0], 'a', [0])],
    ['SUBSCRIBE without a filter', raw(0x82, ID)],
    ['SUBSCRIBE without a packet id', raw(0x82)],
    ['SUBSCRIBE without a QoS', raw(0x82, ID, 'a')],
    ['SUBSCRIBE that asks for QoS 3', raw(0x82, ID, 'a', [3])],
    ['SUBSCRIBE with reserved bits beside its QoS', raw(0x82, ID, 'a', [4])],
    ['SUBSCRIBE whose second filter is cut off', raw(0x82, ID, 'a', [0], [0, 5, 0x61])],
    ['SUBSCRIBE to a filter that is not UTF-8', raw(0x82, ID, text([0xff]), [0])],
    ['SUBSCRIBE to a filter with half of a surrogate pair', raw(0x82, ID, text([0xed, 0xa0, 0x80]), [0])],
    ['SUBSCRIBE to a filter with U+0000', raw(0x82, ID, text([0x61, 0]), [0])],
    ['UNSUBSCRIBE with flags that are not 2', raw(0xa0, ID, 'a')],
    ['UNSUBSCRIBE of packet id 0', raw(0xa2, [0, 0], 'a')],
    ['UNSUBSCRIBE without a filter', raw(0xa2, ID)],
    ['UNSUBSCRIBE whose filter is cut off', raw(0xa2, ID, [0, 5, 0x61])],
    ['UNSUBSCRIBE of a filter that is not UTF-8', raw(0xa2, ID, text([0xc3]))],
    ['UNSUBSCRIBE of a filter with U+0000', raw(0xa2, ID, text([0]))],
  ])('a %s ends the connection without an answer', async (_name, packet) => {
    client.send(packet)
    await eventually(() => client.heard).toEqual(['closed'])
  })
})

describe('SUBACK', () => {
  test('has the packet id and one code per filter, in their order', async () => {
    client.send(subscribe(65_535, ['a', 2], ['b/+', 0], ['c/#', 1]))
    await eventually(() => client.heard).toEqual(['suback 65535 2 0 1'])
  })

  test.each(['', 'a#', '#/a', 'a/#/b', 'a+', '+a', 'a/b+/c'])('says 128 to the filter "%s", grants those beside it, and never serves it', async (filter) => {
    client.send(raw(0x82, ID, 'before', [1], filter, [1], 'behind', [1]))
    await eventually(() => client.heard).toEqual(['suback 7 1 128 1'])
    client.forget()
    publisher.send(publish('a', '1'), publish('a/b', '2'), publish('x/a', '3'), publish('behind', '4'))
    await eventually(() => client.heard).toEqual(['publish behind 4 qos0'])
  })

  test('a filter that was refused is no part of the session', async () => {
    const kept = await rig.connect('kept', { clean: false })
    kept.send(subscribe(1, ['a#', 1], ['a/+', 1]))
    await eventually(() => kept.heard).toContain('suback 1 128 1')
    kept.socket.destroy()
    await eventually(() => kept.heard).toContain('closed')
    const back = await rig.connect('kept', { clean: false })
    publisher.send(publish('ab', '1', { qos: 1 }), publish('a/b', '2', { qos: 1, id: 2 }))
    await eventually(() => back.heard).toEqual(['connack 0 present', 'publish a/b 2 qos1 id1'])
  })

  test('says 128 to a filter of more levels than mqtt.max_topic_levels', async () => {
    await rig.close()
    rig = await ConformanceRig.start({ maxTopicLevels: 3 })
    const shallow = await rig.connect('c')
    shallow.send(subscribe(1, ['a/b/c', 0], ['a/b/c/d', 0], ['a/+/#', 0], ['a/b/c/#', 0]))
    await eventually(() => shallow.heard).toEqual(['connack 0', 'suback 1 0 128 0 128'])
  })

  test('comes before the retained messages of its filters', async () => {
    publisher.send(publish('a', 'x', { qos: 1, retain: true }))
    await publisher.ping()
    client.send(subscribe(1, ['a', 1]))
    await eventually(() => client.heard).toEqual(['suback 1 1', 'publish a x qos1 id1 retain'])
  })
})

describe('the QoS of what is delivered', () => {
  const QOS = [0, 1, 2] as const
  test.each(QOS.flatMap((published) => QOS.map((granted) => [published, granted] as const)))('published with %i, granted %i: the lower of both, by topic and by wildcard', async (published, granted) => {
    const wild = await rig.subscriber('wild', 'a/#', granted)
    client.send(subscribe(1, ['a/b', granted]))
    await eventually(() => client.heard).toEqual([`suback 1 ${granted}`])
    publisher.send(publish('a/b', 'x', { qos: published }))
    const expected = Math.min(published, granted)
    const line = `publish a/b x qos${expected}${expected === 0 ? '' : ' id1'}`
    await eventually(() => client.heard.slice(1)).toEqual([line])
    await eventually(() => wild.heard).toEqual([line])
  })

  test('filters that overlap bring one copy, at the highest QoS granted', async () => {
    client.send(subscribe(1, ['a/#', 0], ['a/b', 2], ['+/b', 1]))
    await eventually(() => client.heard).toEqual(['suback 1 0 2 1'])
    publisher.send(publish('a/b', 'x', { qos: 2 }))
    await eventually(() => client.heard.slice(1)).toEqual(['publish a/b x qos2 id1'])
    client.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a/b'] })
    await eventually(() => client.heard).toContain('unsuback 2')
    publisher.send(publish('a/b', 'y', { qos: 2, id: 2 }))
    await eventually(() => client.heard.slice(3)).toEqual(['publish a/b y qos1 id2'])
  })

  test('a filter subscribed again has the new QoS, brings its retained messages again, and no copy more', async () => {
    publisher.send(publish('a/b', 'kept', { qos: 1, retain: true }))
    await publisher.ping()
    client.send(subscribe(1, ['a/+', 1]), subscribe(2, ['a/+', 0]))
    await eventually(() => client.heard.toSorted()).toEqual(['publish a/b kept qos0 retain', 'publish a/b kept qos1 id1 retain', 'suback 1 1', 'suback 2 0'])
    client.forget()
    publisher.send(publish('a/b', 'live', { qos: 1, id: 2 }))
    await eventually(() => client.heard).toEqual(['publish a/b live qos0'])
    await client.ping()
    expect(client.heard).toHaveLength(1)
  })
})

describe('matching', () => {
  test.each([
    ['sport/tennis/#', 'sport/tennis', true],
    ['sport/tennis/#', 'sport/tennis/', true],
    ['sport/tennis/#', 'sport/tennis/one/ranking', true],
    ['sport/tennis/#', 'sport/tennis1', false],
    ['#', 'a', true],
    ['#', '/', true],
    ['sport/tennis/+', 'sport/tennis/one', true],
    ['sport/tennis/+', 'sport/tennis/one/ranking', false],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+', '/finance', false],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+/tennis/#', 'sport/tennis', true],
    ['sport/+/player', 'sport//player', true],
    ['#', '$own/a', false],
    ['+/a', '$own/a', false],
    ['$own/#', '$own/a', true],
    ['$own/+', '$own/a', true],
    ['a/#', 'a/$own', true],
    ['ACCOUNTS', 'Accounts', false],
    ['/a', 'a', false],
    ['a/', 'a', false],
    ['a b', 'a b', true],
    ['+/b', '\uFEFF/b', true],
    ['b', '\uFEFFb', false],
  ])('%s and %s: %s', async (filter, topic, matches) => {
    client.send(subscribe(1, [filter, 0], ['the end', 0]))
    await eventually(() => client.heard).toEqual(['suback 1 0 0'])
    publisher.send(publish(topic, 'x'), publish('the end', 'y'))
    await eventually(() => client.heard.at(-1)).toBe('publish the end y qos0')
    expect(client.heard.slice(1, -1)).toEqual(matches ? [`publish ${topic} x qos0`] : [])
  })
})

describe('UNSUBSCRIBE', () => {
  test('is answered with its packet id, also when nothing was subscribed', async () => {
    client.send({ cmd: 'unsubscribe', messageId: 65_535, unsubscriptions: ['never'] })
    await eventually(() => client.heard).toEqual(['unsuback 65535'])
  })

  test('of several filters is answered once and ends them all', async () => {
    client.send(subscribe(1, ['a', 0], ['b', 0], ['c', 0]), { cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a', 'never', 'b'] })
    await eventually(() => client.heard).toEqual(['suback 1 0 0 0', 'unsuback 2'])
    publisher.send(publish('a', '1'), publish('b', '2'), publish('c', '3'))
    await eventually(() => client.heard.slice(2)).toEqual(['publish c 3 qos0'])
  })

  test('ends the filter that is equal to it, not those that it would match', async () => {
    client.send(subscribe(1, ['a/b', 0], ['a/+', 0]), { cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a/#', 'A/B', 'a/+'] })
    await eventually(() => client.heard).toEqual(['suback 1 0 0', 'unsuback 2'])
    publisher.send(publish('a/c', '1'), publish('a/b', '2'))
    await eventually(() => client.heard.slice(2)).toEqual(['publish a/b 2 qos0'])
  })

  test('leaves what is on its way to be finished', async () => {
    client.send(subscribe(1, ['a', 2]))
    await eventually(() => client.heard).toEqual(['suback 1 2'])
    publisher.send(publish('a', 'x', { qos: 2 }))
    await eventually(() => client.heard).toContain('publish a x qos2 id1')
    client.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a'] }, { cmd: 'pubrec', messageId: 1 })
    await eventually(() => client.heard.slice(2)).toEqual(['unsuback 2', 'pubrel 1'])
    publisher.send({ cmd: 'pubrel', messageId: 1 }, publish('a', 'late', { qos: 1, id: 3 }))
    await publisher.ping()
    await client.ping()
    expect(client.heard).toHaveLength(4)
  })
})
