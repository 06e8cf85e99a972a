import type { Clock } from '../delivery/ports.ts'

/** The machine's time. */
export const systemClock = {
  now: () => Date.now(),
  after: (ms: number, callback: () => void) => {
    const timer = setTimeout(callback, ms)
    return () => { clearTimeout(timer) }
  },
} satisfies Clock
