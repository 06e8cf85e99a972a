import type { MessageRecord } from '../actions/message-record.ts'
import type { Lane, LaneOwner, Outgoing } from './outgoing.ts'
import type { Pool } from './ports.ts'

/**
 * The reader of one topic's latest message for one session (`keep_latest`). It has no log, hence
 * no position: a newer message replaces the one that waits.
 */
export class LatestLane implements Lane {
  readonly kind = 'latest'
  readonly run = undefined
  readonly pool: Pool
  readonly topic: string
  granted: 1 | 2
  #draining = false
  waitsFor: Lane['waitsFor'] = []

  readonly #owner: LaneOwner
  /** `fresh`: covered since a reload; what was stored before is not owed. */
  #state: 'cold' | 'fetching' | 'hot' | 'fresh' | 'retired'
  #held: MessageRecord | undefined
  /** The last one taken in; a read that shows it again brings nothing. */
  #last: string | undefined
  #request = 0

  constructor(options: {
    readonly owner: LaneOwner
    readonly pool: Pool
    readonly topic: string
    readonly granted: 1 | 2
    readonly fresh?: boolean
  }) {
    this.#owner = options.owner
    this.pool = options.pool
    this.topic = options.topic
    this.granted = options.granted
    this.#state = options.fresh === true ? 'fresh' : 'cold'
  }

  /** A newer message of the topic was stored. */
  wake(record: MessageRecord): void {
    if (this.#state === 'retired') return
    if (this.#state === 'fresh') this.#state = 'hot'
    // a wake that waited for its turn must not bring back what a read has passed; ids of one
    // broker process (one suffix) tell their order, those of two do not
    if (this.#last !== undefined && this.#last.slice(9) === record.id.slice(9) && record.id <= this.#last) return
    if (!this.#owner.held.tooMany) return this.#keep(record)
    // it is read when its turn comes
    this.#let(undefined)
    this.#chill()
  }

  read(): boolean {
    if (this.#state !== 'cold') return true
    if (!this.pool.ready) return false
    this.#state = 'fetching'
    const request = ++this.#request
    this.pool.latest(this.topic, (found) => {
      if (request !== this.#request || this.#state !== 'fetching') return
      if (found instanceof Error) {
        this.#state = 'cold'
        if (this.pool.ready) {
          this.#owner.refused(this, found)
          this.#owner.later(() => this.#owner.hungry(this))
        } else this.#owner.hungry(this)
        return
      }
      this.#state = 'hot'
      if (found !== undefined && found.id !== this.#last) this.#keep(found)
      this.#noteSettled()
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
    return this.#state === 'hot' && this.#held === undefined
  }

  get ready(): boolean {
    return this.#held !== undefined && !this.waitsFor.some((waits) => waits())
  }

  get waiting(): boolean {
    return this.#held !== undefined && !this.ready
  }

  take(): Outgoing | undefined {
    const record = this.#held
    if (record === undefined) return undefined
    this.#let(undefined)
    this.#noteSettled()
    if (this.#isTaken(record)) return undefined
    return {
      record,
      qos: record.qos === 2 && this.granted === 2 ? 2 : record.qos === 0 ? 0 : 1,
      retain: false,
      origin: { pool: this.pool, kind: 'latest', run: undefined },
    }
  }

  doubt(): void {
    if (this.#state === 'hot') this.#chill()
  }

  forget(): void {
    if (this.#state === 'retired' || this.#state === 'fresh') return
    this.#let(undefined)
    this.#last = undefined
    this.#chill()
  }

  again(all: boolean): void {
    if (all) this.#last = undefined
    if (this.#state !== 'retired') this.#chill()
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
    this.#let(undefined)
  }

  #let(record: MessageRecord | undefined): void {
    if (this.#held !== undefined) this.#owner.held.remove(this.#held)
    if (record !== undefined) this.#owner.held.add(record)
    this.#held = record
  }

  #chill(): void {
    this.#state = 'cold'
    this.#request++
    this.#owner.hungry(this)
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

  #keep(record: MessageRecord): void {
    if (this.#isTaken(record)) return
    this.#last = record.id
    this.#let(record)
    this.#owner.fed(this)
  }

  /** A read that was on its way while the message was acknowledged still shows it; a lane of another pool may have been faster. */
  #isTaken({ id }: MessageRecord): boolean {
    return this.#owner.isInFlight(id) || this.#owner.isAckedElsewhere(id, this.pool)
  }
}
