import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Numbers below 1 that a seed decides (mulberry32). */
export type Random = () => number

export function randomOf(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = state + 0x6d2b79f5 >>> 0
    let mixed = Math.imul(state ^ state >>> 15, state | 1)
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61)
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32
  }
}

/** `FUZZ_SEED`, to see a failure again; else one of now. */
export function newSeed(): number {
  return Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 32)
}

export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit)
}

export function oneOf<T>(random: Random, values: readonly [T, ...T[]]): T {
  return values[below(random, values.length)] ?? values[0]
}

/** The packets of `fuzz-corpus.txt`: right ones of every type, and wrong ones that were worth keeping. */
export function readCorpus(): readonly [Buffer, ...Buffer[]] {
  const lines = readFileSync(join(import.meta.dirname, 'fuzz-corpus.txt'), 'utf8').split('\n')
  const [first, ...others] = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => Buffer.from(line.split(' ')[0] ?? '', 'hex'))
  if (first === undefined) throw new Error('the corpus is empty')
  return [first, ...others]
}

/** A packet of the corpus as it is, cut off, changed, doubled, or something else altogether. */
export function hostilePacket(random: Random, corpus: readonly [Buffer, ...Buffer[]]): Buffer {
  const packet = Buffer.from(oneOf(random, corpus))
  switch (below(random, 8)) {
    case 0: return randomBytes(random, 1 + below(random, 64))
    case 1: return packet.subarray(0, below(random, packet.length + 1))
    case 2: return flipped(random, packet)
    case 3: return Buffer.concat([packet, randomBytes(random, below(random, 8))])
    case 4: return replaced(random, packet)
    case 5: return Buffer.concat([packet.subarray(0, below(random, packet.length)), oneOf(random, corpus)])
    case 6: return withLength(random, packet)
    default: return packet
  }
}

export function randomBytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => below(random, 256)))
}

/** Cut where a network might cut. */
export function chunksOf(random: Random, bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const length = oneOf(random, [1, 2, 3, 5, 16, 100, bytes.length])
    chunks.push(bytes.subarray(at, at + length))
    at += length
  }
  return chunks
}

function flipped(random: Random, packet: Buffer): Buffer {
  for (let i = 1 + below(random, 3); i > 0; i--) {
    const at = below(random, packet.length)
    packet[at] = (packet[at] ?? 0) ^ 1 << below(random, 8)
  }
  return packet
}

/** With bytes that mean something to a reader: ends of ranges, wildcards, halves of characters. */
function replaced(random: Random, packet: Buffer): Buffer {
  packet[below(random, packet.length)] = oneOf(random, [0, 1, 0x7f, 0x80, 0xff, 0x23, 0x2b, 0x2f, 0xc3, 0xed, 0xf0])
  return packet
}

/** With another remaining length than its own. */
function withLength(random: Random, packet: Buffer): Buffer {
  const lengths = [[0], [1], [0x7f], [0x80, 0x01], [0xff, 0xff, 0x03], [0xff, 0xff, 0xff, 0x7f], [0x80, 0x80, 0x80, 0x80, 0x01]] as const
  return Buffer.concat([packet.subarray(0, 1), Buffer.from(oneOf<readonly number[]>(random, lengths)), packet.subarray(2)])
}
