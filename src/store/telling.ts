import type { Unanswered } from './unanswered.ts'

/** How long outcomes are told before others have their turns, and how many at least. Milliseconds. */
const TURN_MS = 5
const TOLD_AT_ONCE = 32

/**
 * Tells submitters what became of what they gave, in order. One message may go to many subscribers,
 * and a round holds many: others have their turns of the event loop between them.
 */
export function createTelling(tell: (owners: readonly Unanswered[], otherwise: string) => void) {
  let untold: Unanswered[] = []

  /** `told` is called when all of them were; none may be left from before. */
  function tellInTurns(finished: Unanswered[], told: () => void): void {
    untold = finished
    const end = performance.now() + TURN_MS
    let next = 0
    while (next < untold.length && (next === 0 || performance.now() < end)) {
      tell(untold.slice(next, next + TOLD_AT_ONCE), '')
      next += TOLD_AT_ONCE
    }
    untold = untold.slice(next)
    if (untold.length === 0) told()
    else setImmediate(() => { tellInTurns(untold, told) })
  }

  return {
    /** Submissions whose outcomes are known and not told. */
    get size() { return untold.length },
    begin: tellInTurns,
    takeAll(): Unanswered[] {
      const all = untold
      untold = []
      return all
    },
  }
}
