import type { Effect, Outcome } from '../actions/effect.ts'
import { keys } from '../actions/keys.ts'
import { RECORD_FIELDS, recordFields, type MessageRecord } from '../actions/message-record.ts'
import { msgidMicros } from '../actions/msgid.ts'
import type { ColdPosition, Page, PageRequest, RetainedRequest, TopicIndex } from '../delivery/ports.ts'
import { keyIndexes } from '../language/redis-commands.ts'
import { unfitCommand } from '../store/unfit-command.ts'
import { Keyspace, RedisError } from './keyspace.ts'
import { carryOut, isSimulated } from './memory-commands.ts'
import type { SortedSet } from './sorted-set.ts'

/** A broker process marks its ids with so many characters at their end. */
const BOOT_CHARACTERS = 11
/** Two clocks may be so far apart. Microseconds. */
const SKEW_MICROS = 60_000_000
/** As store.lua: at every eighth entry of a topic the ids without record are looked for. */
const TURNS = 8

const INDEX_KEYS: Readonly<Record<TopicIndex, string>> = { logs: keys.topics, retained: keys.retainedTopics, latest: keys.latestTopics }
const INDEXED: Readonly<Record<TopicIndex, (topic: string) => string>> = { logs: keys.log, retained: keys.retained, latest: keys.latest }

/**
 * What a Redis would hold, and what the scripts of the store do to it: one of these may serve several
 * pools, as one Redis serves several brokers. `test/simulate/memory-redis.test.ts` compares it with a
 * real one. It knows nothing of what EMQ X left.
 */
export class MemoryRedis {
  /** Last score given, microseconds. */
  clock = 0
  readonly keyspace: Keyspace
  /** Commands that are not simulated and were asked for, with the keys that they may have changed. */
  readonly unsimulated = new Map<string, Set<string>>()

  /** `now` in milliseconds since 1970; without it time stands still, and nothing expires. */
  constructor(now: () => number = () => 1_700_000_000_000) {
    this.keyspace = new Keyspace(now)
    this.clock = now() * 1000
  }

  /** The stored messages, by id. */
  get records(): ReadonlyMap<string, MessageRecord> {
    const prefix = keys.message('')
    return new Map(this.keyspace.keys().flatMap((key) => {
      const record = key.startsWith(prefix) && this.keyspace.value(key)?.type === 'hash' ? this.#record(key) : undefined
      return record === undefined ? [] : [[record.id, record] as const]
    }))
  }

  /** How far a client has come in a topic. */
  position(clientid: string, topic: string): string | undefined {
    return this.#text(keys.position(clientid, topic))
  }

  /** How many topics have a latest message. */
  get latestCount(): number {
    return this.indexed('latest').length
  }

  // --- what effects do

  apply(effect: Effect): Outcome {
    try {
      return this.#apply(effect)
    } catch (error) {
      if (!(error instanceof RedisError)) throw error
      return { ok: false, failure: 'lasting', message: error.message }
    }
  }

  #apply(effect: Effect): Outcome {
    switch (effect.kind) {
      case 'store': return this.#store(effect.record, effect.expirySeconds)
      case 'retain': return this.#keep('retained', effect.record, { expirySeconds: effect.expirySeconds })
      case 'retain-delete': return this.#keep('retained', effect.record, 'gone')
      case 'latest': return this.#keep('latest', effect.record, { expirySeconds: effect.expirySeconds })
      case 'ack-queue': return this.#ackQueue(effect.topic, effect.msgid)
      case 'ack-pubsub': return this.#ackPubsub(effect.clientid, effect.topic, effect.msgid)
      case 'ack-latest': return this.#ackLatest(effect.topic, effect.msgid)
      case 'online': return this.#online(effect)
      case 'offline': return this.#offline(effect)
      case 'command': return this.#command(effect.name, effect.args)
      default: return effect satisfies never
    }
  }

  #store(record: MessageRecord, expirySeconds: number | undefined): Outcome {
    const { keyspace } = this
    const [log, key] = [keys.log(record.topic), keys.message(record.id)]
    const before = keyspace.find(log, 'zset')?.set
    const known = before?.score(record.id)
    if (known !== undefined && keyspace.has(key)) {
      keyspace.raiseExpiry(key, expirySeconds)
      keyspace.raiseExpiry(log, expirySeconds)
      return { ok: true, stored: { score: known, prev: undefined } }
    }
    keyspace.find(key, 'hash')
    const prev = last(before)?.score ?? 0
    // an id whose record is gone is stored anew, in a new place
    before?.delete(record.id)
    keyspace.tidy(log)
    const isFresh = !keyspace.has(log)
    const score = Math.max(this.clock, keyspace.now() * 1000) + 1
    this.clock = score
    keyspace.open(log, 'zset').set.set(record.id, score)
    this.#write(key, record, expirySeconds)
    this.#enter('logs', record.topic)
    if (!isFresh) {
      keyspace.raiseExpiry(log, expirySeconds)
      if (score % TURNS === 0) this.#trim(log)
    } else if (expirySeconds !== undefined) keyspace.expireAt(log, keyspace.now() + expirySeconds * 1000)
    return { ok: true, stored: { score, prev } }
  }

  #keep(index: Exclude<TopicIndex, 'logs'>, record: MessageRecord, how: 'gone' | { readonly expirySeconds: number | undefined }): Outcome {
    const key = INDEXED[index](record.topic)
    if (this.#isOutdated(key, record.id)) return { ok: true }
    this.keyspace.delete(key)
    if (how === 'gone') this.#leave(index, record.topic)
    else {
      this.#write(key, record, how.expirySeconds)
      this.#enter(index, record.topic)
    }
    return { ok: true }
  }

  /** A message never replaces a later one of the same broker process. */
  #isOutdated(key: string, id: string): boolean {
    const value = this.keyspace.value(key)
    const held = value?.type === 'hash' ? value.fields.get('id') : undefined
    if (held === undefined || held.slice(-BOOT_CHARACTERS) !== id.slice(-BOOT_CHARACTERS)) return false
    const [theirs, mine] = [msgidMicros(held), msgidMicros(id)]
    return theirs !== undefined && mine !== undefined && theirs > mine
  }

  #ackQueue(topic: string, msgid: string): Outcome {
    const log = keys.log(topic)
    this.keyspace.find(log, 'zset')?.set.delete(msgid)
    this.keyspace.tidy(log)
    this.keyspace.delete(keys.message(msgid))
    if (!this.keyspace.has(log)) this.#leave('logs', topic)
    return { ok: true }
  }

  #ackPubsub(clientid: string, topic: string, msgid: string): Outcome {
    const key = keys.position(clientid, topic)
    const held = this.keyspace.find(key, 'string')?.text
    const set = this.keyspace.find(keys.log(topic), 'zset')?.set
    if (held === undefined || this.#isForward(set, { topic, held, msgid })) this.keyspace.replace(key, { type: 'string', text: msgid })
    return { ok: true }
  }

  #isForward(set: SortedSet | undefined, { topic, held, msgid }: { readonly topic: string, readonly held: string, readonly msgid: string }): boolean {
    const [from, to] = [set?.score(held), set?.score(msgid)]
    if (from !== undefined && to !== undefined) return to > from
    if (from === undefined && this.#isOfOther(held, topic)) return true
    const [before, after] = [msgidMicros(held), msgidMicros(msgid)]
    return before === undefined || (after !== undefined && after > before)
  }

  /** Client `a` of topic `b:c` and client `a:b` of topic `c` share a position. */
  #isOfOther(id: string, topic: string): boolean {
    const of = this.#record(keys.message(id))?.topic
    return of !== undefined && of !== topic
  }

  #ackLatest(topic: string, msgid: string): Outcome {
    const key = keys.latest(topic)
    if (this.keyspace.find(key, 'hash')?.fields.get('id') !== msgid) return { ok: true }
    this.keyspace.delete(key)
    this.#leave('latest', topic)
    return { ok: true }
  }

  #online({ clientid, node, now, lastFence }: Extract<Effect, { kind: 'online' }>): Outcome {
    const held = Number(this.keyspace.find(keys.client(clientid), 'hash')?.fields.get('online_at') ?? 0) || 0
    const fence = held < now ? now : held === lastFence ? held : held + 1
    const { fields } = this.keyspace.open(keys.client(clientid), 'hash')
    fields.set('state', '1').set('online_at', String(fence)).set('offline_at', 'undefined')
    this.keyspace.open(keys.node(node), 'hash').fields.set(clientid, String(fence))
    return { ok: true, online: { fence } }
  }

  #offline({ clientid, node, now, fence }: Extract<Effect, { kind: 'offline' }>): Outcome {
    const listed = this.keyspace.find(keys.node(node), 'hash')?.fields
    const fields = this.keyspace.find(keys.client(clientid), 'hash')?.fields
    if (Number(listed?.get(clientid) ?? 0) === fence) listed?.delete(clientid)
    this.keyspace.tidy(keys.node(node))
    if (Number(fields?.get('online_at') ?? 0) === fence && fields?.get('state') === '1') fields.set('state', '0').set('offline_at', String(now))
    return { ok: true }
  }

  #command(name: string, given: readonly (string | Buffer)[]): Outcome {
    const unfit = unfitCommand(name, given)
    if (unfit !== undefined) return { ok: false, failure: 'lasting', message: unfit }
    const args = given.map(String)
    if (isSimulated(name, args)) carryOut(this.keyspace, name, args)
    else this.unsimulated.set(name, new Set([...this.unsimulated.get(name) ?? [], ...keyIndexes(name, args).flatMap((index) => args[index] ?? [])]))
    return { ok: true }
  }

  // --- what reads find

  page({ kind, clientid, topic, after, limit, position }: PageRequest): Page {
    const set = this.#log(topic)
    const start = after ?? (kind === 'pubsub' ? this.#start(clientid, topic, position) : 0)
    const from = set?.after(start) ?? 0
    const looked = set?.members().slice(from, from + limit) ?? []
    const entries: { score: number, record: MessageRecord }[] = []
    const gone: string[] = []
    let end = start
    for (const id of looked) {
      const score = set?.score(id) ?? 0
      const record = this.#record(keys.message(id))
      if (record === undefined) gone.push(id)
      else entries.push({ score, record })
      end = score
    }
    for (const id of gone) set?.delete(id)
    this.keyspace.tidy(keys.log(topic))
    if (looked.length === 0 || gone.length > 0) this.#leaveIfGone('logs', topic)
    return { entries, last: end, more: looked.length === limit, clock: this.clock }
  }

  body(msgid: string): MessageRecord | undefined {
    return this.#record(keys.message(msgid))
  }

  retained({ topic, reader }: Pick<RetainedRequest, 'topic' | 'reader'>): { readonly record: MessageRecord, readonly inLogAt: number | undefined } | undefined {
    const record = this.#record(keys.retained(topic))
    if (record === undefined) {
      this.#leaveIfGone('retained', topic)
      return undefined
    }
    const score = this.body(record.id) === undefined ? undefined : this.#log(topic)?.score(record.id)
    const start = reader === undefined ? Infinity : reader.after ?? (reader.kind === 'pubsub' ? this.#start(reader.clientid, topic) : 0)
    return { record, inLogAt: score !== undefined && score > start ? score : undefined }
  }

  latest(topic: string): MessageRecord | undefined {
    const record = this.#record(keys.latest(topic))
    if (record === undefined) this.#leaveIfGone('latest', topic)
    return record
  }

  proxySubscriptions(clientid: string): readonly (readonly [topic: string, qos: string])[] {
    return [...this.#fields(keys.proxySubscriptions(clientid)) ?? []]
  }

  presentClients(node: string): readonly { readonly clientid: string, readonly onlineAt: number }[] {
    return Array.from(this.#fields(keys.node(node)) ?? [], ([clientid, onlineAt]) => ({ clientid, onlineAt: Number(onlineAt) }))
  }

  /** The topics of an index, in byte order. */
  indexed(index: TopicIndex): readonly string[] {
    return this.keyspace.find(INDEX_KEYS[index], 'zset')?.set.members() ?? []
  }

  newestScore(topic: string): number {
    return last(this.#log(topic))?.score ?? 0
  }

  /** The score after which a `pubsub` reader that is cold goes on: see start.lua. */
  #start(clientid: string, topic: string, known?: ColdPosition): number {
    const scoreOf = (msgid: string | undefined): number | undefined => msgid === undefined ? undefined : this.#log(topic)?.score(msgid)
    if (known?.doubted !== undefined) {
      const { score, earlier } = known.doubted
      if (scoreOf(known.msgid) === score) return score
      const stood = earlier !== undefined && scoreOf(earlier.msgid) === earlier.score
      return Math.max(this.#timeStart(known.msgid), stood ? earlier.score : 0)
    }
    const held = this.position(clientid, topic)
    const heldStart = held === undefined || this.#isOfOther(held, topic) ? 0 : this.#timeStart(held)
    return Math.max(scoreOf(held) ?? heldStart, scoreOf(known?.msgid) ?? 0)
  }

  #timeStart(msgid: string): number {
    const time = msgidMicros(msgid)
    return time === undefined ? 0 : Math.max(0, Math.min(time - SKEW_MICROS, this.clock))
  }

  // --- keys

  #write(key: string, record: MessageRecord, expirySeconds: number | undefined): void {
    const { fields } = this.keyspace.open(key, 'hash')
    const values = recordFields(record)
    RECORD_FIELDS.forEach((name, i) => { fields.set(name, String(values[i])) })
    if (expirySeconds !== undefined) this.keyspace.expireAt(key, this.keyspace.now() + expirySeconds * 1000)
  }

  /** Undefined: there is none, or something else. */
  #record(key: string): MessageRecord | undefined {
    const fields = this.#fields(key)
    const [id, topic, payload] = [fields?.get('id'), fields?.get('topic'), fields?.get('payload')]
    if (fields === undefined || (id ?? topic ?? payload) === undefined) return undefined
    return {
      id: id ?? '', from: fields.get('from') ?? '', qos: qosOf(fields.get('qos')), topic: topic ?? '',
      payload: Buffer.from(payload ?? ''), ts: Number(fields.get('ts') ?? 0) || 0, retain: fields.get('retain') === 'true',
    }
  }

  #fields(key: string): ReadonlyMap<string, string> | undefined {
    const value = this.keyspace.value(key)
    return value?.type === 'hash' ? value.fields : undefined
  }

  #text(key: string): string | undefined {
    const value = this.keyspace.value(key)
    return value?.type === 'string' ? value.text : undefined
  }

  #log(topic: string): SortedSet | undefined {
    const value = this.keyspace.value(keys.log(topic))
    return value?.type === 'zset' ? value.set : undefined
  }

  #trim(log: string): void {
    const set = this.keyspace.find(log, 'zset')?.set
    for (const id of [...set?.members().slice(0, 2 * TURNS) ?? []]) {
      if (this.keyspace.has(keys.message(id))) break
      set?.delete(id)
    }
  }

  #enter(index: TopicIndex, topic: string): void {
    this.keyspace.open(INDEX_KEYS[index], 'zset').set.set(topic, 0)
  }

  #leave(index: TopicIndex, topic: string): void {
    this.keyspace.find(INDEX_KEYS[index], 'zset')?.set.delete(topic)
    this.keyspace.tidy(INDEX_KEYS[index])
  }

  #leaveIfGone(index: TopicIndex, topic: string): void {
    if (!this.keyspace.has(INDEXED[index](topic))) this.#leave(index, topic)
  }
}

function last(set: SortedSet | undefined): { readonly score: number } | undefined {
  const member = set?.members().at(-1)
  const score = member === undefined ? undefined : set?.score(member)
  return score === undefined ? undefined : { score }
}

function qosOf(text: string | undefined): 0 | 1 | 2 {
  const qos = Number(text ?? 1)
  return qos >= 2 ? 2 : qos === 1 ? 1 : 0
}
