import { expiredAfter } from './no-expiry.ts'
import type { RuleSymbol, Symbols } from './symbols.ts'

/** Seconds that the rule keeps what it stores; absent: for ever (SPEC 1.2). */
export function expirySeconds(symbols: Symbols, { expiredTime }: RuleSymbol): number | undefined {
  const seconds = expiredTime !== undefined && expiredTime > 0 ? expiredTime : expiredAfter(symbols)
  return seconds !== undefined && seconds > 0 ? seconds : undefined
}

/** What `msg.expired_after` says, or that no line sets it, is known. */
export function expiryIsKnown({ isPartial, broken, current }: Symbols): boolean {
  return !isPartial && broken.length === 0 && current.get('backend.redis.msg.expired_after')?.setting.value.missing === undefined
}

/** The first is kept longer. */
export function isLonger(seconds: number | undefined, than: number | undefined): boolean {
  return (seconds ?? Infinity) > (than ?? Infinity)
}

/** To follow "kept". */
export function keptText(seconds: number | undefined): string {
  return seconds === undefined ? 'for ever' : `${seconds} s`
}
