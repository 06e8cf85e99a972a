/** A connection whose bytes are worked on in turns; its `pause` and `resume` are replaced, to know who else has paused it. */
export interface Source extends Reading {
  readonly closed: boolean
}

/** Whether a connection is read from. */
export interface Reading {
  pause(): void
  resume(): void
}

/** What {@link Turns.of} makes of a connection: who else may pause it, beside the connection itself. */
export interface Taken {
  /** Takes what was read. */
  readonly take: (chunk: Buffer) => void
  readonly reading: Reading
}

/** How long what connections have sent is worked on before anything else has its turn. Milliseconds. */
const TURN_MS = 5
/** How long one connection is worked on at once, and within a window, before it has to wait for its turn. Milliseconds. */
const AT_ONCE_MS = 2
const WINDOW_MS = 100
/** Bytes after which the clock is looked at. */
const SLICE_BYTES = 8_192

/**
 * Shares the event loop among connections by the time that their bytes take, which is not by their
 * number: a few hundred may be a thousand subscriptions. Who has taken little is served at once;
 * who has taken more waits in a row, which has one turn between two looks at sockets and Redis.
 */
export class Turns {
  readonly #row: (() => void)[] = []
  #isCalled = false

  /**
   * Takes the bytes of a connection: they are handed on in slices, in their order, and while some
   * wait nothing more is read. What was read before the connection's end is handed on before it.
   */
  of(source: Source, handOn: (bytes: Buffer) => void): Taken {
    const pause = source.pause.bind(source)
    const resume = source.resume.bind(source)
    let rest: Buffer | undefined
    /** It is read from when all who have paused it have resumed it. */
    const pausedBy = new Set<'turns' | 'itself' | 'other'>()
    let windowSince = 0
    let spentMs = 0
    function readingOf(who: 'turns' | 'itself' | 'other'): Reading {
      return {
        pause: () => {
          pausedBy.add(who)
          pause()
        },
        resume: () => {
          pausedBy.delete(who)
          if (pausedBy.size === 0) resume()
        },
      }
    }
    const turn = readingOf('turns')
    Object.assign(source, readingOf('itself'))

    /** Returns what is left when `ms` are over. */
    function work(bytes: Buffer, began: number, ms: number): Buffer | undefined {
      let now = began
      let at = 0
      while (at < bytes.length && !source.closed && (at === 0 || now - began < ms)) {
        handOn(bytes.subarray(at, at + SLICE_BYTES))
        at += SLICE_BYTES
        now = performance.now()
      }
      spentMs += now - began
      return at < bytes.length && !source.closed ? bytes.subarray(at) : undefined
    }

    const goOn = (): void => {
      const bytes = rest
      rest = undefined
      if (bytes === undefined || source.closed) return
      rest = work(bytes, performance.now(), AT_ONCE_MS)
      if (rest !== undefined) this.#wait(goOn)
      else turn.resume()
    }

    const take = (chunk: Buffer): void => {
      // nothing is read while it is paused, but for what was begun
      if (rest !== undefined) {
        rest = Buffer.concat([rest, chunk])
        return
      }
      const now = performance.now()
      if (now - windowSince >= WINDOW_MS) {
        windowSince = now
        spentMs = 0
      }
      rest = spentMs < AT_ONCE_MS ? work(chunk, now, AT_ONCE_MS) : chunk
      if (rest === undefined) return
      turn.pause()
      this.#wait(goOn)
    }
    return { take, reading: readingOf('other') }
  }

  #wait(goOn: () => void): void {
    this.#row.push(goOn)
    if (this.#isCalled) return
    this.#isCalled = true
    setImmediate(() => { this.#turn() })
  }

  #turn(): void {
    this.#isCalled = false
    const end = performance.now() + TURN_MS
    // once each: who is not done waits again
    for (let left = this.#row.length; left > 0; left--) {
      this.#row.shift()?.()
      if (performance.now() >= end) break
    }
    if (this.#row.length === 0 || this.#isCalled) return
    this.#isCalled = true
    setImmediate(() => { this.#turn() })
  }
}
