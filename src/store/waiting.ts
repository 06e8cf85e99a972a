import type { EffectKind } from '../actions/effect.ts'
import type { Submission } from '../delivery/ports.ts'

/** Bounds of a round; what is beyond waits for the next. */
const MAX_SUBMISSIONS = 1_000
const MAX_BYTES = 4 * 1024 * 1024

const ACKS: ReadonlySet<EffectKind> = new Set(['ack-queue', 'ack-pubsub', 'ack-latest'])

/** Submissions that have not left, in the order of their giving. `onDropped`: one was cancelled meanwhile. */
export function createWaiting(onDropped: (submission: Submission) => void) {
  let queue: Submission[] = []
  let acks = 0

  function add(submission: Submission): void {
    queue.push(submission)
    acks += countAcks(submission)
  }

  /** Takes out what `wanted` says, and the cancelled ones. */
  function extract(wanted: (submission: Submission) => boolean): Submission[] {
    const stay: Submission[] = []
    const taken: Submission[] = []
    for (const submission of queue) {
      if (submission.cancelled) drop(submission)
      else if (wanted(submission)) taken.push(submission)
      else stay.push(submission)
    }
    queue = stay
    for (const submission of taken) acks -= countAcks(submission)
    return taken
  }

  function drop(submission: Submission): void {
    acks -= countAcks(submission)
    onDropped(submission)
  }

  /** The next round. */
  function take(): Submission[] {
    const taken: Submission[] = []
    let bytes = 0
    let end = 0
    for (const submission of queue) {
      if (taken.length >= MAX_SUBMISSIONS || bytes >= MAX_BYTES) break
      end++
      if (submission.cancelled) {
        drop(submission)
        continue
      }
      taken.push(submission)
      bytes += submission.bytes
      acks -= countAcks(submission)
    }
    // most often all of it
    queue = end === queue.length ? [] : queue.slice(end)
    return taken
  }

  /**
   * Beside calls that Redis refuses for now: acknowledgements free the memory that the others may be
   * waiting for. Only those with nothing of their own order object before them, here or in `held`.
   */
  function takeAcks(held: Set<object>): Submission[] {
    let room = MAX_SUBMISSIONS
    return extract(({ effects, order }) => {
      const free = room > 0 && !held.has(order) && effects.every(({ kind }) => ACKS.has(kind))
      if (free) room--
      else held.add(order)
      return free
    })
  }

  return {
    get size() { return queue.length },
    /** Acknowledgements among the effects that wait. */
    get acks() { return acks },
    add,
    take,
    takeAcks,
    /** Those that may not wait while Redis is away. */
    takeImpatient: () => extract(({ hold }) => !hold),
    takeAll: () => extract(() => true),
    /** The oldest ones that hold acknowledgements, until so many acknowledgements are out. */
    takeOldestAcks(count: number): Submission[] {
      let out = 0
      return extract((submission) => {
        const found = out < count ? countAcks(submission) : 0
        out += found
        return found > 0
      })
    },
    dropCancelled(): void { extract(() => false) },
  }
}

function countAcks({ effects }: Submission): number {
  let count = 0
  for (const { kind } of effects) if (ACKS.has(kind)) count++
  return count
}
