import type { Check, Finding } from './check.ts'
import { emptyFields, withoutEmptyFields } from './empty-fields.ts'
import { allCalls, type RedisCall } from './redis-call.ts'
import { isRefused } from './unpaired.ts'

export const twoSpaces: Check = {
  name: 'two-spaces',
  severity: 'warning',
  fix: 'safe',
  doc: 'Fields are separated by exactly one space: two make an empty field, and one at the end makes one too.',
  bad: 'backend.redis.hook.client.connected.1 = {"action": {"commands": ["SADD  clients ${clientid}"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.client.connected.1 = {"action": {"commands": ["SADD clients ${clientid}"]}, "pool": "pool1"}',
  *find(symbols) {
    for (const call of allCalls(symbols)) {
      const [span] = emptyFields(call.command)
      // What Redis refuses for its number of fields is said as that.
      if (span === undefined || isRefused(call)) continue
      const atEnd = call.command.fields.at(-1)?.span.start.offset === span.end.offset
      yield { span, message: atEnd ? 'a space at the end makes an empty field' : 'two spaces make an empty field', ...cure(call) }
    }
  },
}

function cure(call: RedisCall): Pick<Finding, 'hint' | 'fix'> {
  // Without its empty field it may be one too few.
  const { fix, isTaken } = withoutEmptyFields(call)
  return { hint: `${fix.title}, or \\"\\" if an empty field is meant`, fix: { ...fix, ...isTaken ? {} : { safe: false } } }
}
