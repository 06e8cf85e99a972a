import type { HookEvent } from '../actions/action.ts'
import type { Effect } from '../actions/effect.ts'
import { actionOf } from '../actions/index.ts'
import { bringsOf, stepEffects } from '../engine/rules.ts'
import { coverMismatch, topicMismatch, type FilterMismatch } from '../language/filter-mismatch.ts'
import { withoutShare } from '../language/topic-filter.ts'
import { stepsFor } from '../plan/match.ts'
import type { Program, Step } from '../plan/program.ts'
import { commandLines, type CommandLine } from './command-lines.ts'
import { touchedKeys, type KeyTouch } from './touched-keys.ts'

/** What one rule makes of an event. */
export type StepTrace =
  /** Its filter and the topic part at a level. */
  | { readonly step: Step, readonly result: 'no-match', readonly mismatch: FilterMismatch }
  /** It matches, and its function has nothing to do; why is a clause for people. */
  | { readonly step: Step, readonly result: 'idle', readonly why: string }
  /** It matches and brings the subscriber what is stored; what that is, Redis knows. */
  | { readonly step: Step, readonly result: 'brings', readonly brings: NonNullable<ReturnType<typeof bringsOf>> }
  | {
    readonly step: Step
    readonly result: 'works'
    readonly effects: readonly Effect[]
    /** What the effects amount to, in EMQ X's layout. */
    readonly commands: readonly CommandLine[]
    readonly keys: readonly KeyTouch[]
  }

/**
 * Walks one event through every rule of its hook, in the order in which they run, without broker or
 * Redis: which match, and what they want done, is asked of the functions that the engine asks. The
 * clock and the ids are those of the event; presence and delivery, which hold some effects back (a
 * fence, a position past a gap), are not in it.
 */
export function traceEvent(program: Program, event: HookEvent): readonly StepTrace[] {
  const matching = new Set(stepsFor(program, event.hook, event.topic))
  return program.steps[event.hook].map((step) => matching.has(step) ? traceStep(step, event) : missed(step, event))
}

/** What a step that matches the event makes of it. */
export function traceStep(step: Step, event: HookEvent): StepTrace {
  const why = step.action.kind === 'function' ? actionOf(step.action.name).skips?.(event) : undefined
  if (why !== undefined) return { step, result: 'idle', why }
  const brings = bringsOf(step)
  if (brings !== undefined) return { step, result: 'brings', brings }
  const effects = stepEffects(step, event)
  return { step, result: 'works', effects, commands: effects.flatMap(commandLines), keys: effects.flatMap(touchedKeys) }
}

function missed(step: Step, { hook, topic = '' }: HookEvent): StepTrace {
  const { filter = '#' } = step
  const mismatch = hook.startsWith('session.') ? coverMismatch(filter, withoutShare(topic)) : topicMismatch(filter, topic)
  if (mismatch === undefined) throw new Error(`${filter} is said not to match ${topic}, and it does`)
  return { step, result: 'no-match', mismatch }
}
