import { HOOKS } from '../language/hooks.ts'
import type { RuleSymbol } from './symbols.ts'

/**
 * Alike for two rules of one hook that do the same for the same topics in the same pool; how long they
 * keep it does not count. Nothing for a rule that has a mistake of its own.
 */
export function sameness({ hook, pool, topic, members, known, commands }: RuleSymbol): string | undefined {
  if (hook === undefined || pool === undefined || (known === undefined && commands.length === 0)) return undefined
  const hasTopic = HOOKS[hook].hasTopic
  if (hasTopic && members.has('topic') && topic === undefined) return undefined
  // A length before each, so that no two lists of texts are one text.
  const texts = [pool.value, ...hasTopic && topic !== undefined ? [topic.value] : [], ...known === undefined ? commands.map(({ text }) => text.value) : []]
  return `${hook} ${known?.name} ${hasTopic && topic !== undefined} ${texts.map(text => `${text.length} ${text}`).join(' ')}`
}
