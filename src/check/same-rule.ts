import { HOOKS } from '../language/hooks.ts'
import type { RuleSymbol } from './symbols.ts'

/** Both are of one hook and do the same for the same topics in the same pool; how long they keep it is not compared. */
export function sameRule(a: RuleSymbol, b: RuleSymbol): boolean {
  const parts = partsOf(a)
  return parts !== undefined && parts === partsOf(b)
}

/** Nothing for a rule that has a mistake of its own. */
function partsOf({ hook, pool, topic, members, known, commands }: RuleSymbol): string | undefined {
  if (hook === undefined || pool === undefined || (known === undefined && commands.length === 0)) return undefined
  const hasTopic = HOOKS[hook].hasTopic
  if (hasTopic && members.has('topic') && topic === undefined) return undefined
  return JSON.stringify([hook, pool.value, hasTopic ? topic?.value ?? null : null, known?.name ?? commands.map(({ text }) => text.value)])
}
