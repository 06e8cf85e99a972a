import type { Effect, Outcome } from '../actions/effect.ts'
import type { Submission } from '../delivery/ports.ts'

/** A submission that has left, until its last effect has its outcome. */
export interface Unanswered {
  readonly submission: Submission
  readonly merged: Merged | undefined
  /** One place per effect. */
  readonly outcomes: (Outcome | undefined)[]
  /** Effects that wait for an outcome of their own. */
  open: number
  /** `done` was called: later outcomes interest nobody. */
  answered: boolean
}

/** Effects of one submission that are carried out as one. */
export interface Merged {
  /** Place of an effect → place of the one that stands for it. */
  readonly into: ReadonlyMap<number, number>
  /** Place of an effect that stands for others → the longest expiry of all, in seconds; undefined is for ever. */
  readonly expirySeconds: ReadonlyMap<number, number | undefined>
}

export function unanswered(submission: Submission): Unanswered {
  const { effects } = submission
  const merged = effects.length > 1 ? mergeStores(effects) : undefined
  const open = effects.length - (merged?.into.size ?? 0)
  // nearly always one, for which a list of its own kind is smaller
  const outcomes = effects.length === 1 ? [undefined] : Array<Outcome | undefined>(effects.length)
  return { submission, merged, outcomes, open, answered: false }
}

/** Notes the outcome of one effect. */
export function settle(owner: Unanswered, effect: number, outcome: Outcome): void {
  owner.open--
  if (!owner.answered) owner.outcomes[effect] = outcome
}

/** Tells the submitter, once. Effects without an outcome get `otherwise`. */
export function answer(owner: Unanswered, otherwise: Outcome): void {
  if (owner.answered) return
  owner.answered = true
  const { merged, outcomes, submission } = owner
  const [only] = outcomes
  // nearly always
  if (outcomes.length === 1 && only !== undefined) submission.done([only])
  else submission.done(submission.effects.map((_, i) => outcomes[merged?.into.get(i) ?? i] ?? otherwise))
}

/**
 * Two rules that store the same message store one record, and the longer time counts (SPEC 1.2).
 * Never across a command, which may do something to the record in between.
 */
export function mergeStores(effects: readonly Effect[]): Merged | undefined {
  const into = new Map<number, number>()
  const expirySeconds = new Map<number, number | undefined>()
  /** What is stored since the last command, by kind and msgid → place of the first effect. */
  let first = new Map<string, number>()
  for (const [i, effect] of effects.entries()) {
    if (effect.kind === 'command') first = new Map()
    if (effect.kind !== 'store' && effect.kind !== 'retain' && effect.kind !== 'latest') continue
    const what = `${effect.kind} ${effect.record.id}`
    const standsFor = first.get(what)
    if (standsFor === undefined) {
      first.set(what, i)
      expirySeconds.set(i, effect.expirySeconds)
    } else {
      into.set(i, standsFor)
      expirySeconds.set(standsFor, longer(expirySeconds.get(standsFor), effect.expirySeconds))
    }
  }
  return into.size === 0 ? undefined : { into, expirySeconds }
}

function longer(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Math.max(a, b)
}
