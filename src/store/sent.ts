import type { PoolSpec } from '../plan/program.ts'
import type { createAcking } from './acking.ts'
import { answerAt } from './answers.ts'
import type { Answer } from './connection.ts'
import type { Failure } from './failure.ts'
import { passing, settleAll, settleCall } from './outcome.ts'
import { needsReplicas } from './replicas.ts'
import { chain, planRound, type CallNumbers, type WriteCall } from './round.ts'
import { unanswered, type Unanswered } from './unanswered.ts'
import type { createWaiting } from './waiting.ts'

interface Answered {
  readonly call: WriteCall
  readonly answered: Answer
}

/**
 * Submissions that have left, in order, until their outcomes are known; and of their calls those that
 * are not done with. What Redis did not do, or nobody knows whether it did, is sent again before all else.
 */
export function createSent(options: {
  readonly waiting: ReturnType<typeof createWaiting>
  readonly acking: ReturnType<typeof createAcking>
  readonly numbers: CallNumbers
}) {
  const { waiting, acking, numbers } = options
  let left: Unanswered[] = []
  /** Calls that must be sent again before all else, in order and as they are. */
  let kept: WriteCall[] = []
  /** Calls that Redis has carried out and too few replicas have, with the answers that they get then. */
  let unconfirmed: Answered[] = []

  /** The calls of the next round; what waits leaves, and of what is held up only what may pass it. */
  function leave(): WriteCall[] {
    const isFree = kept.length === 0 && unconfirmed.length === 0
    const fresh = (isFree ? waiting.take() : waiting.takeAcks(ordersOf(left))).map(unanswered)
    for (const submission of fresh) left.push(submission)
    const calls = [...kept, ...planRound(fresh, numbers)]
    kept = []
    chain(calls)
    return calls
  }

  /** What became of the calls of a round, whose answers come first. `lack`: why what was to be confirmed is not. */
  function settle(calls: readonly WriteCall[], answers: readonly Answer[], lack: Failure | undefined, onFailure: PoolSpec['onFailure']): void {
    const written = [...unconfirmed.splice(0), ...calls.map((call, i) => ({ call, answered: answerAt(answers, i) }))]
    for (const { call, answered } of written) {
      if (lack === undefined || !answered.ok || !needsReplicas(call)) settleOrKeep(call, answered, onFailure)
      else if (lack.kind === 'unknown') kept.push(call)
      else unconfirmed.push({ call, answered })
    }
  }

  function settleOrKeep(call: WriteCall, answered: Answer, onFailure: PoolSpec['onFailure']): void {
    const failure = settleCall(call, answered)
    if (failure === undefined) {
      if (call.kind === 'ack-queue') confirmAcks(call)
    } else if (call.kind === 'command' && (onFailure === 'pass' || call.owners.every(({ submission }) => !submission.hold))) {
      // at most once (SPEC 4.1)
      settleAll(call, passing(failure.message))
    } else {
      kept.push(call)
    }
  }

  function confirmAcks(call: WriteCall): void {
    for (const [i, owner] of call.owners.entries()) {
      const effect = owner.submission.effects[call.effects[i] ?? -1]
      if (effect?.kind === 'ack-queue') acking.confirm(effect.msgid)
    }
  }

  return {
    /** Submissions that have left. */
    get size() { return left.length },
    /** Some calls are to be sent again, or confirmed by replicas: nothing that must not pass them may leave. */
    get isHeldUp() { return kept.length > 0 || unconfirmed.length > 0 },
    /** The next round must ask for the replicas of what an earlier one has written. */
    get isUnconfirmed() { return unconfirmed.length > 0 },
    leave,
    settle,
    /** What a connection wrote may be gone with it, and only the one that wrote can ask for replicas. */
    resend(): void {
      kept = [...unconfirmed.splice(0).map(({ call }) => call), ...kept]
    },
    /** Takes out whose last effect has its outcome, and at a failure those that do not wait. */
    takeFinished(failure: Failure | undefined): Unanswered[] {
      const finished: Unanswered[] = []
      const stay: Unanswered[] = []
      for (const owner of left) {
        if (owner.open === 0 || (failure !== undefined && !owner.submission.hold)) finished.push(owner)
        else stay.push(owner)
      }
      left = stay
      return finished
    },
    /** Nothing is sent any more. */
    takeAll(): Unanswered[] {
      kept = []
      unconfirmed = []
      const all = left
      left = []
      return all
    },
  }
}

/** Whose commands have not all been carried out: what they gave later must wait. */
function ordersOf(left: readonly Unanswered[]): Set<object> {
  const waitFor = left.filter(({ submission }) => submission.effects.some(({ kind }) => kind === 'command'))
  return new Set(waitFor.map(({ submission }) => submission.order))
}
