import { isDeepStrictEqual } from 'node:util'
import { HOOK_NAMES } from '../language/hooks.ts'
import { poolEquals } from './diff.ts'
import { poolChanges, poolWords } from './pool-words.ts'
import type { PoolSpec, Program, Step } from './program.ts'
import { settingChanges, type SettingChange } from './setting-words.ts'
import { stepChanges, stepWords } from './step-words.ts'

/** What is different in a second program, in words. Holds no secret. */
export interface ProgramChanges {
  readonly rules: readonly RuleChange[]
  readonly pools: readonly PoolChange[]
  readonly settings: readonly SettingChange[]
}

export interface RuleChange {
  /** Such as `message.publish.1`; of one that is removed its old name. */
  readonly rule: string
  readonly change: 'added' | 'removed' | 'changed' | 'renumbered'
  /** What it was called before; null of one that is new. */
  readonly was: string | null
  /** What it does, or what of it differs; nothing of one that only has another number. */
  readonly words: readonly string[]
}

export interface PoolChange {
  readonly pool: string
  readonly change: 'added' | 'removed' | 'changed' | 'same'
  readonly words: readonly string[]
  /** What becomes of its connections. Those of a pool that no rule uses are never opened. */
  readonly connections: 'opened' | 'reconnected' | 'closed' | 'none'
}

/** What is different in the second program; equal ones differ in nothing, where lines stand makes no difference. */
export function programChanges(before: Program, after: Program): ProgramChanges {
  return { rules: ruleChanges(before, after), pools: poolsChanged(before, after), settings: settingChanges(before.settings, after.settings) }
}

export function isUnchanged({ rules, pools, settings }: ProgramChanges): boolean {
  return rules.length + pools.length + settings.length === 0
}

/** In the order in which rules run; what is removed stands where it ran. */
function ruleChanges(before: Program, after: Program): readonly RuleChange[] {
  return HOOK_NAMES.flatMap((hook) => {
    const pairs = paired(before.steps[hook], after.steps[hook])
    const added = after.steps[hook].filter(step => !pairs.some(({ is }) => is === step))
    return [
      ...pairs.flatMap(({ was, is }) => changeOf(was, is)),
      ...added.map((step): RuleChange => ({ rule: ruleName(step), change: 'added', was: null, words: [stepWords(step)] })),
    ]
  })
}

interface Pair {
  readonly was: Step
  readonly is: Step | undefined
}

/** Each rule with what became of it: of two with one number the same rule, else one that does the very same under a number that is new. */
export function paired(before: readonly Step[], after: readonly Step[]): readonly Pair[] {
  const numbers = new Set(before.map(({ number }) => number))
  const fresh = new Set(after.filter(({ number }) => !numbers.has(number)))
  return before.map((was) => {
    const same = after.find(({ number }) => number === was.number)
    if (same !== undefined) return { was, is: same }
    const moved = [...fresh].find(step => isDeepStrictEqual(withoutName(step), withoutName(was)))
    if (moved !== undefined) fresh.delete(moved)
    return { was, is: moved }
  })
}

function withoutName(step: Step): object {
  return { ...step, number: undefined, at: undefined }
}

function changeOf(was: Step, is: Step | undefined): readonly RuleChange[] {
  const name = ruleName(was)
  if (is === undefined) return [{ rule: name, change: 'removed', was: name, words: [stepWords(was)] }]
  if (is.number !== was.number) return [{ rule: ruleName(is), change: 'renumbered', was: name, words: [] }]
  const words = stepChanges(was, is)
  return words.length === 0 ? [] : [{ rule: name, change: 'changed', was: name, words }]
}

/** Such as `message.publish.1`. */
export function ruleName({ hook, number }: Step): string {
  return `${hook}.${number}`
}

function poolsChanged(before: Program, after: Program): readonly PoolChange[] {
  const names = new Set([...before.pools.keys(), ...after.pools.keys()])
  const [usedBefore, usedAfter] = [usedNames(before), usedNames(after)]
  return [...names].flatMap((pool) => {
    const [was, is] = [before.pools.get(pool), after.pools.get(pool)]
    const { change, words } = poolChange(was, is)
    if (change === 'same' && usedBefore.has(pool) === usedAfter.has(pool)) return []
    return [{ pool, change, words, connections: connectionsOf(usedBefore.has(pool), usedAfter.has(pool)) }]
  })
}

function poolChange(was: PoolSpec | undefined, is: PoolSpec | undefined): Pick<PoolChange, 'change' | 'words'> {
  if (was === undefined) return { change: 'added', words: is === undefined ? [] : [poolWords(is)] }
  if (is === undefined) return { change: 'removed', words: [poolWords(was)] }
  return poolEquals(was, is) ? { change: 'same', words: [] } : { change: 'changed', words: poolChanges(was, is) }
}

/** Of a pool that is not the same, or not used as before. */
function connectionsOf(wasUsed: boolean, isUsed: boolean): PoolChange['connections'] {
  if (isUsed) return wasUsed ? 'reconnected' : 'opened'
  return wasUsed ? 'closed' : 'none'
}

function usedNames(program: Program): ReadonlySet<string> {
  return new Set(Object.values(program.steps).flat().map(({ pool }) => pool))
}
