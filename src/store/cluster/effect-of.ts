import type { Effect, EffectKind } from '../../actions/effect.ts'
import type { Answer } from '../connection.ts'
import type { Failure } from '../failure.ts'

/** The effect of a kind, or of several. */
export type EffectOf<K extends EffectKind> = Extract<Effect, { kind: K }>

/** One effect with the time that it is to be kept, in seconds; that of others which it stands for, if there are. */
export interface Entry<K extends EffectKind = EffectKind> {
  readonly effect: EffectOf<K>
  readonly expirySeconds: number | undefined
}

/** What became of an effect: its words for the reply of its call (see `outcome.ts`), or why it is not done. */
export type Result = { readonly ok: true, readonly words: string } | { readonly ok: false, readonly failure: Failure }

export const DONE: Result = { ok: true, words: '-' }

/** What becomes of an effect that was one call. */
export function resultOf(answer: Answer): Result {
  return answer.ok ? DONE : answer
}

/** Not now, and perhaps later. */
export function isPassing(result: Result | undefined): result is Result & { ok: false } {
  return result?.ok === false && result.failure.kind !== 'lasting'
}
