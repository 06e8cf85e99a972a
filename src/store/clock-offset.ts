import { steadyNow } from './steady-clock.ts'

/** How often it is looked whether our clock was set. Milliseconds. */
const CLOCK_MS = 1_000

/** How far the clock of a Redis is ahead of ours. */
export interface ClockOffset {
  /** Of the clock that may be set, right within a second. Every message gets its id by it: looking for each would cost more than it is worth. */
  readonly ms: number
  /** Redis was asked: how far its clock is ahead of our steady one. Milliseconds. */
  note(steadyMs: number): void
  /** Nobody asks any more. */
  end(): void
}

/** 0 until Redis was asked. */
export function createClockOffset(): ClockOffset {
  let steady = 0
  const offset = { ms: 0, note, end() { clearInterval(watch) } }
  const watch = setInterval(() => { note(steady) }, CLOCK_MS).unref()

  function note(steadyMs: number): void {
    steady = steadyMs
    offset.ms = steadyMs + steadyNow() - Date.now()
  }

  return offset
}
