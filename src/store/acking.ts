import type { Submission } from '../delivery/ports.ts'

/** Msgids of queue deletes that were submitted and are not confirmed; one may be submitted twice. */
export function createAcking() {
  const counts = new Map<string, number>()

  function change(msgid: string, by: 1 | -1): void {
    const count = (counts.get(msgid) ?? 0) + by
    if (count > 0) counts.set(msgid, count)
    else counts.delete(msgid)
  }

  return {
    has: (msgid: string): boolean => counts.has(msgid),
    /** Enters all of a submission. */
    enter(submission: Submission): void {
      for (const effect of submission.effects) if (effect.kind === 'ack-queue') change(effect.msgid, 1)
    },
    /** Takes out all of a submission that will not be sent. */
    leave(submission: Submission): void {
      for (const effect of submission.effects) if (effect.kind === 'ack-queue') change(effect.msgid, -1)
    },
    /** Takes out one. */
    confirm(msgid: string): void { change(msgid, -1) },
  }
}
