import type { Span } from '../diagnostic/diagnostic.ts'
import type { HookName } from '../language/hooks.ts'
import { callSpan, callsOf } from './redis-call.ts'
import { currentRules, type Symbols } from './symbols.ts'

/** What the Redis of pools has said, by pool; those that were not asked are not there. */
export type Told = ReadonlyMap<string, PoolTold>

/** `refused`: it answers, and does not let us in. */
export type PoolTold =
  | { readonly kind: 'silent', readonly reason: string, readonly refused: boolean }
  | ServerTold

/** Of several servers what any of them has said. */
export interface ServerTold {
  readonly kind: 'answered'
  /** As a message names it: `Redis 7.2.4`. */
  readonly name: string
  readonly product: 'Redis' | 'Valkey'
  /** As its ACL calls us. */
  readonly user: string
  /** Commands of rules, in capitals; one that is in neither it has not spoken of. */
  readonly knownCommands: ReadonlySet<string>
  readonly unknownCommands: ReadonlySet<string>
  readonly refusals: readonly Refusal[]
  /** On which brokers and applications are not heard. */
  readonly refusedChannels: readonly string[]
  /** Why it throws messages away when its memory is full, as a sentence; absent: it does not. */
  readonly evicts?: string
  /** Why it is too old for hookline, as a sentence. */
  readonly tooOld?: string
}

/** Something that our user may not. */
export interface Refusal {
  /** `SET mqtt:clock` */
  readonly what: string
  /** As ACL SETUSER gives it: `+set`. */
  readonly grant: string
  /** It will be refused, whatever clients send. */
  readonly isCertain: boolean
  /** Those that need it; empty: all of the pool. */
  readonly users: readonly RulePart[]
}

/** A rule, and which of its commands, counted from 0; absent: its function. */
export interface RulePart {
  readonly hook: HookName
  readonly number: string
  readonly command?: number
}

/** Where a pool's `server` is set. */
export function serverSpan({ pools }: Symbols, name: string): Span | undefined {
  const pool = pools.get(name)
  return pool?.options.get('server')?.value.span ?? pool?.span
}

/** Where the function or the command of a rule stands, and how a sentence names it. */
export function partOfRule(symbols: Symbols, { hook, number, command }: RulePart): { readonly span: Span, readonly name: string } | undefined {
  const rule = currentRules(symbols).find(it => it.hook === hook && it.number === number)
  if (rule?.functionName !== undefined) return { span: rule.functionName.span, name: `\`${rule.functionName.value}\`` }
  const call = rule === undefined ? undefined : callsOf([rule]).find(({ index }) => index === command)
  return call === undefined ? undefined : { span: callSpan(call), name: 'this rule' }
}
