import type { Lanes } from './lanes.ts'

/** Lanes that all sessions may have; beyond, those are given up that lose nothing by it. */
const LANES = 50_000
/** Of these, busy ones that one session may have, and always has. */
const MOST_BUSY = 2_000
const LEAST_BUSY = 100

/** How many lanes there may be, in all and of one session. */
export class LaneShare {
  /** Busy lanes that a session may have now. */
  busy = MOST_BUSY

  /** Looks at all that have lanes; call it once a second or so. */
  bound(readers: () => Iterable<{ readonly lanes: Pick<Lanes, 'size' | 'dropIdle'> }>): void {
    let lanes = 0
    let having = 0
    for (const reader of readers()) {
      if (reader.lanes.size === 0) continue
      having++
      lanes += reader.lanes.size
    }
    this.busy = lanes < LANES / 2 ? MOST_BUSY : Math.max(LEAST_BUSY, Math.min(MOST_BUSY, LANES / Math.max(having, 1)))
    if (lanes > LANES) for (const reader of readers()) reader.lanes.dropIdle()
  }
}
