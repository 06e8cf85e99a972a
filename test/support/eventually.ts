import { setTimeout as sleep } from 'node:timers/promises'

/** Between two looks. Milliseconds. */
const PAUSE_MS = 10

/**
 * Looks again and again until the probe answers something else than `undefined` or `false`, and
 * returns that. Fails after `deadlineMs` with `what` was waited for; a function says it with the
 * state of that moment.
 */
export async function eventually<T>(
  what: string | (() => string),
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = 10_000,
): Promise<T> {
  const end = Date.now() + deadlineMs
  for (;;) {
    const found = await probe()
    if (found !== undefined && found !== false) return found
    if (Date.now() > end) {
      throw new Error(`not within ${deadlineMs} ms: ${typeof what === 'string' ? what : what()}`)
    }
    await sleep(PAUSE_MS)
  }
}
