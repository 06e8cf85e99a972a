import { HOOKS, type HookName } from '../language/hooks.ts'
import { createFilterIndex, type FilterIndex } from '../language/filter-index.ts'
import { coversFilter, LONGEST_REMEMBERED, matchesTopic, withoutShare } from '../language/topic-filter.ts'
import type { Program, Step } from './program.ts'

/** Topics remembered per program and hook; beyond it all are forgotten: to look for the oldest each time costs more than to find them anew. */
const REMEMBERED = 10_000

interface Known {
  /** By filter, so that a topic is not compared with ten thousand of them. */
  readonly index: FilterIndex<Step>
  readonly found: Map<string, readonly Step[]>
  /** Of each step in the program. */
  readonly places: ReadonlyMap<Step, number>
  /** Most topics match the same rules: one list for all of them, by the rules' places. */
  readonly lists: Map<string, readonly Step[]>
}

/** Forgotten with its program, so a reload needs no word about it. */
const remembered = new WeakMap<Program, Map<HookName, Known>>()

/**
 * The rules of a hook that match, in the order in which they run. `topic`: on `message.*` the
 * topic of the message, on `session.*` the filter as subscribed, `$share/<group>/` included; on
 * hooks without topic it is not looked at. The same array for the same topic, to be compared by
 * identity while it is remembered.
 */
export function stepsFor(program: Program, hook: HookName, topic?: string): readonly Step[] {
  if (!HOOKS[hook].hasTopic) return program.steps[hook]
  if (topic === undefined) throw new Error(`${hook} has a topic, and none was given`)
  const known = knownOf(program, hook)
  const { found } = known
  let steps = found.get(topic)
  if (steps === undefined) {
    steps = search(program, hook, topic, known)
    if (topic.length > LONGEST_REMEMBERED) return steps
    if (found.size >= REMEMBERED) found.clear()
    found.set(topic, steps)
  }
  return steps
}

function search(program: Program, hook: HookName, topic: string, { index, places, lists }: Known): readonly Step[] {
  const all = program.steps[hook]
  const seen = hook.startsWith('session.') ? withoutShare(topic) : topic
  const matches = hook.startsWith('session.') ? coversFilter : matchesTopic
  const steps = index.overlapping(seen).filter(({ filter }) => filter === undefined || matches(filter, seen))
  if (steps.length === all.length) return all
  const which = steps.map((step) => places.get(step)).join()
  const alike = lists.get(which) ?? Object.freeze(steps)
  if (lists.size >= REMEMBERED) lists.clear()
  lists.set(which, alike)
  return alike
}

function knownOf(program: Program, hook: HookName): Known {
  let hooks = remembered.get(program)
  if (hooks === undefined) {
    hooks = new Map()
    remembered.set(program, hooks)
  }
  let known = hooks.get(hook)
  if (known === undefined) {
    const index = createFilterIndex<Step>()
    for (const step of program.steps[hook]) index.add(step.filter, step)
    known = { index, found: new Map(), places: new Map(program.steps[hook].map((step, i) => [step, i])), lists: new Map() }
    hooks.set(hook, known)
  }
  return known
}
