import { keys } from '../actions/keys.ts'
import type { MessageRecord } from '../actions/message-record.ts'
import type { ChangedTopicsRequest, PageRequest, PresentClients, RetainedRequest, TopicIndex, TopicsRequest } from '../delivery/ports.ts'
import type { Answer, Call } from './connection.ts'
import { unpackRecords } from './packed-records.ts'
import { SCRIPTS, type ScriptName } from './scripts.ts'
import { WholeNumbers } from './whole-numbers.ts'

/** Something asked of the pool; `done` is told an Error if it could not be had. */
export type Read =
  | { readonly kind: 'page', readonly request: PageRequest }
  | { readonly kind: 'retained', readonly request: RetainedRequest }
  | { readonly kind: 'present', readonly node: string, readonly cursor: string | undefined, readonly done: (page: PresentClients | Error) => void }
  | { readonly kind: 'topics', readonly request: TopicsRequest }
  | { readonly kind: 'changed-topics', readonly request: ChangedTopicsRequest }
  | { readonly kind: 'bodies', readonly msgids: readonly string[], readonly done: (records: readonly (MessageRecord | undefined)[] | Error) => void }
  | { readonly kind: 'latest', readonly topic: string, readonly done: (record: MessageRecord | undefined | Error) => void }
  | { readonly kind: 'subscriptions', readonly clientid: string, readonly done: (rows: readonly (readonly [topic: string, qos: string])[] | Error) => void }

/** Reads that travel in one call. */
export interface ReadCall extends Call {
  readonly reads: readonly Read[]
  /** Answers the reads from a good reply; returns those that there was no room for. */
  readonly give: (reply: unknown) => readonly Read[]
}

/** Bytes of messages in the answer of one call of pages. */
const PAGE_BYTES = 256 * 1024
const PAGES_PER_CALL = 64
const RETAINED_PER_CALL = 64
/** Bodies are not bounded in bytes by the script: not many at once. */
const RECORDS_PER_CALL = 128

/** The calls that bring what is asked. */
export function planReads(reads: readonly Read[]): ReadCall[] {
  // most rounds of a broker that stores
  if (reads.length === 0) return []
  return [
    ...chunks(ofKind(reads, 'page'), PAGES_PER_CALL, () => 1).map(pageCall),
    ...chunks(ofKind(reads, 'retained'), RETAINED_PER_CALL, () => 1).map(retainedCall),
    ...chunks(ofKind(reads, 'bodies'), RECORDS_PER_CALL, ({ msgids }) => msgids.length).map(bodiesCall),
    ...chunks(ofKind(reads, 'latest'), RECORDS_PER_CALL, () => 1).map(latestCall),
    ...ofKind(reads, 'subscriptions').map(subscriptionsCall),
    ...ofKind(reads, 'present').map(presentCall),
    ...ofKind(reads, 'topics').map(topicsCall),
    ...ofKind(reads, 'changed-topics').map(changedTopicsCall),
  ]
}

/** Tells the reads of a call what came. Returns those that must be asked again. */
export function answerReads(call: ReadCall, answer: Answer): readonly Read[] {
  if (answer.ok) return call.give(answer.reply)
  failReads(call.reads, new Error(answer.failure.message))
  return []
}

export function failReads(reads: readonly Read[], error: Error): void {
  for (const read of reads) {
    if ('request' in read) read.request.done(error)
    else read.done(error)
  }
}

type OfKind<K extends Read['kind']> = Extract<Read, { kind: K }>

function ofKind<K extends Read['kind']>(reads: readonly Read[], kind: K): OfKind<K>[] {
  return reads.filter((read): read is OfKind<K> => read.kind === kind)
}

/** Splits a list so that the weights of each part, but for a single heavy item, stay within `most`. */
function chunks<T>(items: readonly T[], most: number, weight: (item: T) => number): T[][] {
  const parts: T[][] = []
  let room = 0
  for (const item of items) {
    const part = parts.at(-1)
    if (part === undefined || weight(item) > room) {
      parts.push([item])
      room = most - weight(item)
    } else {
      part.push(item)
      room -= weight(item)
    }
  }
  return parts
}

function pageCall(reads: readonly OfKind<'page'>[]): ReadCall {
  const args = reads.flatMap(({ request: { kind, clientid, topic, after, position, limit } }) => [
    kind, clientid, topic, place(after), String(limit),
    position?.msgid ?? '', place(position?.doubted?.score), position?.doubted?.earlier?.msgid ?? '', place(position?.doubted?.earlier?.score),
  ])
  return scriptCall('page', [String(PAGE_BYTES), ...args], reads, (reply) => {
    const [clock = NOTHING, ...texts] = buffers(reply)
    return reads.filter(({ request }, i) => {
      const head = headOf(texts[2 * i])
      if (head.startsWith('!')) {
        request.done(new Error(head.slice(1)))
        return false
      }
      const numbers = new WholeNumbers(head)
      const last = numbers.next() ?? 0
      const more = numbers.next()
      if (more === 2) return true
      const entries = unpackRecords(numbers, texts[2 * i + 1] ?? NOTHING).filter((entry) => entry !== undefined)
      request.done({ entries, last, more: more === 1, clock: Number(clock) })
      return false
    })
  })
}

function retainedCall(reads: readonly OfKind<'retained'>[]): ReadCall {
  const args = reads.flatMap(({ request: { topic, reader } }) =>
    [topic, reader?.kind ?? '', reader?.clientid ?? '', place(reader?.after)])
  return scriptCall('retained', args, reads, (reply) => {
    const texts = buffers(reply)
    return reads.filter(({ request }, i) => {
      const head = headOf(texts[2 * i])
      if (head === '=') return true
      const numbers = new WholeNumbers(head)
      const inLogAt = numbers.next()
      const [found] = unpackRecords(numbers, texts[2 * i + 1] ?? NOTHING)
      request.done(found && { record: found.record, inLogAt })
      return false
    })
  })
}

function bodiesCall(reads: readonly OfKind<'bodies'>[]): ReadCall {
  const args = reads.flatMap(({ msgids }) => msgids.map(keys.message))
  return scriptCall('records', args, reads, (reply) => {
    const records = recordsOf(reply)
    let from = 0
    for (const { msgids, done } of reads) done(records.slice(from, from += msgids.length))
    return []
  })
}

function latestCall(reads: readonly OfKind<'latest'>[]): ReadCall {
  return scriptCall('latest', reads.map(({ topic }) => topic), reads, (reply) => {
    const records = recordsOf(reply)
    for (const [i, { done }] of reads.entries()) done(records[i])
    return []
  })
}

function subscriptionsCall(read: OfKind<'subscriptions'>): ReadCall {
  return {
    // in capitals: ioredis would make an object of it, and lose the order
    name: 'HGETALL', args: [keys.proxySubscriptions(read.clientid)], binary: false, reads: [read],
    give: (reply) => {
      read.done(pairs(Array.isArray(reply) ? reply.map(String) : []))
      return []
    },
  }
}

/** Fields of a large hash that one call looks at. */
const PRESENT_PER_CALL = 500

function presentCall(read: OfKind<'present'>): ReadCall {
  return {
    name: 'HSCAN', args: [keys.node(read.node), read.cursor ?? '0', 'COUNT', String(PRESENT_PER_CALL)], binary: false, reads: [read],
    give: (reply) => {
      const [next, fields] = Array.isArray(reply) ? reply.map((element: unknown) => element) : []
      const texts = Array.isArray(fields) ? fields.map(String) : []
      const clients = pairs(texts).map(([clientid, time]) => ({ clientid, onlineAt: Number(time) })).filter(({ onlineAt }) => Number.isSafeInteger(onlineAt))
      read.done({ clients, next: next === '0' ? undefined : String(next) })
      return []
    },
  }
}

/** Of a hash: its fields and values come one after the other. */
function pairs(texts: readonly string[]): (readonly [string, string])[] {
  return Array.from({ length: texts.length / 2 }, (_, i) => [texts[2 * i] ?? '', texts[2 * i + 1] ?? ''] as const)
}

const INDEX_KEYS: Readonly<Record<TopicIndex, string>> = {
  logs: keys.topics,
  retained: keys.retainedTopics,
  latest: keys.latestTopics,
}

/** All members have one score, so that Redis keeps them in byte order (redis.io/commands/zrangebylex). */
function topicsCall(read: OfKind<'topics'>): ReadCall {
  const { request } = read
  const { index, prefix, after, limit } = request
  const [first, last] = [Buffer.from(prefix), Buffer.from(after ?? '')]
  const from = after !== undefined && last.compare(first) >= 0 ? bound('(', last) : bound('[', first)
  return {
    name: 'ZRANGEBYLEX', args: [INDEX_KEYS[index], from, behindAll(first), 'LIMIT', '0', String(limit)], binary: false, reads: [read],
    give: (reply) => {
      request.done(Array.isArray(reply) ? reply.map(String) : [])
      return []
    },
  }
}

/** The first text behind all that begin with `prefix`. */
function behindAll(prefix: Buffer): Buffer | string {
  // no byte of UTF-8 is 255
  return prefix.length === 0 ? '+' : bound('(', Buffer.concat([prefix.subarray(0, -1), Buffer.of(prefix.readUInt8(prefix.length - 1) + 1)]))
}

function bound(sign: '(' | '[', text: Buffer): Buffer {
  return Buffer.concat([Buffer.from(sign), text])
}

function changedTopicsCall(read: OfKind<'changed-topics'>): ReadCall {
  const { request } = read
  const { after, since, limit } = request
  return scriptCall('changed-topics', [after ?? '', String(since), String(limit)], [read], (reply) => {
    const [clock, more, last, ...changed] = buffers(reply).map(String)
    const topics = changed.flatMap((topic, i) => i % 2 === 0 ? [{ topic, score: Number(changed[i + 1]) }] : [])
    request.done({ topics, next: more === '1' ? last : undefined, clock: Number(clock) })
    return []
  })
}

function scriptCall(
  script: ScriptName, args: readonly string[], reads: readonly Read[], give: ReadCall['give'],
): ReadCall {
  return { name: 'evalsha', args: [SCRIPTS[script].sha, '0', ...args], binary: true, reads, give }
}

/** Where a reader stands, as the scripts take it: empty for a cold one. */
function place(after: number | undefined): string {
  return after === undefined ? '' : String(after)
}

const NOTHING = Buffer.alloc(0)

/** The elements of a script's reply; all are texts. */
function buffers(reply: unknown): Buffer[] {
  if (!Array.isArray(reply)) throw new Error('a script that reads answered no list')
  return reply.map((element: unknown) => Buffer.isBuffer(element) ? element : NOTHING)
}

function headOf(text: Buffer | undefined): string {
  return text?.toString('latin1') ?? ''
}

function recordsOf(reply: unknown): (MessageRecord | undefined)[] {
  const [heads, texts] = buffers(reply)
  return unpackRecords(new WholeNumbers(headOf(heads)), texts ?? NOTHING).map((found) => found?.record)
}
