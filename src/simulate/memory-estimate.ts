import type { RecentLook } from '../engine/recent-events.ts'
import { HOOK_NAMES, type HookName } from '../language/hooks.ts'
import type { RedisMemory } from './redis-memory.ts'

/**
 * What the keys of the rules take in Redis after a day of such events, if Redis was empty: for what
 * grows, rate x size x time kept. The rate is how often the hook's events came since they are counted;
 * the size what one of them added, on average, in the second half of the replayed events to what the
 * first half had left, so that a key that is written over and over counts once, and what is deleted not
 * at all; the time kept is the expiry, a day at most. With an expiry it stays so from then on.
 */
export interface MemoryEstimate {
  /** Of all rules of which it can be said; null: there are not enough events. */
  readonly bytesAfterDay: number | null
  /** Those that leave something. */
  readonly rules: readonly RuleMemory[]
}

export interface RuleMemory {
  readonly rule: string
  /** Events of its hook in a second. */
  readonly eventsPerSecond: number
  /** Bytes that one such event leaves, on average. */
  readonly bytesPerEvent: number
  /** Seconds; the longest of several; null: for ever. */
  readonly keptSeconds: number | null
  /** Null: there are not enough events to say. */
  readonly bytesAfterDay: number | null
  /** Some of its keys are cut by a command whose effect is not followed; they are left out. */
  readonly cut: boolean
}

const DAY_SECONDS = 86_400
/** Counted for a shorter time, or with fewer of a hook's events to measure growth by, a rate says nothing of a day. */
export const LEAST_SECONDS = 60
export const LEAST_EVENTS = 10

export function memoryOf(memories: Iterable<RedisMemory>, look: RecentLook): MemoryEstimate {
  const seconds = (look.until - look.since) / 1_000
  const fresh = look.events.slice(Math.floor(look.events.length / 2))
  const rules = Array.from(memories, memory => [...memory.held()]).flat().map(([rule, held]): RuleMemory => {
    const hook = hookOf(rule)
    const events = fresh.filter(event => event.hook === hook).length
    const grows = [...held.bytes.values()].some(({ fresh: grown }) => grown > 0)
    const isKnown = seconds >= LEAST_SECONDS && (events >= LEAST_EVENTS || !grows)
    const eventsPerSecond = seconds > 0 ? look.counts[hook] / seconds : 0
    let bytesPerEvent = 0
    let bytesAfterDay = 0
    for (const [kept = DAY_SECONDS, { all, fresh: grown }] of held.bytes) {
      const each = events === 0 ? 0 : grown / events
      bytesPerEvent += each
      // the first half brought about as much of what grows; the rest is written over and over
      bytesAfterDay += Math.max(0, all - 2 * grown) + eventsPerSecond * each * Math.min(kept, DAY_SECONDS)
    }
    const kept = [...held.bytes.keys()]
    return {
      rule, eventsPerSecond, bytesPerEvent, cut: held.cut,
      keptSeconds: kept.includes(undefined) || kept.length === 0 ? null : Math.max(...kept.map(Number)),
      bytesAfterDay: isKnown ? Math.round(bytesAfterDay) : null,
    }
  })
  const known = rules.flatMap(({ bytesAfterDay }) => bytesAfterDay ?? [])
  const isKnown = seconds >= LEAST_SECONDS && (known.length > 0 || rules.length === 0)
  return { bytesAfterDay: isKnown ? known.reduce((sum, bytes) => sum + bytes, 0) : null, rules }
}

function hookOf(rule: string): HookName {
  const hook = HOOK_NAMES.find(name => rule.startsWith(`${name}.`))
  if (hook === undefined) throw new Error(`${rule} is of no hook`)
  return hook
}
