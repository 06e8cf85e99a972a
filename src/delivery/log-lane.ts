import type { MessageRecord } from '../actions/message-record.ts'
import type { Lane, LaneOwner, Outgoing } from './outgoing.ts'
import type { LogEntry, LogKind, Page, Pool } from './ports.ts'
import type { RunList } from './run-list.ts'

/** Entries taken and not yet sent. */
const BUFFER_ENTRIES = 256
/** Bytes of payload taken and not yet sent. */
const BUFFER_BYTES = 256 * 1024
/** Sent entries above the position; beyond it the lane stops until its oldest is acknowledged. */
const RUN_BOUND = 1000

/**
 * `cold`: position unknown. `behind`: the store may hold more. `fetching`: a page is on its way.
 * `hot`: when last told, nothing lay behind. `fresh`: covered since a reload, begins at the next
 * message. `retired`: answers are ignored.
 */
type State = 'cold' | 'behind' | 'fetching' | 'hot' | 'fresh' | 'retired'

/**
 * The reader of one topic's log for one session (DELIVERY 3.2). Everything it knows may be thrown
 * away at the price of one read: what is in flight and what is stored are the whole truth.
 *
 * Invariant: everything of the log at or below `#at` was taken, or skipped on purpose. A page
 * extends it over consecutive entries; a wake only if nothing lies between (`prev <= #at`).
 */
export class LogLane implements Lane {
  readonly kind = 'log'
  readonly pool: Pool
  readonly topic: string
  readonly logKind: LogKind
  /** Replaced when a reload brings or takes the rule that moves positions. */
  run: RunList | undefined
  granted: 1 | 2
  #draining = false
  waitsFor: Lane['waitsFor'] = []

  readonly #owner: LaneOwner
  #state: State
  /** Score of the last entry taken or skipped. */
  #at: number | undefined
  /** Highest score heard of since the last request; infinite for a message without known place. */
  #hint = 0
  /** Where another lane has taken over. */
  #end = Infinity
  #buffer: LogEntry[] = []
  #bytes = 0
  /** Answers to an earlier request are ignored. */
  #request = 0
  /** The topic's retained message, which goes out in its place in the log. */
  #retained: { readonly record: MessageRecord, readonly score: number } | undefined
  /** Bodies in the buffer that go out with the retain flag. */
  #flagged: string | undefined

  constructor(options: {
    readonly owner: LaneOwner
    readonly pool: Pool
    readonly topic: string
    readonly kind: LogKind
    readonly granted: 1 | 2
    readonly run: RunList | undefined
    /** Covered by a reload: what was stored before is not owed. */
    readonly fresh?: boolean
  }) {
    this.#owner = options.owner
    this.pool = options.pool
    this.topic = options.topic
    this.logKind = options.kind
    this.granted = options.granted
    this.run = options.run
    this.#state = options.fresh === true ? 'fresh' : 'cold'
  }

  /** It has not begun: its first message says where. */
  get isFresh(): boolean {
    return this.#state === 'fresh'
  }

  /** Where a reader of the same log that starts now would stand; for the retained lookup. */
  get at(): number | undefined {
    return this.#at
  }

  /**
   * A message of the topic was stored. `prev` is the score of the one before it; undefined when
   * the store no longer knows where it stands.
   */
  wake(score: number | undefined, prev: number | undefined, record: MessageRecord): void {
    if (this.#state === 'retired') return
    if (this.#state === 'fresh') {
      if (prev === undefined) this.#become('cold')
      else {
        this.#at = prev
        this.#become('hot')
      }
    }
    if (score === undefined || prev === undefined) {
      this.#hint = Infinity
      if (this.#state === 'hot') this.#become('behind')
      return
    }
    if (this.#at !== undefined && score <= this.#at) return
    // the log was empty before: whoever begins now begins here
    if (prev === 0 && this.#state === 'cold' && this.#hint === 0 && this.waitsFor.length === 0) {
      this.#at = 0
      this.#state = 'hot'
    }
    const contiguous = this.#state === 'hot' && this.#at !== undefined && prev <= this.#at
    if (contiguous && this.#hasRoom && !this.#owner.held.tooMany) {
      this.#at = score
      if (!this.#skips({ score, record })) this.#keep({ score, record })
      return
    }
    this.#hint = Math.max(this.#hint, score)
    if (this.#state === 'hot') this.#become('behind')
  }

  /** The topic's retained message is also in the log at `score`, which this lane has yet to take. */
  flagRetained(record: MessageRecord, score: number): void {
    if (this.#at !== undefined && score <= this.#at) {
      // it came in while the lookup was on its way: flag it in the buffer, or it has gone out
      if (this.#buffer.some((entry) => entry.record.id === record.id)) this.#flagged = record.id
      return
    }
    this.#retained = { record, score }
  }

  read(): boolean {
    if (this.#state !== 'cold' && this.#state !== 'behind') return true
    if (!this.pool.ready || this.waitsFor.some((waits) => waits())) return false
    // taking from the buffer makes the lane hungry again
    if (this.#buffer.length > BUFFER_ENTRIES / 2 || this.#bytes > BUFFER_BYTES / 2) return true
    // what was heard before is in the page, or gone
    this.#hint = 0
    this.#state = 'fetching'
    const request = ++this.#request
    this.pool.page({
      kind: this.logKind,
      clientid: this.#owner.clientid,
      topic: this.topic,
      after: this.#at,
      // it may be on its way still, or be refused
      position: this.#at === undefined ? this.run?.position : undefined,
      limit: BUFFER_ENTRIES - this.#buffer.length,
      done: (page) => {
        if (request === this.#request && this.#state === 'fetching') this.#answer(page)
      },
    })
    return true
  }

  get draining(): boolean {
    return this.#draining
  }

  get reading(): boolean {
    return this.#state === 'fetching'
  }

  get idle(): boolean {
    return this.#state === 'hot' && this.#buffer.length === 0
  }

  get ready(): boolean {
    return this.#buffer.length > 0 && !this.#held
  }

  get waiting(): boolean {
    return this.#buffer.length > 0 && this.#held
  }

  take(): Outgoing | undefined {
    const entry = this.#next()
    if (entry !== undefined) this.run?.sent(entry.record.id, entry.score)
    const retain = entry !== undefined && this.#flagged === entry.record.id
    if (retain) this.#flagged = undefined
    if (this.#state === 'cold' || this.#state === 'behind') this.#owner.hungry(this)
    const { run } = this
    this.#noteSettled()
    return entry && {
      record: entry.record,
      // only QoS 1 and 2 are logged; a record that someone else wrote may say 0
      qos: entry.record.qos === 2 && this.granted === 2 ? 2 : entry.record.qos === 0 ? 0 : 1,
      retain,
      origin: { pool: this.pool, kind: 'log', run },
    }
  }

  /** The next entry that no lane of another pool has sent since it was taken. */
  #next(): LogEntry | undefined {
    for (;;) {
      const entry = this.#buffer.shift()
      if (entry === undefined) return undefined
      this.#release(entry)
      const { id } = entry.record
      if (!this.#owner.isInFlight(id) && !this.#owner.isAckedElsewhere(id, this.pool)) return entry
    }
  }

  doubt(): void {
    if (this.#state === 'fetching') this.#hint = Infinity
    if (this.#state === 'hot') this.#become('behind')
  }

  forget(): void {
    if (this.#state === 'retired' || this.#state === 'fresh') return
    this.#empty()
    this.#at = undefined
    this.#request++
    this.run?.forgetScores()
    this.#become('cold')
  }

  again(all: boolean): void {
    if (this.#state === 'fresh') this.#become('cold')
    else if (all) this.forget()
    else this.doubt()
  }

  /** Another lane of the log has begun after this score: what lies beyond is its. */
  endAt(score: number): void {
    this.#end = score
    const beyond = this.#buffer.filter((entry) => entry.score > score)
    this.#buffer = this.#buffer.filter((entry) => entry.score <= score)
    for (const entry of beyond) this.#release(entry)
    this.doubt()
  }

  drain(): void {
    this.#draining = true
    if (this.#state === 'fresh') {
      // nothing has come since it began, and what was stored before is not owed
      this.retire()
      this.#owner.ended(this)
    } else this.doubt()
  }

  retire(): void {
    this.#state = 'retired'
    this.#empty()
  }

  #empty(): void {
    for (const entry of this.#buffer.splice(0)) this.#release(entry)
  }

  #release({ record }: LogEntry): void {
    this.#bytes -= record.payload.length
    this.#owner.held.remove(record)
  }

  get #held(): boolean {
    return (this.run !== undefined && this.run.length >= RUN_BOUND) || this.waitsFor.some((waits) => waits())
  }

  get #hasRoom(): boolean {
    return this.#buffer.length < BUFFER_ENTRIES && this.#bytes < BUFFER_BYTES
  }

  #answer(page: Page | Error): void {
    if (page instanceof Error) {
      this.#state = this.#at === undefined ? 'cold' : 'behind'
      // the pool is away: its return asks again. Else Redis said no, and may say so for long
      if (this.pool.ready) {
        this.#owner.refused(this, page)
        this.#owner.later(() => this.#owner.hungry(this))
      } else this.#owner.hungry(this)
      return
    }
    if (this.#at !== undefined && page.clock < this.#at) {
      this.forget()
      return
    }
    for (const entry of page.entries) {
      if (entry.score <= this.#end && !this.#skips(entry)) this.#keep(entry)
    }
    // at the end of the log everything up to the pool's clock was seen, also what is no longer there
    this.#at = Math.max(this.#at ?? 0, page.last, page.more ? 0 : page.clock)
    const caughtUp = (!page.more && this.#at >= this.#hint) || this.#at >= this.#end
    if (this.#retained !== undefined && (caughtUp || this.#at >= this.#retained.score)) {
      // it was in the log when looked up and is not any more
      this.#owner.retainedAlone(this.#retained.record)
      this.#retained = undefined
    }
    this.#become(caughtUp ? 'hot' : 'behind')
    this.#noteSettled()
  }

  /** What a page shows although it is taken care of (DELIVERY 3.2): without this, repeats. */
  #skips(entry: LogEntry): boolean {
    const { id } = entry.record
    return this.#owner.isInFlight(id)
      || this.pool.acking.has(id)
      || (this.run !== undefined && (this.run.has(id) || entry.score <= this.run.doneScore))
      || this.#owner.isQueued(id)
      || this.#owner.isAckedElsewhere(id, this.pool)
  }

  #keep(entry: LogEntry): void {
    if (this.#retained?.record.id === entry.record.id) {
      this.#flagged = entry.record.id
      this.#retained = undefined
    }
    this.#buffer.push(entry)
    this.#bytes += entry.record.payload.length
    this.#owner.held.add(entry.record)
    this.#owner.fed(this)
  }

  #noteSettled(): void {
    if (!this.idle) return
    if (!this.#draining) {
      this.#owner.settled(this)
      return
    }
    this.retire()
    this.#owner.ended(this)
  }

  #become(state: 'cold' | 'behind' | 'hot'): void {
    this.#state = state
    if (state !== 'hot') this.#owner.hungry(this)
  }
}
