import { steadyNow } from './steady-clock.ts'

/** How often it is looked whether our clock was set. Milliseconds. */
const CLOCK_MS = 1_000

/** How far the clock of a Redis is ahead of ours. */
export interface ClockOffset {
  /** Redis was asked: how far its clock is ahead of our steady one. Milliseconds. */
  note(steadyMs: number): void
  /** Nobody asks any more. */
  end(): void
}

/**
 * Tells how far it is ahead of the clock that may be set, in milliseconds, and tells it anew every second: every
 * message gets its id by it, and looking for each would cost more than it is worth.
 */
export function watchClockOffset(tell: (ms: number) => void): ClockOffset {
  let steady = 0
  const watch = setInterval(() => { note(steady) }, CLOCK_MS).unref()

  function note(steadyMs: number): void {
    steady = steadyMs
    tell(steadyMs + steadyNow() - Date.now())
  }

  return { note, end() { clearInterval(watch) } }
}
