import type { Outcome } from '../actions/effect.ts'
import type { Step } from '../plan/program.ts'
import type { Log } from './log-port.ts'

/** What a rule has done since the broker started. */
export interface RuleCounts {
  done: number
  failed: number
  /** Redis' words, without values. */
  lastError: string | undefined
}

/** How many causes per rule are logged before the rest is only counted. */
const CAUSES_LOGGED_PER_RULE = 20

/** Counts what became of rules' effects and logs each rule's failure once per cause (SPEC 4.2). */
export class Outcomes {
  readonly #log: Log
  /** By file, line and hook: a reload that leaves the rule in its place keeps its counts. */
  readonly #counts = new Map<string, RuleCounts>()
  readonly #logged = new Map<string, Set<string>>()

  constructor(log: Log) {
    this.#log = log
  }

  countsOf(step: Step): RuleCounts {
    const key = ruleKey(step)
    let counts = this.#counts.get(key)
    if (counts === undefined) {
      counts = { done: 0, failed: 0, lastError: undefined }
      this.#counts.set(key, counts)
    }
    return counts
  }

  report(steps: readonly Step[], outcomes: readonly Outcome[]): void {
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]
      const outcome = outcomes[i]
      if (step === undefined || outcome === undefined) throw new Error('one outcome per effect')
      if (outcome.ok) this.countsOf(step).done++
      else this.failed(step, outcome.message)
    }
  }

  failed(step: Step, message: string): void {
    const counts = this.countsOf(step)
    counts.failed++
    counts.lastError = message
    const key = ruleKey(step)
    let causes = this.#logged.get(key)
    if (causes === undefined) {
      causes = new Set()
      this.#logged.set(key, causes)
    }
    if (causes.has(message) || causes.size >= CAUSES_LOGGED_PER_RULE) return
    causes.add(message)
    this.#log.error(
      { rule: `${step.hook}.${step.number}`, file: step.at.file, line: step.at.line, pool: step.pool, cause: message },
      'a rule failed; this cause is logged once, later failures are counted',
    )
  }
}

function ruleKey(step: Step): string {
  return `${step.at.file}:${step.at.line}:${step.hook}.${step.number}`
}
