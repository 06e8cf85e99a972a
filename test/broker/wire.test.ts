import { once } from 'node:events'
import { Writable, type Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { parser, type Packet } from 'mqtt-packet'
import { expect, test } from 'vitest'
import { Wire } from '../../src/broker/wire.ts'

/** A socket that keeps what is written to it, write by write. */
function socket({ takes = true } = {}) {
  const writes: Buffer[] = []
  const conn = new Writable({
    highWaterMark: 64 * 1024,
    write(chunk: Buffer, _encoding, done) {
      writes.push(Buffer.from(chunk))
      if (takes) done()
    },
  })
  let full = 0
  const wire = new Wire(conn as unknown as Duplex, () => { full++ }) // it is only written to
  return { conn, wire, writes, full: () => full, packets: () => parse(Buffer.concat(writes)) }
}

function parse(bytes: Buffer): Packet[] {
  const packets: Packet[] = []
  const reader = parser()
  reader.on('packet', (packet) => packets.push(packet))
  expect(reader.parse(bytes)).toBe(0)
  return packets
}

const PUBLISH = { topic: 'a/é', payload: Buffer.from('x'), qos: 1, retain: false, dup: false, packetId: 7 } as const

test('what a turn writes leaves in one write when it ends, in its order', async () => {
  const { wire, writes, packets } = socket()
  for (let id = 1; id <= 500; id++) wire.puback(id)
  wire.pubrec(501)
  wire.pubrel(502)
  wire.pubcomp(503)
  wire.suback(504, [0, 1, 2, 128])
  wire.unsuback(505)
  wire.publish(PUBLISH)
  expect(writes).toHaveLength(0)
  await turn()
  expect(writes).toHaveLength(1)
  const read = packets()
  expect(read.map(({ cmd, messageId }) => `${cmd} ${messageId}`).slice(498)).toEqual([
    'puback 499', 'puback 500', 'pubrec 501', 'pubrel 502', 'pubcomp 503', 'suback 504', 'unsuback 505', 'publish 7',
  ])
  expect(read.find(({ cmd }) => cmd === 'suback')).toMatchObject({ granted: [0, 1, 2, 128] })
})

test.each([0, 1, 100, 127, 128, 4_095, 4_096, 16_383, 16_384, 20_000, 3_000_000])('a message of %i bytes is whole, whatever lies beside it', async (length) => {
  const { conn, wire, packets } = socket()
  const payload = Buffer.alloc(length, 'p')
  for (const [i, qos] of ([0, 1, 2] as const).entries()) {
    wire.puback(1)
    wire.publish({ ...PUBLISH, payload, qos, packetId: qos === 0 ? 0 : 65_535 - i, retain: i === 1, dup: i === 2 })
  }
  wire.flush()
  conn.end()
  await once(conn, 'finish')
  const read = packets().filter((packet) => packet.cmd === 'publish')
  expect(read.map(({ topic, qos, retain, dup, messageId }) => ({ topic, qos, retain, dup, messageId }))).toEqual([
    { topic: 'a/é', qos: 0, retain: false, dup: false, messageId: undefined },
    { topic: 'a/é', qos: 1, retain: true, dup: false, messageId: 65_534 },
    { topic: 'a/é', qos: 2, retain: false, dup: true, messageId: 65_533 },
  ])
  // compared as bytes: a difference of megabytes is no message for a person
  for (const { payload: body } of read) expect(payload.equals(Buffer.from(body))).toBe(true)
})

test('a socket that takes no more is told of in the turn that fills it, and one that is closed is not written to', async () => {
  const slow = socket({ takes: false })
  for (let i = 0; i < 80; i++) slow.wire.publish({ ...PUBLISH, payload: Buffer.alloc(2_000) })
  expect(slow.full()).toBeGreaterThan(0)
  const closed = socket()
  closed.wire.puback(1)
  closed.conn.destroy()
  await turn()
  expect(closed.writes).toHaveLength(0)
})
