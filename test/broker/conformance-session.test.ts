import type { Packet } from 'mqtt-packet'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ConformanceRig, eventually, publish, subscribe, type RawClient } from './conformance-rig.ts'

/** MQTT 3.1.1, sections 3.1.2.4 and 4.1 to 4.6: what a session keeps, what is sent again, and in which order. */

let rig: ConformanceRig
let publisher: RawClient

beforeEach(async () => {
  rig = await ConformanceRig.start()
  publisher = await rig.connect('publisher')
  publisher.forget()
})
afterEach(() => rig.close())

const KEPT = { clean: false } as const

/** Gone without DISCONNECT, and the broker has seen it. */
async function vanish(client: RawClient): Promise<void> {
  const before = rig.broker.connections
  client.socket.destroy()
  await eventually(() => rig.broker.connections).toBe(before - 1)
}

function ack(cmd: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', messageId: number): Packet {
  return { cmd, messageId }
}

describe('a kept session', () => {
  test('has its subscriptions, and the QoS 1 and 2 messages that came meanwhile, in their order', async () => {
    await vanish(await rig.subscriber('c', 'a/#', 2, KEPT))
    publisher.send(publish('a/1', 'one', { qos: 1, id: 1 }), publish('a/2', 'two', { qos: 2, id: 2 }), ack('pubrel', 2), publish('a/1', 'three', { qos: 1, id: 3 }))
    await publisher.ping()
    const back = await rig.connect('c', KEPT)
    await eventually(() => back.heard).toEqual(['connack 0 present', 'publish a/1 one qos1 id1', 'publish a/2 two qos2 id2', 'publish a/1 three qos1 id3'])
    publisher.send(publish('a/3', 'live'))
    await eventually(() => back.heard.at(-1)).toBe('publish a/3 live qos0')
  })

  test('ends with a clean one: nothing of it is seen again', async () => {
    await vanish(await rig.subscriber('c', 'a', 1, KEPT))
    publisher.send(publish('a', 'lost', { qos: 1 }))
    await publisher.ping()
    await vanish(await rig.connect('c'))
    const back = await rig.connect('c', KEPT)
    publisher.send(publish('a', 'late', { qos: 1, id: 2 }))
    await publisher.ping()
    await back.ping()
    expect(back.heard).toEqual(['connack 0'])
  })

  test('goes on at a takeover', async () => {
    const older = await rig.subscriber('c', 'a', 1, KEPT)
    publisher.send(publish('a', 'x', { qos: 1 }))
    await eventually(() => older.heard).toEqual(['publish a x qos1 id1'])
    const newer = await rig.connect('c', KEPT)
    await eventually(() => newer.heard).toEqual(['connack 0 present', 'publish a x qos1 id1 dup'])
    expect(older.heard.at(-1)).toBe('closed')
  })
})

test('a clean session ends with its connection', async () => {
  await vanish(await rig.subscriber('c', 'a', 1))
  publisher.send(publish('a', 'lost', { qos: 1 }))
  await publisher.ping()
  const back = await rig.connect('c')
  publisher.send(publish('a', 'late', { qos: 1, id: 2 }))
  await publisher.ping()
  await back.ping()
  expect(back.heard).toEqual(['connack 0'])
})

describe('what was not acknowledged', () => {
  test('is sent again in its order, with its packet ids and DUP, before anything new', async () => {
    const first = await rig.subscriber('c', 'a', 2, KEPT)
    publisher.send(publish('a', 'one', { qos: 1, id: 1 }), publish('a', 'two', { qos: 2, id: 2 }), publish('a', 'three', { qos: 1, id: 3 }), publish('a', 'four', { qos: 2, id: 4 }))
    await eventually(() => first.heard).toEqual(['publish a one qos1 id1', 'publish a two qos2 id2', 'publish a three qos1 id3', 'publish a four qos2 id4'])
    first.send(ack('puback', 1))
    await first.ping()
    await vanish(first)
    publisher.send(publish('a', 'five', { qos: 1, id: 5 }))
    await publisher.ping()
    const back = await rig.connect('c', KEPT)
    await eventually(() => back.heard.slice(1)).toEqual(['publish a two qos2 id2 dup', 'publish a three qos1 id3 dup', 'publish a four qos2 id4 dup', 'publish a five qos1 id5'])
  })

  test('is PUBREL after PUBREC, never PUBLISH again', async () => {
    const first = await rig.subscriber('c', 'a', 2, KEPT)
    publisher.send(publish('a', 'one', { qos: 2, id: 1 }), publish('a', 'two', { qos: 2, id: 2 }))
    await eventually(() => first.heard).toHaveLength(2)
    first.send(ack('pubrec', 1))
    await eventually(() => first.heard.at(-1)).toBe('pubrel 1')
    await vanish(first)
    const back = await rig.connect('c', KEPT)
    await eventually(() => back.heard.slice(1)).toEqual(['pubrel 1', 'publish a two qos2 id2 dup'])
    back.send(ack('pubcomp', 1))
    await back.ping()
    await vanish(back)
    const third = await rig.connect('c', KEPT)
    await third.ping()
    expect(third.heard.slice(1)).toEqual(['publish a two qos2 id2 dup'])
  })

  test('is not sent again while the connection lasts', async () => {
    const client = await rig.subscriber('c', 'a', 1)
    publisher.send(publish('a', 'x', { qos: 1 }))
    await eventually(() => client.heard).toEqual(['publish a x qos1 id1'])
    await client.ping()
    expect(client.heard).toHaveLength(1)
  })

  test('keeps its retain flag', async () => {
    publisher.send(publish('a', 'x', { qos: 1, retain: true }))
    await publisher.ping()
    const first = await rig.connect('c', KEPT)
    first.send(subscribe(1, ['a', 1]))
    await eventually(() => first.heard.at(-1)).toBe('publish a x qos1 id1 retain')
    await vanish(first)
    const back = await rig.connect('c', KEPT)
    await eventually(() => back.heard.slice(1)).toEqual(['publish a x qos1 id1 dup retain'])
  })
})

describe('packet ids', () => {
  test('of messages on their way are not given to others', async () => {
    const client = await rig.subscriber('c', 'a', 1)
    publisher.send(...Array.from({ length: 32 }, (_, i) => publish('a', `${i}`, { qos: 1, id: i + 1 })))
    await eventually(() => client.heard).toHaveLength(32)
    expect(new Set(client.heard.map((line) => client.idOf(line.split(' ')[2] ?? ''))).size).toBe(32)
    expect(client.heard.some((line) => line.includes('id0'))).toBe(false)
  })

  test('are free again only after PUBACK, and after PUBCOMP', async () => {
    await rig.close()
    rig = await ConformanceRig.start({ maxInflight: 1 })
    publisher = await rig.connect('publisher')
    const client = await rig.subscriber('c', 'a', 2)
    publisher.send(publish('a', 'one', { qos: 2, id: 1 }), publish('a', 'two', { qos: 1, id: 2 }))
    await eventually(() => client.heard).toEqual(['publish a one qos2 id1'])
    client.send(ack('pubrec', 1))
    await eventually(() => client.heard).toEqual(['publish a one qos2 id1', 'pubrel 1'])
    client.send(ack('pubcomp', 1))
    await eventually(() => client.heard.slice(2)).toEqual(['publish a two qos1 id2'])
  })

  test('a PUBCOMP without PUBREC, and a PUBACK for QoS 2, acknowledge nothing', async () => {
    const client = await rig.subscriber('c', 'a', 2, KEPT)
    publisher.send(publish('a', 'one', { qos: 2, id: 1 }))
    await eventually(() => client.heard).toHaveLength(1)
    client.send(ack('pubcomp', 1), ack('puback', 1))
    await client.ping()
    await vanish(client)
    const back = await rig.connect('c', KEPT)
    await eventually(() => back.heard.slice(1)).toEqual(['publish a one qos2 id1 dup'])
  })
})

describe('QoS 2 from a client that comes back', () => {
  test('a message it sends again with its packet id is delivered once', async () => {
    const witness = await rig.subscriber('witness', 'a', 2)
    const first = await rig.connect('c', KEPT)
    first.send(publish('a', 'once', { qos: 2, id: 5 }))
    await eventually(() => first.heard).toContain('pubrec 5')
    first.socket.destroy()
    await eventually(() => first.heard).toContain('closed')
    const back = await rig.connect('c', KEPT)
    back.send(publish('a', 'once', { qos: 2, id: 5, dup: true }))
    await eventually(() => back.heard).toEqual(['connack 0 present', 'pubrec 5'])
    back.send(ack('pubrel', 5))
    await eventually(() => back.heard.at(-1)).toBe('pubcomp 5')
    await witness.ping()
    expect(witness.heard).toEqual(['publish a once qos2 id1'])
  })

  test('a packet id means nothing any more in a clean session', async () => {
    const witness = await rig.subscriber('witness', 'a', 2)
    const first = await rig.connect('c')
    first.send(publish('a', 'same', { qos: 2, id: 5 }))
    await eventually(() => first.heard).toContain('pubrec 5')
    first.socket.destroy()
    await eventually(() => first.heard).toContain('closed')
    const back = await rig.connect('c')
    back.send(publish('a', 'same', { qos: 2, id: 5 }))
    await eventually(() => witness.heard).toEqual(['publish a same qos2 id1', 'publish a same qos2 id2'])
  })
})

describe('order', () => {
  test('messages of one publisher on one topic arrive in the order in which they were sent, to every subscriber', async () => {
    const one = await rig.subscriber('one', 'a', 1)
    const other = await rig.subscriber('other', '#', 1)
    const payloads = Array.from({ length: 30 }, (_, i) => String(i))
    publisher.send(...payloads.map((payload, i) => publish('a', payload, { qos: 1, id: i + 1 })))
    for (const client of [one, other]) await eventually(() => client.heard.map((line) => line.split(' ')[2])).toEqual(payloads)
  })

  test('PUBRELs leave in the order in which PUBRECs came', async () => {
    const client = await rig.subscriber('c', 'a', 2)
    publisher.send(publish('a', 'one', { qos: 2, id: 1 }), publish('a', 'two', { qos: 2, id: 2 }))
    await eventually(() => client.heard).toHaveLength(2)
    client.send(ack('pubrec', 2), ack('pubrec', 1))
    await eventually(() => client.heard.slice(2)).toEqual(['pubrel 2', 'pubrel 1'])
  })
})
