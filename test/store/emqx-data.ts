import type { Redis } from 'ioredis'

/** A message as EMQ X left it: its hash, and its id in the log of its topic. */
export interface OldMessage {
  readonly id: string
  readonly topic: string
  readonly payload: string
  /** As written. */
  readonly ts: string
  readonly qos: 1 | 2
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** 20 characters: 128 bits in base 62, the first 64 of them the microseconds since 1970. In time order as text. */
export function shortId(micros: number, more: number): string {
  let text = ''
  for (let rest = (BigInt(micros) << 64n) + BigInt(more); rest > 0n; rest /= 62n) text = BASE62.charAt(Number(rest % 62n)) + text
  return text
}

/** 46 characters, in no order. */
export function longId(of: number): string {
  let seed = of + 1
  return Array.from({ length: 46 }, () => {
    seed = (seed * 48_271) % 2_147_483_647
    return '0123456789ABCDEF'.charAt(seed % 16)
  }).join('')
}

/** The ways in which its versions wrote a hash. */
export const VERSIONS = {
  '2.x': { fields: ['id', 'from', 'qos', 'topic', 'payload', 'ts', 'retain'], ts: (seconds: number) => String(seconds), id: (seconds: number, i: number) => shortId(seconds * 1_000_000, i) },
  '3.0': { fields: ['id', 'from', 'qos', 'topic', 'payload', 'ts', 'retain'], ts: (seconds: number) => String(seconds), id: (_seconds: number, i: number) => longId(i) },
  '4.x': { fields: ['id', 'from', 'qos', 'topic', 'retain', 'payload', 'ts'], ts: (seconds: number) => String(seconds * 1_000), id: (_seconds: number, i: number) => longId(i) },
} as const

export type Version = keyof typeof VERSIONS

export function oldMessage(version: Version, topic: string, seconds: number, i: number): OldMessage {
  const { ts, id } = VERSIONS[version]
  return { id: id(seconds, i), topic, payload: `${seconds} ${i}`, ts: ts(seconds), qos: 1 }
}

/** Leaves messages in Redis as that version did: no index, no clock, every score 1. */
export async function leave(client: Redis, version: Version, messages: readonly OldMessage[]): Promise<void> {
  const pipeline = client.pipeline()
  for (const { id, topic, payload, ts, qos } of messages) {
    const values: Record<string, string> = { id, from: 'old publisher', qos: String(qos), topic, payload, ts, retain: 'false' }
    pipeline.hset(`mqtt:msg:${id}`, ...VERSIONS[version].fields.flatMap((field) => [field, values[field] ?? '']))
    pipeline.zadd(`mqtt:msg:${topic}`, 1, id)
  }
  await pipeline.exec()
}

/** In the order of time, then id. */
export function inOrder(messages: readonly OldMessage[]): OldMessage[] {
  return messages.toSorted((a, b) => seconds(a) - seconds(b) || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)))
}

function seconds({ ts }: OldMessage): number {
  return Number(ts) > 1e11 ? Number(ts) / 1_000 : Number(ts)
}
