import type { Position } from './ports.ts'

interface Sent extends Position {
  done: boolean
}

/**
 * What of one topic was sent to one client and where its position may stand: the newest message up
 * to which everything sent is acknowledged, never past a gap (DELIVERY 5). It outlives the
 * connection of a persistent session.
 */
export class RunList {
  #sent: Sent[] = []
  readonly #byId = new Map<string, Sent>()
  #doneScore = 0
  #position: Position | undefined

  /** Messages sent and not yet below the position. */
  get length(): number {
    return this.#sent.length
  }

  /** Score up to which everything sent is acknowledged. */
  get doneScore(): number {
    return this.#doneScore
  }

  /** The message to which the position has moved last. */
  get position(): Position | undefined {
    return this.#position
  }

  has(msgid: string): boolean {
    return this.#byId.has(msgid)
  }

  /** A message was handed to the client, in the order of the log. */
  sent(msgid: string, score: number): void {
    const entry = { msgid, score, done: false }
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
    let position: Position | undefined
    let passed = 0
    for (const head of this.#sent) {
      if (!head.done) break
      passed++
      position = head
      this.#doneScore = Math.max(this.#doneScore, head.score)
      this.#byId.delete(head.msgid)
    }
    if (passed > 0) {
      this.#sent = this.#sent.slice(passed)
      this.#position = position
    }
    return position?.msgid
  }

  /** The log lost data: scores mean nothing any more, what was sent stays sent. */
  forgetScores(): void {
    this.#doneScore = 0
  }
}
