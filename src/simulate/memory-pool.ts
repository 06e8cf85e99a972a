import type { Effect, Outcome } from '../actions/effect.ts'
import type { MessageRecord } from '../actions/message-record.ts'
import { msgidMicros } from '../actions/msgid.ts'
import type { ChangedTopicsRequest, LogEntry, PageRequest, Pool, PresentClients, RetainedRequest, Submission, TopicIndex, TopicsRequest } from '../delivery/ports.ts'

/** A read is carried out at one moment and answered at a later one. */
interface Read {
  readonly execute: () => () => void
  readonly fail: (error: Error) => void
}

/** What a Redis would hold: one of these may serve several pools, as one Redis serves several brokers. */
export class MemoryRedis {
  /** Microseconds, as the test clock's. */
  clock = 1_700_000_000_000_000
  readonly records = new Map<string, MessageRecord>()
  readonly logs = new Map<string, { score: number, id: string }[]>()
  readonly positions = new Map<string, string>()
  readonly retained = new Map<string, MessageRecord>()
  readonly latest = new Map<string, MessageRecord>()
  readonly proxies = new Map<string, [string, string][]>()
  readonly commands: string[] = []
}

/**
 * The `Pool` port in memory, in rounds as the real one: submissions, then reads, answered by
 * {@link round}, so that a test decides what happens in between.
 */
export class MemoryPool implements Pool {
  readonly name: string
  ready = true
  pendingBytes = 0
  readonly clockOffsetMs = 0
  readonly acking = new Set<string>()
  /** Called when something waits for a round. */
  onWaiting: (() => void) | undefined
  readonly redis: MemoryRedis
  #submissions: Submission[] = []
  #reads: Read[] = []
  #onItsWay = false

  constructor(name: string, redis = new MemoryRedis()) {
    this.name = name
    this.redis = redis
  }

  get waiting(): number {
    return this.#submissions.length + this.#reads.length
  }

  submit(submission: Submission): void {
    if (!this.ready && !submission.hold) {
      submission.done(submission.effects.map(() => ({ ok: false, failure: 'passing', message: 'away' })))
      return
    }
    for (const effect of submission.effects) if (effect.kind === 'ack-queue') this.acking.add(effect.msgid)
    this.pendingBytes += submission.bytes
    this.#submissions.push(submission)
    this.onWaiting?.()
  }

  page(request: PageRequest): void {
    this.#read(() => {
      const page = this.#page(request)
      return () => request.done(page)
    }, request.done)
  }

  bodies(msgids: readonly string[], done: (records: readonly (MessageRecord | undefined)[] | Error) => void): void {
    this.#read(() => {
      const records = msgids.map((id) => this.redis.records.get(id))
      return () => done(records)
    }, done)
  }

  retained(request: RetainedRequest): void {
    this.#read(() => {
      const record = this.redis.retained.get(request.topic)
      if (record === undefined) return () => request.done(undefined)
      const entry = this.redis.logs.get(request.topic)?.find(({ id }) => id === record.id)
      const start = request.reader === undefined ? Infinity : request.reader.after ?? this.#start(request.reader.kind, request.reader.clientid, request.topic)
      const inLogAt = entry !== undefined && entry.score > start ? entry.score : undefined
      return () => request.done({ record, inLogAt })
    }, request.done)
  }

  latest(topic: string, done: (record: MessageRecord | undefined | Error) => void): void {
    this.#read(() => {
      const record = this.redis.latest.get(topic)
      return () => done(record)
    }, done)
  }

  proxySubscriptions(clientid: string, done: (rows: readonly (readonly [string, string])[] | Error) => void): void {
    this.#read(() => {
      const rows = [...this.redis.proxies.get(clientid) ?? []]
      return () => done(rows)
    }, done)
  }

  presentClients(_node: string, _cursor: string | undefined, done: (page: PresentClients | Error) => void): void {
    // it keeps no presence
    this.#read(() => () => done({ clients: [], next: undefined }), done)
  }

  topics(request: TopicsRequest): void {
    this.#read(() => {
      const { index, prefix, after, limit } = request
      const beyond = this.#indexed(index).filter((topic) => topic.startsWith(prefix) && (after === undefined || inBytes(topic, after) > 0))
      return () => request.done(beyond.slice(0, limit))
    }, request.done)
  }

  changedTopics(request: ChangedTopicsRequest): void {
    this.#read(() => {
      const { after, since, limit } = request
      const lookedAt = this.#indexed('logs').filter((topic) => after === undefined || inBytes(topic, after) > 0).slice(0, limit)
      const topics = lookedAt.map((topic) => ({ topic, score: this.redis.logs.get(topic)?.at(-1)?.score ?? 0 })).filter(({ score }) => score > since)
      const { clock } = this.redis
      return () => request.done({ topics, next: lookedAt.length === limit ? lookedAt.at(-1) : undefined, clock })
    }, request.done)
  }

  /** Carries out what waits, in order, and answers it. */
  round(): void {
    this.leave()()
  }

  /** Carries out what waits; the answers arrive when the returned function is called. One round at a time is on its way. */
  leave(): () => void {
    if (this.#onItsWay) throw new Error('the next round leaves when this one is answered')
    this.#onItsWay = true
    const submissions = this.#submissions.splice(0).filter((submission) => !submission.cancelled)
    const reads = this.#reads.splice(0)
    const outcomes = submissions.map((submission) => submission.effects.map((effect) => this.#apply(effect)))
    const answers = reads.map((read) => read.execute())
    return () => {
      this.#onItsWay = false
      submissions.forEach((submission, i) => {
        this.pendingBytes -= submission.bytes
        for (const effect of submission.effects) if (effect.kind === 'ack-queue') this.acking.delete(effect.msgid)
        submission.done(outcomes[i] ?? [])
      })
      for (const answer of answers) answer()
    }
  }

  /** Redis goes away: reads fail, what may not wait fails, the rest stays. */
  away(): void {
    this.ready = false
    for (const read of this.#reads.splice(0)) read.fail(new Error('away'))
  }

  #read(execute: Read['execute'], fail: Read['fail']): void {
    if (!this.ready) return fail(new Error('away'))
    this.#reads.push({ execute, fail })
    this.onWaiting?.()
  }

  #apply(effect: Effect): Outcome {
    const { redis } = this
    switch (effect.kind) {
      case 'store': {
        const { record } = effect
        const log = redis.logs.get(record.topic) ?? []
        redis.logs.set(record.topic, log)
        const known = log.find(({ id }) => id === record.id)
        if (known !== undefined) return { ok: true, stored: { score: known.score, prev: undefined } }
        const prev = log.at(-1)?.score ?? 0
        const score = ++redis.clock
        log.push({ score, id: record.id })
        redis.records.set(record.id, record)
        return { ok: true, stored: { score, prev } }
      }
      case 'ack-queue': {
        redis.records.delete(effect.msgid)
        redis.logs.set(effect.topic, (redis.logs.get(effect.topic) ?? []).filter(({ id }) => id !== effect.msgid))
        return { ok: true }
      }
      case 'ack-pubsub': {
        const key = `${effect.clientid} ${effect.topic}`
        const before = redis.positions.get(key)
        if (before === undefined || this.#scoreOf(effect.topic, before) <= this.#scoreOf(effect.topic, effect.msgid)) redis.positions.set(key, effect.msgid)
        return { ok: true }
      }
      case 'retain': redis.retained.set(effect.record.topic, effect.record); return { ok: true }
      case 'retain-delete': redis.retained.delete(effect.record.topic); return { ok: true }
      case 'latest': redis.latest.set(effect.record.topic, effect.record); return { ok: true }
      case 'ack-latest': {
        if (redis.latest.get(effect.topic)?.id === effect.msgid) redis.latest.delete(effect.topic)
        return { ok: true }
      }
      case 'online': return { ok: true, online: { fence: effect.now } }
      case 'offline': return { ok: true }
      case 'command': {
        redis.commands.push([effect.name, ...effect.args.map(String)].join(' '))
        return { ok: true }
      }
      default: return effect satisfies never
    }
  }

  #indexed(index: TopicIndex): string[] {
    const { logs, retained, latest } = this.redis
    const topics = index === 'retained' ? [...retained.keys()] : index === 'latest' ? [...latest.keys()]
      : [...logs].flatMap(([topic, entries]) => entries.length > 0 ? [topic] : [])
    return topics.toSorted(inBytes)
  }

  #scoreOf(topic: string, id: string): number {
    return this.redis.logs.get(topic)?.find((entry) => entry.id === id)?.score ?? 0
  }

  #start(kind: PageRequest['kind'], clientid: string, topic: string): number {
    if (kind === 'queue') return 0
    const position = this.redis.positions.get(`${clientid} ${topic}`)
    if (position === undefined) return 0
    const score = this.#scoreOf(topic, position)
    return score > 0 ? score : Math.max(0, Math.min((msgidMicros(position) ?? 0) - 60_000_000, this.redis.clock))
  }

  #page(request: PageRequest): Parameters<PageRequest['done']>[0] {
    const known = request.kind === 'pubsub' && request.position !== undefined ? this.#scoreOf(request.topic, request.position) : 0
    const start = request.after ?? Math.max(this.#start(request.kind, request.clientid, request.topic), known)
    const beyond = (this.redis.logs.get(request.topic) ?? []).filter(({ score }) => score > start)
    const looked = beyond.slice(0, request.limit)
    const entries: LogEntry[] = []
    for (const { score, id } of looked) {
      const record = this.redis.records.get(id)
      if (record !== undefined) entries.push({ score, record })
    }
    return { entries, last: looked.at(-1)?.score ?? start, more: looked.length === request.limit, clock: this.redis.clock }
  }
}

/** The order of Redis. */
function inBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
