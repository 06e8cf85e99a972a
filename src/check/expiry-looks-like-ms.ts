import type { Span } from '../diagnostic/diagnostic.ts'
import type { Check, Finding } from './check.ts'
import { expiredAfter } from './no-expiry.ts'
import { inEachRule } from './rule-kinds.ts'

const DAY = 86_400
/** Seconds: below it a number is as likely meant as it stands. */
const LONG = 1_000_000

export const expiryLooksLikeMs: Check = {
  name: 'expiry-looks-like-ms',
  severity: 'warning',
  fix: 'offered',
  doc: 'Expiry is in seconds. A long one that is no whole number of days, and of milliseconds would be whole minutes, is taken for milliseconds.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "expired_time": 3600000, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "expired_time": 2592000, "pool": "pool1"}',
  *find(symbols) {
    const global = symbols.current.get('backend.redis.msg.expired_after')?.setting.value
    const seconds = expiredAfter(symbols)
    if (global !== undefined && seconds !== undefined) yield* judge(seconds, global.span)
    yield* inEachRule(symbols, function* ({ known, members, expiredTime }) {
      const member = members.get('expired_time')
      if (member !== undefined && expiredTime !== undefined && known?.expires === true) yield* judge(expiredTime, member.value.span)
    })
  },
}

function* judge(seconds: number, span: Span): Iterable<Finding> {
  if (!looksLikeMs(seconds)) return
  const title = `write ${seconds / 1000}`
  yield {
    span, message: `the unit is seconds: this is ${durationText(seconds)}; milliseconds meant?`, hint: `${title} for ${durationText(seconds / 1000)}`,
    fix: { title, edits: [{ span, text: String(seconds / 1000) }] },
  }
}

/** Whole days are how people count seconds that long, but for thousands of them. */
function looksLikeMs(seconds: number): boolean {
  return seconds >= LONG && seconds % 60_000 === 0 && (seconds % DAY !== 0 || seconds % (1000 * DAY) === 0)
}

const UNITS = [['days', DAY], ['h', 3600], ['min', 60], ['s', 1]] as const

/** The two largest units: `41 days 16 h`. */
function durationText(seconds: number): string {
  let rest = seconds
  const parts: string[] = []
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size)
    if (count > 0) parts.push(`${count} ${unit === 'days' && count === 1 ? 'day' : unit}`)
    rest -= count * size
  }
  return parts.slice(0, 2).join(' ')
}
