import type { Outcome } from '../actions/effect.ts'
import type { Program, Step } from '../plan/program.ts'
import type { Log } from './log-port.ts'

/** What a rule has done since the broker started, or since a reload brought the rule. */
export interface RuleCounts {
  /** Events that it ran on. */
  matched: number
  /** Of these: Redis has done all that the rule wants. What is neither done nor failed waits, was given up with its connection, or asks nothing of Redis. */
  done: number
  /** Redis said no. Of a rule that brings something: each refused read, which is asked again. */
  failed: number
  /** Redis' words, without values. */
  lastError: string | undefined
}

interface Kept {
  readonly counts: RuleCounts
  /** Causes that were logged. */
  readonly causes: Set<string>
}

/** How many causes per rule are logged before the rest is only counted. */
const CAUSES_LOGGED_PER_RULE = 20

/** Counts what became of rules' effects and logs each rule's failure once per cause (SPEC 4.2). */
export class Outcomes {
  readonly #log: Log
  /**
   * By hook, number, pool and action: over a reload a rule keeps its counts wherever it has moved
   * to, and with another topic or expiry too; one that does something else begins at nothing.
   */
  readonly #rules = new Map<string, Kept>()
  readonly #bySteps = new WeakMap<Step, Kept>()
  /** Of lists of steps, which are the same for the same topic: every event asks. */
  readonly #byLists = new WeakMap<readonly Step[], readonly Kept[]>()

  constructor(log: Log) {
    this.#log = log
  }

  countsOf(step: Step): Readonly<RuleCounts> {
    return this.#of(step).counts
  }

  /** An event runs on these rules. */
  matched(steps: readonly Step[]): void {
    let all = this.#byLists.get(steps)
    if (all === undefined) {
      all = steps.map((step) => this.#of(step))
      this.#byLists.set(steps, all)
    }
    for (const { counts } of all) counts.matched++
  }

  /** One outcome per effect; the effects of one rule, which are beside each other, count as one. */
  report(steps: readonly Step[], outcomes: readonly Outcome[]): void {
    let failed = false
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]
      const outcome = outcomes[i]
      if (step === undefined || outcome === undefined) throw new Error('one outcome per effect')
      if (!outcome.ok) {
        failed = true
        this.#note(step, outcome.message)
      }
      if (steps[i + 1] === step) continue
      const { counts } = this.#of(step)
      if (failed) counts.failed++
      else counts.done++
      failed = false
    }
  }

  /** `times`: so many of the events that it ran on. */
  done(step: Step, times = 1): void {
    this.#of(step).counts.done += times
  }

  failed(step: Step, message: string): void {
    this.#of(step).counts.failed++
    this.#note(step, message)
  }

  /** A reload has been: rules that are no more are forgotten. */
  keep(program: Program): void {
    const running = new Set(Object.values(program.steps).flat().map(ruleKey))
    for (const key of this.#rules.keys()) if (!running.has(key)) this.#rules.delete(key)
  }

  #note(step: Step, message: string): void {
    const { counts, causes } = this.#of(step)
    counts.lastError = message
    if (causes.has(message) || causes.size >= CAUSES_LOGGED_PER_RULE) return
    causes.add(message)
    this.#log.error(
      { rule: `${step.hook}.${step.number}`, file: step.at.file, line: step.at.line, pool: step.pool, cause: message },
      'a rule failed; this cause is logged once, later failures are counted',
    )
  }

  #of(step: Step): Kept {
    const known = this.#bySteps.get(step)
    if (known !== undefined) return known
    const key = ruleKey(step)
    const kept = this.#rules.get(key) ?? { counts: { matched: 0, done: 0, failed: 0, lastError: undefined }, causes: new Set() }
    this.#rules.set(key, kept)
    this.#bySteps.set(step, kept)
    return kept
  }
}

function ruleKey({ hook, number, pool, action }: Step): string {
  return JSON.stringify([hook, number, pool, action.kind === 'function' ? action.name : action.commands])
}
