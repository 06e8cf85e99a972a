import type { ColdPosition, Position } from './ports.ts'

interface Sent extends Position {
  /** Times that the log had perhaps lost data when it was sent. */
  readonly losses: number
  done: boolean
}

/** Between an earlier position that is remembered and the next. Microseconds of the log's scores. */
const EARLIER_MICROS = 5_000_000

/**
 * What of one topic was sent to one client and where its position may stand: the newest message up
 * to which everything sent is acknowledged, never past a gap (DELIVERY 5). It outlives the
 * connection of a persistent session.
 */
export class RunList {
  #sent: Sent[] = []
  readonly #byId = new Map<string, Sent>()
  #doneScore = 0
  #position: Sent | undefined
  /** Positions of before, some seconds apart: which master has them also has what was stored before them. */
  #earlier: Position | undefined
  #nextEarlier: Position | undefined
  #losses = 0

  /** Messages sent and not yet below the position. */
  get length(): number {
    return this.#sent.length
  }

  /** Score up to which everything sent is acknowledged. */
  get doneScore(): number {
    return this.#doneScore
  }

  /** The message to which the position has moved last. */
  get position(): ColdPosition | undefined {
    if (this.#position === undefined) return undefined
    const { msgid, score, losses } = this.#position
    return { msgid, doubted: losses === this.#losses ? undefined : { score, earlier: this.#earlier } }
  }

  has(msgid: string): boolean {
    return this.#byId.has(msgid)
  }

  /** A message was handed to the client, in the order of the log. */
  sent(msgid: string, score: number): void {
    const entry = { msgid, score, losses: this.#losses, done: false }
    this.#sent.push(entry)
    this.#byId.set(msgid, entry)
  }

  /**
   * The message is acknowledged, or gone for good. Returns the msgid to which the position moves;
   * undefined while an older one is still out.
   */
  done(msgid: string): string | undefined {
    const entry = this.#byId.get(msgid)
    if (entry === undefined) return undefined
    entry.done = true
    let position: Sent | undefined
    let passed = 0
    for (const head of this.#sent) {
      if (!head.done) break
      passed++
      position = head
      this.#doneScore = Math.max(this.#doneScore, head.score)
      this.#byId.delete(head.msgid)
    }
    if (position !== undefined) {
      this.#sent = this.#sent.slice(passed)
      this.#move(position)
    }
    return position?.msgid
  }

  #move(position: Sent): void {
    this.#position = position
    if (position.score - (this.#nextEarlier?.score ?? 0) < EARLIER_MICROS) return
    this.#earlier = this.#nextEarlier
    this.#nextEarlier = position
  }

  /** The log may have lost data: scores mean nothing any more, what was sent stays sent. */
  forgetScores(): void {
    this.#doneScore = 0
    this.#losses++
  }
}
