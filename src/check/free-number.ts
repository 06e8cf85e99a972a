import type { HookName } from '../language/hooks.ts'
import { once } from './once.ts'
import type { Symbols } from './symbols.ts'

/** One more than the highest number among all lines of a hook. */
export function freeNumber(symbols: Symbols, hook: HookName | undefined): number {
  return (highest(symbols).get(hook) ?? 0) + 1
}

const highest = once(({ rules }) => {
  const numbers = new Map<HookName | undefined, number>()
  for (const { hook, number } of rules) {
    if (Number.isSafeInteger(Number(number))) numbers.set(hook, Math.max(numbers.get(hook) ?? 0, Number(number)))
  }
  return numbers
})
