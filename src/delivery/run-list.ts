import { LazySet } from './lazy.ts'
import type { ColdPosition, Position } from './ports.ts'

interface Sent extends Position {
  /** Times that the log had perhaps lost data when it was sent. */
  readonly losses: number
  state: 'out' | 'acked' | 'gone'
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
  /** Acknowledged since the log perhaps lost data, sent before: their scores say nothing, and a page on its way shows them. */
  readonly #late = new LazySet<string>()
  #position: Sent | undefined
  /** Positions of before, some seconds apart: which master has them also has what was stored before them. */
  #earlier: Position | undefined
  #nextEarlier: Position | undefined
  #losses = 0
  /** Moves of the position that were given to Redis and not answered. */
  #unanswered = 0
  readonly #onAnswered: () => void

  /** `onAnswered`: Redis has answered a move of the position. */
  constructor(onAnswered: () => void = () => {}) {
    this.#onAnswered = onAnswered
  }

  /** The log may have lost data since it began: what the store has as the position may stand elsewhere. */
  get isDoubted(): boolean {
    return this.#losses > 0
  }

  /** It knows what the store does not. */
  get isNeeded(): boolean {
    return this.#sent.length > 0 || this.#unanswered > 0
  }

  /** Messages sent and not yet below the position. */
  get length(): number {
    return this.#sent.length
  }

  /** Score up to which everything sent is acknowledged. */
  get doneScore(): number {
    return this.#doneScore
  }

  /**
   * The message to which the position has moved last. If it has not yet, and the log may have lost data, the oldest that
   * was sent before: what is acknowledged while a page is on its way must not be taken for where its reader stood. From
   * such a loss on it is doubted: what Redis has may be a message of before, which was stored again behind others.
   */
  get position(): ColdPosition | undefined {
    const [oldest] = this.#sent
    const from = this.#position ?? (oldest?.losses === this.#losses ? undefined : oldest)
    if (from === undefined) return undefined
    const { msgid, score } = from
    return { msgid, doubted: this.isDoubted ? { score, earlier: this.#earlier } : undefined }
  }

  has(msgid: string): boolean {
    return this.#byId.has(msgid) || this.#late.has(msgid)
  }

  /** A message was handed to the client, in the order of the log. */
  sent(msgid: string, score: number): void {
    const entry: Sent = { msgid, score, losses: this.#losses, state: 'out' }
    this.#sent.push(entry)
    this.#byId.set(msgid, entry)
  }

  /**
   * The message is acknowledged, or stored no longer. Returns the msgid to which the position moves;
   * undefined while an older one is still out.
   */
  done(msgid: string, state: 'acked' | 'gone' = 'acked'): string | undefined {
    const entry = this.#byId.get(msgid)
    if (entry === undefined) return undefined
    entry.state = state
    let position: Sent | undefined
    let passed = 0
    for (const head of this.#sent) {
      if (head.state === 'out') break
      passed++
      position = head
      this.#byId.delete(head.msgid)
      this.#notePassed(head)
    }
    if (position !== undefined) {
      this.#sent = this.#sent.slice(passed)
      this.#move(position)
    }
    return position?.msgid
  }

  /** The position's move is given to Redis; {@link answered} is to be called once when it has its answer. */
  submitted(): void {
    this.#unanswered++
  }

  readonly answered = (): void => {
    this.#unanswered--
    this.#onAnswered()
  }

  #notePassed({ msgid, score, losses, state }: Sent): void {
    if (losses === this.#losses) {
      this.#doneScore = Math.max(this.#doneScore, score)
      this.#late.clear()
    } else if (state === 'acked') this.#late.add(msgid)
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
    this.#late.clear()
    this.#losses++
  }
}
