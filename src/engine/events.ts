import type { HookEvent } from '../actions/action.ts'
import type { Outcome } from '../actions/effect.ts'
import type { Submission } from '../delivery/ports.ts'
import type { Step } from '../plan/program.ts'
import type { Counters } from './counters.ts'
import type { Outcomes } from './outcomes.ts'
import type { RecentEvents } from './recent-events.ts'
import { effectsOf, type PoolEffects, type Rules } from './rules.ts'

/** Bytes that may wait for one pool before effects of other hooks than message.publish are dropped. */
const WAITING_BOUND = 64 * 1024 * 1024
/** Rough size of an effect without a body. */
const EFFECT_BYTES = 300

/** Carries out what rules of other hooks than `message.publish` want done; nobody waits for it. */
export class Events {
  /** Told of every event, whether or not a rule runs on it. */
  readonly recent: RecentEvents
  readonly #outcomes: Outcomes
  readonly #counters: Counters

  constructor(outcomes: Outcomes, counters: Counters, recent: RecentEvents) {
    this.#outcomes = outcomes
    this.#counters = counters
    this.recent = recent
  }

  /** An event runs on these rules; whoever carries it out without {@link fire} says so here. */
  matched(steps: readonly Step[]): void {
    this.#outcomes.matched(steps)
  }

  /** These rules have brought what there was, `times` times. */
  brought(steps: readonly Step[], times = 1): void {
    for (const step of steps) this.#outcomes.done(step, times)
  }

  /** Redis refused a read of these rules. It will be asked again; while it is away this is not said. */
  refused(steps: readonly Step[], error: Error): void {
    for (const step of steps) this.#outcomes.failed(step, error.message)
  }

  /** Submits the effects of these steps; what `order` is given for keeps its order. */
  fire(rules: Rules, steps: readonly Step[], event: HookEvent, order: object): void {
    this.matched(steps)
    for (const share of effectsOf(rules, steps, event)) this.submit(share, order)
  }

  /** `settled` hears the outcomes after they are counted. Kept and retried while Redis is away, up to a bound. */
  submit(share: PoolEffects, order: object, settled?: (outcomes: readonly Outcome[]) => void): void {
    const { pool, effects, steps } = share
    if (effects.length === 0) return
    const hold = pool.pendingBytes < WAITING_BOUND
    if (!hold && !pool.ready) this.#counters.effectsDropped += effects.length
    const submission: Submission = {
      order, effects, hold, bytes: EFFECT_BYTES * effects.length, cancelled: false,
      done: (outcomes) => {
        this.#outcomes.report(steps, outcomes)
        settled?.(outcomes)
      },
    }
    pool.submit(submission)
  }
}
