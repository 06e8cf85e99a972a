import type { Answer } from './connection.ts'
import type { Failure } from './failure.ts'

/** Of the failures of a round the one that decides: a lost connection before a refusal. */
export function passingFailure(answers: readonly Answer[]): Failure | undefined {
  let refused: Failure | undefined
  for (const answered of answers) {
    if (answered.ok || answered.failure.kind === 'lasting') continue
    if (answered.failure.kind === 'unknown') return answered.failure
    refused ??= answered.failure
  }
  return refused
}

/** Every call of a round has its own. */
export function answerAt(answers: readonly Answer[], i: number): Answer {
  const answered = answers[i]
  if (answered === undefined) throw new Error(`a call of a round has no answer: ${i}`)
  return answered
}
