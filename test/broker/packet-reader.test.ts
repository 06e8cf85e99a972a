import { isDeepStrictEqual } from 'node:util'
import { parser, type Packet } from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import { readOften } from '../../src/broker/client-packet.ts'
import type { Extent, Refusal } from '../../src/broker/packet-check.ts'
import { BegunPackets } from '../../src/broker/begun-packets.ts'
import { PacketReader } from '../../src/broker/packet-reader.ts'
import { connectPacket, publish, raw } from './conformance-rig.ts'
import { below, chunksOf, hostilePacket, newSeed, randomOf, readCorpus } from './fuzz.ts'
import { generate } from 'mqtt-packet'

/** What stands between the socket and the parser. */

const LIMITS = { maxPacketSize: 10_000, maxClientidLen: 100, maxTopicLevels: 128, idleTimeoutMs: 15_000 }

interface Read {
  /** Of all that was handed on. */
  readonly bytes: Buffer
  /** What our own reading of it found, packet by packet. */
  readonly often: readonly ReturnType<typeof readOften>[]
  readonly refusal: Refusal | undefined
}

function readerOf(options: Partial<ConstructorParameters<typeof PacketReader>[0]>): PacketReader {
  return new PacketReader({ limits: () => LIMITS, packet: () => {}, allBegun: new BegunPackets(() => LIMITS.maxPacketSize), refused: () => {}, ...options })
}

function read(chunks: readonly Buffer[]): Read {
  const whole: Buffer[] = []
  const often: ReturnType<typeof readOften>[] = []
  const packet = (bytes: Buffer, extent: Extent) => {
    // what comes next may be read into the same room
    whole.push(Buffer.from(bytes.subarray(extent.at, extent.end)))
    const read = readOften(bytes, extent)
    often.push(read?.cmd === 'publish' ? { ...read, payload: Buffer.from(read.payload) } : read)
  }
  const reader = readerOf({ packet })
  let refusal: Refusal | undefined
  for (const chunk of chunks) refusal ??= reader.push(chunk)
  return { bytes: Buffer.concat(whole), often, refusal }
}

function parse(bytes: Buffer): { readonly packets: readonly Packet[], readonly rest: number } {
  const packets: Packet[] = []
  const reader = parser()
  reader.on('packet', (packet) => packets.push(packet))
  reader.on('error', (error) => { throw error })
  return { packets, rest: reader.parse(bytes) }
}

/** What `readOften` makes of a packet, by mqtt-packet's reading. */
function asReadOften(packet: Packet): ReturnType<typeof readOften> {
  switch (packet.cmd) {
    case 'publish': return {
      cmd: 'publish', topic: packet.topic, payload: Buffer.from(packet.payload), qos: packet.qos, retain: packet.retain, packetId: packet.messageId ?? 0,
    }
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp': return { cmd: packet.cmd, packetId: packet.messageId ?? 0 }
    case 'pingreq': return { cmd: 'pingreq' }
    default: return undefined
  }
}

describe('whatever is sent, and however it is cut', () => {
  const corpus = readCorpus()
  const connect = generate(connectPacket('c'))
  const seed = newSeed()

  test(`what is handed on is a beginning of it that the parser takes without complaint (FUZZ_SEED=${seed})`, () => {
    const random = randomOf(seed)
    let handed = 0
    let refused = 0
    for (let run = 0; run < 20_000; run++) {
      const packets = Array.from({ length: 1 + below(random, 4) }, () => hostilePacket(random, corpus))
      const sent = Buffer.concat(run % 4 === 0 ? packets : [connect, ...packets])
      const inPieces = read(chunksOf(random, sent))
      const atOnce = read([sent])
      expect(inPieces.bytes.equals(sent.subarray(0, inPieces.bytes.length))).toBe(true)
      expect(inPieces.bytes.equals(atOnce.bytes) && inPieces.refusal === atOnce.refusal, sent.toString('hex')).toBe(true)
      const parsed = parse(inPieces.bytes)
      expect(parsed.rest, sent.toString('hex')).toBe(0)
      // no packet is read in two ways
      expect(isDeepStrictEqual(inPieces.often, parsed.packets.map(asReadOften)), sent.toString('hex')).toBe(true)
      handed += inPieces.bytes.length
      if (inPieces.refusal !== undefined) refused++
    }
    // the corpus is neither all right nor all wrong
    expect(handed).toBeGreaterThan(100_000)
    expect(refused).toBeGreaterThan(5000)
  })
})

test('after a refusal, and after DISCONNECT, nothing is handed on', () => {
  const sound = generate(publish('a', 'x'))
  const connect = generate(connectPacket('c'))
  expect(read([connect, raw(0x36), sound]).bytes).toEqual(connect)
  expect(read([connect, raw(0xe0), sound])).toMatchObject({ bytes: Buffer.concat([connect, raw(0xe0)]), refusal: undefined })
})

test('limits are those of the moment', () => {
  let maxPacketSize = 1000
  const reader = readerOf({ limits: () => ({ ...LIMITS, maxPacketSize }) })
  expect(reader.push(generate(connectPacket('c')))).toBeUndefined()
  expect(reader.push(generate(publish('a', 'x'.repeat(500))))).toBeUndefined()
  maxPacketSize = 100
  expect(reader.push(generate(publish('a', 'x'.repeat(500))))).toEqual({ problem: 'more bytes than mqtt.max_packet_size', reason: 'limit' })
})

test('a packet that is promised takes no more room than what has come of it', () => {
  const readers = Array.from({ length: 2000 }, () => readerOf({ limits: () => ({ ...LIMITS, maxPacketSize: 268_435_460 }) }))
  const before = process.memoryUsage().arrayBuffers
  for (const reader of readers) {
    reader.push(generate(connectPacket('c')))
    expect(reader.push(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 0x61]))).toBeUndefined()
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2000 * 2048)
})

test('of packets that begin and do not end, the one that began longest ago goes when they take too much together', () => {
  const MIB = 1024 * 1024
  const limits = () => ({ ...LIMITS, maxPacketSize: 4 * MIB })
  const allBegun = new BegunPackets(() => limits().maxPacketSize)
  const gone: number[] = []
  const readers = Array.from({ length: 40 }, (_, i) => readerOf({
    limits, allBegun,
    refused: ({ problem, reason }) => {
      gone.push(i)
      expect([problem, reason]).toEqual(['a packet that took the longest to come, while too many had begun', 'limit'])
    },
  }))
  const begun = generate(publish('a', 'x'.repeat(2 * MIB))).subarray(0, -1)
  for (const [i, reader] of readers.entries()) {
    reader.push(generate(connectPacket('c')))
    if (i === 0) continue
    for (let at = 0; at < begun.length; at += 65_536) reader.push(begun.subarray(at, at + 65_536))
    expect(allBegun.bytes).toBeLessThanOrEqual(48 * MIB)
  }
  expect(gone.length).toBeGreaterThan(10)
  expect(gone).toEqual(Array.from(gone, (_, i) => i + 1))
  // those that end, or whose connections do, make room
  for (const reader of readers) reader.end()
  expect(allBegun.bytes).toBe(0)
  readers[0]?.push(begun)
  expect(allBegun.bytes).toBe(0)
})
