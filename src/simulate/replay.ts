import { bringsOf } from '../engine/rules.ts'
import type { RecentEvent, RecentLook } from '../engine/recent-events.ts'
import { HOOK_NAMES } from '../language/hooks.ts'
import { stepsFor } from '../plan/match.ts'
import { paired, ruleName } from '../plan/program-changes.ts'
import type { Program, Step } from '../plan/program.ts'
import { commandText } from './command-lines.ts'
import { memoryOf, type MemoryEstimate } from './memory-estimate.ts'
import { RedisMemory } from './redis-memory.ts'
import { replayedEvent, type ReplayedEvent } from './replayed-event.ts'
import { traceStep } from './trace.ts'

/** What the rules of two programs do on the same events. */
export interface Replay {
  readonly events: number
  /** Time of the first and of the last event. Milliseconds since 1970; null where there is none. */
  readonly from: number | null
  readonly to: number | null
  /** Rules that do anything else than before, in the order in which they run. */
  readonly rules: readonly RuleReplay[]
  /** Rules that ran on an event and did the same in both. */
  readonly same: number
  readonly memory: { readonly before: MemoryEstimate, readonly after: MemoryEstimate }
}

export interface RuleReplay {
  /** Its name in the second program, or in the first if it is no more. */
  readonly rule: string
  /** Commands in all, before and after. A rule that brings something does that as one. */
  readonly before: number
  readonly after: number
  /** Of them: no longer, and new. A command that differs is both. */
  readonly less: number
  readonly more: number
  /** The newest, of different topics (clients, where there is none) as far as there are such. */
  readonly examples: readonly ReplayExample[]
}

export interface ReplayExample {
  readonly event: RecentEvent
  /** Command lines, with the pool before those that go to another one. */
  readonly less: readonly string[]
  readonly more: readonly string[]
}

const EXAMPLES = 3

/** One program being replayed. */
interface Run {
  readonly program: Program
  /** By pool: what one holds, another does not. */
  readonly memory: ReadonlyMap<string, RedisMemory>
}

/** What a rule did on an event: a command in a pool. */
interface Act {
  readonly pool: string
  readonly text: string
}

type Counts = { -readonly [K in Exclude<keyof RuleReplay, 'rule' | 'examples'>]: number } & { examples: ReplayExample[] }

/**
 * Runs events through two programs and counts what differs, rule by rule: a rule is the same rule as
 * before where a plan says so. Neither broker nor Redis: what delivery and presence hold back is
 * counted as done. Events are taken one by one, so that whoever has other things to do can do them
 * between.
 */
export class Replaying {
  readonly #look: RecentLook
  readonly #node: string
  /** What the rules of both programs are counted by, in the order in which they run. */
  readonly #names: ReadonlyMap<Step, string>
  readonly #before: Run
  readonly #after: Run
  readonly #counts = new Map<string, Counts>()
  #taken = 0

  constructor(before: Program, after: Program, look: RecentLook) {
    this.#look = look
    this.#node = before.settings.nodeName
    this.#names = sharedNames(before, after)
    this.#before = { program: before, memory: emptyMemory(before) }
    this.#after = { program: after, memory: emptyMemory(after) }
  }

  /** Runs the next events, as many as said; false if there are none left. */
  take(count: number): boolean {
    const { events } = this.#look
    const end = Math.min(events.length, this.#taken + count)
    for (; this.#taken < end; this.#taken++) {
      const event = events[this.#taken]
      if (event === undefined) break
      if (this.#taken === Math.floor(events.length / 2)) this.#measureGrowth()
      this.#run(event)
    }
    return this.#taken < events.length
  }

  result(): Replay {
    const { events } = this.#look
    const counted = [...new Set(this.#names.values())].flatMap((rule) => {
      const counts = this.#counts.get(rule)
      return counts === undefined ? [] : { rule, ...counts }
    })
    return {
      events: events.length,
      from: events[0]?.at ?? null,
      to: events.at(-1)?.at ?? null,
      rules: counted.filter(({ less, more }) => less + more > 0),
      same: counted.filter(({ less, more }) => less + more === 0).length,
      memory: { before: memoryOf(this.#before.memory.values(), this.#look), after: memoryOf(this.#after.memory.values(), this.#look) },
    }
  }

  #measureGrowth(): void {
    for (const run of [this.#before, this.#after]) for (const memory of run.memory.values()) memory.measureGrowth()
  }

  #run(recent: RecentEvent): void {
    const replayed = replayedEvent(recent, this.#node)
    const [before, after] = [this.#acts(this.#before, recent, replayed), this.#acts(this.#after, recent, replayed)]
    for (const rule of new Set([...before.keys(), ...after.keys()])) this.#compare(rule, recent, { before: before.get(rule) ?? [], after: after.get(rule) ?? [] })
  }

  /** What each rule of a program does on an event. */
  #acts({ program, memory }: Run, { hook, resumed }: RecentEvent, { event, size }: ReplayedEvent): ReadonlyMap<string, readonly Act[]> {
    const acts = new Map<string, readonly Act[]>()
    for (const step of stepsFor(program, hook, event.topic)) {
      if (resumed === true && !isFetch(step)) continue
      const trace = traceStep(step, event)
      const rule = this.#names.get(step)
      if (rule === undefined) throw new Error(`no name for ${ruleName(step)}`)
      if (trace.result === 'brings') acts.set(rule, [{ pool: step.pool, text: `(brings ${WHAT[trace.brings]})` }])
      if (trace.result !== 'works') continue
      for (const command of trace.commands) memory.get(step.pool)?.apply(rule, command, size)
      acts.set(rule, trace.commands.map(command => ({ pool: step.pool, text: commandText(command) })))
    }
    return acts
  }

  #compare(rule: string, event: RecentEvent, { before, after }: { readonly before: readonly Act[], readonly after: readonly Act[] }): void {
    const counts = this.#counts.get(rule) ?? { before: 0, after: 0, less: 0, more: 0, examples: [] }
    this.#counts.set(rule, counts)
    counts.before += before.length
    counts.after += after.length
    const [less, more] = [without(before, after), without(after, before)]
    if (less.length + more.length === 0) return
    counts.less += less.length
    counts.more += more.length
    const moved = new Set([...less, ...more].map(({ pool }) => pool)).size > 1
    const textOf = ({ pool, text }: Act): string => moved ? `${pool}: ${text}` : text
    addExample(counts.examples, { event, less: less.map(textOf), more: more.map(textOf) })
  }
}

function emptyMemory({ pools }: Program): ReadonlyMap<string, RedisMemory> {
  return new Map(Array.from(pools.keys(), (pool) => [pool, new RedisMemory()]))
}

/** What a function brings, in words. */
const WHAT: Readonly<Record<NonNullable<ReturnType<typeof bringsOf>>, string>> = {
  subscriptions: 'the proxy subscriptions',
  queue: 'what is queued',
  pubsub: 'what is new to this client',
  latest: 'the latest message',
  retained: 'the retained messages',
}

/** For what a resumed session brings back no other function runs ([ours], SPEC 2). */
function isFetch(step: Step): boolean {
  const brings = bringsOf(step)
  return brings === 'queue' || brings === 'pubsub' || brings === 'latest'
}

function sharedNames(before: Program, after: Program): ReadonlyMap<Step, string> {
  const names = new Map<Step, string>()
  for (const hook of HOOK_NAMES) {
    for (const { was, is } of paired(before.steps[hook], after.steps[hook])) {
      names.set(was, ruleName(is ?? was))
      if (is !== undefined) names.set(is, ruleName(is))
    }
    for (const step of after.steps[hook]) names.set(step, ruleName(step))
  }
  return names
}

/** Those of the first list that the second has not, one for one. */
function without(acts: readonly Act[], others: readonly Act[]): readonly Act[] {
  const left = [...others]
  return acts.filter(({ pool, text }) => {
    const at = left.findIndex(other => other.text === text && other.pool === pool)
    if (at !== -1) left.splice(at, 1)
    return at === -1
  })
}

function addExample(examples: ReplayExample[], example: ReplayExample): void {
  if (examples.length === EXAMPLES) examples.splice(leastTelling(examples, subjectOf(example)), 1)
  examples.push(example)
}

/** Which one to give up for another: one like it, else one that is like another, else the oldest. */
function leastTelling(examples: readonly ReplayExample[], subject: string): number {
  const subjects = examples.map(subjectOf)
  const same = subjects.indexOf(subject)
  return same === -1 ? Math.max(0, subjects.findIndex((it, i) => subjects.lastIndexOf(it) !== i)) : same
}

function subjectOf({ event: { topic, clientid } }: ReplayExample): string {
  return topic ?? clientid
}
