import type { Answer, Call } from './connection.ts'
import type { Failure } from './failure.ts'
import type { WriteCall } from './round.ts'

/*
 * `wait_replicas`: a store is confirmed when so many replicas have it too. One WAIT at the end of a
 * round speaks for all that the connection has written until then (redis.io/commands/wait).
 */

/** Milliseconds, less than a command may take: replicas that are well answer within one or two. */
const WAIT_MS = 1_000
/** Of a question that was asked before: until the answer is another, nobody else gets one. */
const WAIT_AGAIN_MS = 100

export function waitCall(replicas: number, again: boolean): Call {
  return { name: 'wait', args: [String(replicas), String(again ? WAIT_AGAIN_MS : WAIT_MS)], binary: false }
}

/** Acknowledgements and presence need no replica: what is lost of them comes again, or is put right. */
const AWAITED: ReadonlySet<WriteCall['kind']> = new Set(['store', 'retain', 'latest', 'command'])

/** Somebody waits until it cannot be lost any more. */
export function needsReplicas({ kind, owners }: WriteCall): boolean {
  return AWAITED.has(kind) && owners.some(({ submission }) => submission.hold)
}

/** Why what was written is not confirmed, if it is not. */
export function lackOfReplicas(replicas: number, answered: Answer): Failure | undefined {
  if (!answered.ok) return { kind: answered.failure.kind === 'unknown' ? 'unknown' : 'refused', message: answered.failure.message }
  const count = Number(answered.reply)
  if (count >= replicas) return undefined
  return { kind: 'refused', message: `NOREPLICAS ${count} of ${replicas} replicas have confirmed in time (wait_replicas)` }
}
