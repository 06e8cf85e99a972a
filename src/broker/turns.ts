/** A connection whose bytes are worked on in turns; its `pause` and `resume` are replaced, to know who else has paused it. */
export interface Source extends Reading {
  readonly closed: boolean
}

/** Whether a connection is read from. */
export interface Reading {
  pause(): void
  resume(): void
}

/** How long what connections have sent is worked on before anything else has its turn. Milliseconds. */
const TURN_MS = 5
/** How long one connection is worked on at once, and within a window, before it has to wait for its turn. Milliseconds. */
const AT_ONCE_MS = 2
const WINDOW_MS = 100
/** Bytes after which the clock is looked at. */
const SLICE_BYTES = 8_192

/** Who has paused a connection, as bits: it is read from when all of them have resumed it. */
const BY_TURNS = 1
const BY_ITSELF = 2
const BY_OTHERS = 4

/**
 * Shares the event loop among connections by the time that their bytes take, which is not by their
 * number: a few hundred may be a thousand subscriptions. Who has taken little is served at once;
 * who has taken more waits in a row, which has one turn between two looks at sockets and Redis.
 */
export class Turns {
  readonly #row: Turn[] = []
  #isCalled = false

  /**
   * Takes the bytes of a connection: they are handed on in slices, in their order, and while some
   * wait nothing more is read. What was read before the connection's end is handed on before it.
   */
  of(source: Source, handOn: (bytes: Buffer) => void): Turn {
    return new Turn(source, handOn, this)
  }

  wait(turn: Turn): void {
    this.#row.push(turn)
    this.#call()
  }

  #call(): void {
    if (this.#isCalled) return
    this.#isCalled = true
    setImmediate(() => { this.#turn() })
  }

  #turn(): void {
    this.#isCalled = false
    const end = performance.now() + TURN_MS
    // once each: who is not done waits again
    for (let left = this.#row.length; left > 0; left--) {
      this.#row.shift()?.goOn()
      if (performance.now() >= end) break
    }
    if (this.#row.length > 0) this.#call()
  }
}

/** One connection among the others. As a {@link Reading} it is for whoever else pauses it. */
export class Turn implements Reading {
  readonly #source: Source
  readonly #handOn: (bytes: Buffer) => void
  readonly #turns: Turns
  readonly #pause: () => void
  readonly #resume: () => void
  #rest: Buffer | undefined
  #pausedBy = 0
  #windowSince = 0
  #spentMs = 0

  constructor(source: Source, handOn: (bytes: Buffer) => void, turns: Turns) {
    this.#source = source
    this.#handOn = handOn
    this.#turns = turns
    this.#pause = source.pause.bind(source)
    this.#resume = source.resume.bind(source)
    source.pause = () => { this.#pauseBy(BY_ITSELF) }
    source.resume = () => { this.#resumeBy(BY_ITSELF) }
  }

  pause(): void {
    this.#pauseBy(BY_OTHERS)
  }

  resume(): void {
    this.#resumeBy(BY_OTHERS)
  }

  /** Takes what was read. */
  take(chunk: Buffer): void {
    // nothing is read while it is paused, but for what was begun
    if (this.#rest !== undefined) {
      this.#rest = Buffer.concat([this.#rest, chunk])
      return
    }
    const now = performance.now()
    if (now - this.#windowSince >= WINDOW_MS) {
      this.#windowSince = now
      this.#spentMs = 0
    }
    this.#rest = this.#spentMs < AT_ONCE_MS ? this.#work(chunk, now, AT_ONCE_MS) : chunk
    if (this.#rest === undefined) return
    this.#pauseBy(BY_TURNS)
    this.#turns.wait(this)
  }

  /** It is its turn. */
  goOn(): void {
    const bytes = this.#rest
    this.#rest = undefined
    if (bytes === undefined || this.#source.closed) return
    this.#rest = this.#work(bytes, performance.now(), AT_ONCE_MS)
    if (this.#rest !== undefined) this.#turns.wait(this)
    else this.#resumeBy(BY_TURNS)
  }

  /** Returns what is left when `ms` are over. */
  #work(bytes: Buffer, began: number, ms: number): Buffer | undefined {
    let now = began
    let at = 0
    while (at < bytes.length && !this.#source.closed && (at === 0 || now - began < ms)) {
      this.#handOn(bytes.subarray(at, at + SLICE_BYTES))
      at += SLICE_BYTES
      now = performance.now()
    }
    this.#spentMs += now - began
    return at < bytes.length && !this.#source.closed ? bytes.subarray(at) : undefined
  }

  #pauseBy(who: number): void {
    this.#pausedBy |= who
    this.#pause()
  }

  #resumeBy(who: number): void {
    this.#pausedBy &= ~who
    if (this.#pausedBy === 0) this.#resume()
  }
}
