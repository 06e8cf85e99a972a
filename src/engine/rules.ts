import type { FunctionName, HookEvent } from '../actions/action.ts'
import { commandEffects } from '../actions/commands.ts'
import type { Effect } from '../actions/effect.ts'
import { actionOf } from '../actions/index.ts'
import type { Pool } from '../delivery/ports.ts'
import type { Program, Step } from '../plan/program.ts'

/**
 * A program and the pools it runs on: the one reference that a reload swaps. An event takes it
 * once and runs wholly on it.
 */
export interface Rules {
  readonly program: Program
  readonly pools: ReadonlyMap<string, Pool>
}

/** What an event wants done in one pool; `steps[i]` is the rule that asked for `effects[i]`. */
export interface PoolEffects {
  readonly pool: Pool
  readonly effects: Effect[]
  readonly steps: Step[]
}

/** The effects of these steps for an event, by pool, in the order of the rules. */
export function effectsOf(rules: Rules, steps: readonly Step[], event: HookEvent): readonly PoolEffects[] {
  let byPool: PoolEffects[] = NONE
  for (const step of steps) {
    const { action } = step
    if (action.kind === 'commands') {
      for (const effect of commandEffects(action.commands, event)) byPool = withEffect(byPool, rules, step, effect)
      continue
    }
    const effect = functionEffect(action.name, step, event)
    if (effect !== undefined) byPool = withEffect(byPool, rules, step, effect)
  }
  return byPool
}

/** What one step that matches wants done in its pool; nothing if its function skips the event, or brings something instead. */
export function stepEffects(step: Step, event: HookEvent): readonly Effect[] {
  const { action } = step
  if (action.kind === 'commands') return commandEffects(action.commands, event)
  const effect = functionEffect(action.name, step, event)
  return effect === undefined ? [] : [effect]
}

function functionEffect(name: FunctionName, { expirySeconds }: Step, event: HookEvent): Effect | undefined {
  const { skips, effects } = actionOf(name)
  return effects === undefined || skips?.(event) !== undefined ? undefined : effects(event, expirySeconds)
}

const NONE: PoolEffects[] = []

/** Every message comes this way, and most have one effect: a list made with its first element takes a tenth of one that grows. */
function withEffect(byPool: PoolEffects[], rules: Rules, step: Step, effect: Effect): PoolEffects[] {
  const pool = poolOf(rules, step.pool)
  for (const share of byPool) {
    if (share.pool !== pool) continue
    share.effects.push(effect)
    share.steps.push(step)
    return byPool
  }
  const share = { pool, effects: [effect], steps: [step] }
  return byPool === NONE ? [share] : [...byPool, share]
}

/** The open pool of that name; a program names only pools that its reload has opened. */
export function poolOf(rules: Rules, name: string): Pool {
  const pool = rules.pools.get(name)
  if (pool === undefined) throw new Error(`pool ${name} is not open`)
  return pool
}

/** What a step brings to a subscriber, if it is of that kind. */
export function bringsOf(step: Step): ReturnType<typeof actionOf>['brings'] {
  return step.action.kind === 'function' ? actionOf(step.action.name).brings : undefined
}

/** The step runs this function. */
export function runs(step: Step, name: FunctionName): boolean {
  return step.action.kind === 'function' && step.action.name === name
}
