import type { Outcome } from '../actions/effect.ts'
import type { Answer } from './connection.ts'
import { plainWords, type Failure } from './failure.ts'
import type { BatchKind, WriteCall } from './round.ts'
import { settle } from './unanswered.ts'
import { WholeNumbers } from './whole-numbers.ts'

const DONE: Outcome = { ok: true }
/** Stored, perhaps long ago: nobody knows any more what stood before it. */
const STORED_SOMEWHERE: Outcome = { ok: true, stored: { score: undefined, prev: undefined } }

export function lasting(message: string): Outcome {
  return { ok: false, failure: 'lasting', message }
}

export function passing(message: string): Outcome {
  return { ok: false, failure: 'passing', message }
}

/** Gives every effect of a call its outcome. Gives nothing and returns the failure if the call must be sent again. */
export function settleCall(call: WriteCall, answer: Answer): Failure | undefined {
  if (!answer.ok) {
    if (answer.failure.kind !== 'lasting') return answer.failure
    settleAll(call, lasting(answer.failure.message))
  } else if (call.kind === 'command') {
    settleAll(call, DONE)
  } else {
    settleEach(call, call.kind, answer.reply)
  }
  return undefined
}

/** Gives all effects of a call one outcome. */
export function settleAll(call: WriteCall, outcome: Outcome): void {
  for (const [i, owner] of call.owners.entries()) settle(owner, call.effects[i] ?? 0, outcome)
}

/** A list of one text with the words of all entries, or `again`, then pairs of entry (from 1) and error. */
function settleEach(call: WriteCall, kind: BatchKind, reply: unknown): void {
  if (!Array.isArray(reply)) throw new Error(`the script of ${kind} answered no list`)
  const elements: readonly unknown[] = reply
  const failed = elements.length > 1 ? new Map<number, string>() : undefined
  for (let i = 1; i < elements.length; i += 2) failed?.set(Number(elements[i]) - 1, String(elements[i + 1]))
  const again = elements[0] !== 'again' ? undefined : kind === 'store' ? STORED_SOMEWHERE : DONE
  const words = new WholeNumbers(String(elements[0]))
  const { owners, effects } = call
  for (let i = 0; i < owners.length; i++) {
    const owner = owners[i]
    const outcome = again ?? outcomeOf(kind, words)
    const error = failed?.get(i)
    if (owner !== undefined) settle(owner, effects[i] ?? 0, error === undefined ? outcome : lasting(plainWords(error, '')))
  }
}

function outcomeOf(kind: BatchKind, words: WholeNumbers): Outcome {
  if (kind === 'store') return { ok: true, stored: { score: words.next(), prev: words.next() } }
  if (kind === 'presence') {
    const fence = words.next()
    return fence === undefined ? DONE : { ok: true, online: { fence } }
  }
  return DONE
}
