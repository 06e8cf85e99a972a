import { nearest } from '../diagnostic/did-you-mean.ts'
import { SETTINGS } from '../language/setting-table.ts'
import { ruleName, type Check } from './check.ts'
import { memberAdded } from './edits.ts'
import { inEachRule } from './rule-kinds.ts'
import type { Symbols } from './symbols.ts'

const EXPIRED_AFTER = 'backend.redis.msg.expired_after'

const TITLE = 'add "expired_time": 3600'

export const noExpiry: Check = {
  name: 'no-expiry',
  severity: 'warning',
  fix: 'offered',
  doc: 'What is stored without an expiry stays until somebody acknowledges it, and Redis grows with every message that nobody does.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 3600}',
  *find(symbols) {
    const notKnown = symbols.isPartial || symbols.current.get(EXPIRED_AFTER)?.setting.value.missing !== undefined
    if (notKnown || (expiredAfter(symbols) ?? 0) > 0) return
    yield* inEachRule(symbols, function* (rule) {
      const { hook, known, members, functionName } = rule
      if (hook === undefined || known?.expires !== true || !known.hooks.includes(hook) || functionName === undefined) return
      // One of 0 or less has a finding of its own.
      if (members.has('expired_time') || isMisspelt(members.keys())) return
      yield {
        span: functionName.span, message: `what \`${ruleName(rule)}\` stores never expires`, hint: `${TITLE}, in seconds`,
        fix: { title: TITLE, edits: [memberAdded(rule.rule.value, 'expired_time', '3600')] },
      }
    })
  },
}

/** What is unknown has a finding of its own. */
function isMisspelt(names: Iterable<string>): boolean {
  return [...names].some(name => nearest(name, ['expired_time']).length > 0)
}

/** Seconds of `msg.expired_after`, if a line sets it and it can be read. */
export function expiredAfter({ current }: Symbols): number | undefined {
  const text = current.get(EXPIRED_AFTER)?.setting.value.text
  return text === undefined ? undefined : SETTINGS[EXPIRED_AFTER].value.read(text)
}
