import type { MessageRecord } from '../actions/message-record.ts'
import type { ChangedTopicsRequest, PageRequest, Pool, PresentClients, RetainedRequest, Submission, TopicsRequest } from '../delivery/ports.ts'
import { MemoryRedis } from './memory-redis.ts'
import { byBytes } from './sorted-set.ts'

/** A read is carried out at one moment and answered at a later one. */
interface Read {
  readonly execute: () => () => void
  readonly fail: (error: Error) => void
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
      const page = this.redis.page(request)
      return () => request.done(page)
    }, (error) => request.done(error))
  }

  bodies(msgids: readonly string[], done: (records: readonly (MessageRecord | undefined)[] | Error) => void): void {
    this.#read(() => {
      const records = msgids.map((id) => this.redis.body(id))
      return () => done(records)
    }, done)
  }

  retained(request: RetainedRequest): void {
    this.#read(() => {
      const found = this.redis.retained(request)
      return () => request.done(found)
    }, (error) => request.done(error))
  }

  latest(topic: string, done: (record: MessageRecord | undefined | Error) => void): void {
    this.#read(() => {
      const record = this.redis.latest(topic)
      return () => done(record)
    }, done)
  }

  proxySubscriptions(clientid: string, done: (rows: readonly (readonly [string, string])[] | Error) => void): void {
    this.#read(() => {
      const rows = this.redis.proxySubscriptions(clientid)
      return () => done(rows)
    }, done)
  }

  presentClients(node: string, _cursor: string | undefined, done: (page: PresentClients | Error) => void): void {
    this.#read(() => {
      const clients = this.redis.presentClients(node)
      return () => done({ clients, next: undefined })
    }, done)
  }

  topics(request: TopicsRequest): void {
    this.#read(() => {
      const { index, prefix, after, limit } = request
      const beyond = this.redis.indexed(index).filter((topic) => topic.startsWith(prefix) && (after === undefined || byBytes(topic, after) > 0))
      return () => request.done(beyond.slice(0, limit))
    }, (error) => request.done(error))
  }

  changedTopics(request: ChangedTopicsRequest): void {
    this.#read(() => {
      const { after, since, limit } = request
      const lookedAt = this.redis.indexed('logs').filter((topic) => after === undefined || byBytes(topic, after) > 0).slice(0, limit)
      const topics = lookedAt.map((topic) => ({ topic, score: this.redis.newestScore(topic) })).filter(({ score }) => score > since)
      const { clock } = this.redis
      return () => request.done({ topics, next: lookedAt.length === limit ? lookedAt.at(-1) : undefined, clock })
    }, (error) => request.done(error))
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
    const outcomes = submissions.map((submission) => submission.effects.map((effect) => this.redis.apply(effect)))
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
}
