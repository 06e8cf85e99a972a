import type { Effect } from '../actions/effect.ts'
import type { ChangedTopicsRequest, PageRequest, Pool, RetainedRequest, Submission, TopicsRequest } from '../delivery/ports.ts'

/** A pool that tells what it is given, and counts what it has not answered. */
export class ObservedPool implements Pool {
  /** Submissions and reads that wait for their answer. */
  unanswered = 0
  readonly #pool: Pool
  readonly #given: (effect: Effect) => void

  constructor(pool: Pool, given: (effect: Effect) => void) {
    this.#pool = pool
    this.#given = given
  }

  get name(): string { return this.#pool.name }
  get ready(): boolean { return this.#pool.ready }
  get pendingBytes(): number { return this.#pool.pendingBytes }
  get clockOffsetMs(): number { return this.#pool.clockOffsetMs }
  get acking(): Pool['acking'] { return this.#pool.acking }

  submit(submission: Submission): void {
    for (const effect of submission.effects) this.#given(effect)
    const { order, effects, hold, bytes } = submission
    const done = this.#awaited<Parameters<Submission['done']>[0]>((outcomes) => submission.done(outcomes))
    // a pool of tests is never away, so nobody loses interest
    this.#pool.submit({ order, effects, hold, bytes, cancelled: false, done })
  }

  page(request: PageRequest): void {
    this.#pool.page({ ...request, done: this.#awaited((page) => request.done(page)) })
  }

  bodies(msgids: readonly string[], done: Parameters<Pool['bodies']>[1]): void {
    this.#pool.bodies(msgids, this.#awaited(done))
  }

  retained(request: RetainedRequest): void {
    this.#pool.retained({ ...request, done: this.#awaited((found) => request.done(found)) })
  }

  latest(topic: string, done: Parameters<Pool['latest']>[1]): void {
    this.#pool.latest(topic, this.#awaited(done))
  }

  proxySubscriptions(clientid: string, done: Parameters<Pool['proxySubscriptions']>[1]): void {
    this.#pool.proxySubscriptions(clientid, this.#awaited(done))
  }

  presentClients(node: string, cursor: string | undefined, done: Parameters<Pool['presentClients']>[2]): void {
    this.#pool.presentClients(node, cursor, this.#awaited(done))
  }

  topics(request: TopicsRequest): void {
    this.#pool.topics({ ...request, done: this.#awaited((topics) => request.done(topics)) })
  }

  changedTopics(request: ChangedTopicsRequest): void {
    this.#pool.changedTopics({ ...request, done: this.#awaited((page) => request.done(page)) })
  }

  #awaited<T>(done: (answer: T) => void): (answer: T) => void {
    this.unanswered += 1
    return (answer) => {
      this.unanswered -= 1
      done(answer)
    }
  }
}
