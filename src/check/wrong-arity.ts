import { usageOf } from '../language/command-usage.ts'
import type { Span } from '../diagnostic/diagnostic.ts'
import { wrongCount, type WrongCount } from './argument-count.ts'
import type { Check, Finding } from './check.ts'
import { emptyFields, oneSpace } from './empty-fields.ts'
import { between, callsOf, callSpan, type RedisCall } from './redis-call.ts'

export const wrongArity: Check = {
  name: 'wrong-arity',
  severity: 'error',
  doc: 'Redis refuses a command with too few or too many arguments. A field ends at the first space, unless it stands in quotes.',
  bad: 'backend.redis.hook.client.connected.1 = {"action": {"commands": ["SET k:${clientid}"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.client.connected.1 = {"action": {"commands": ["SET k:${clientid} 1"]}, "pool": "pool1"}',
  *find({ rules }) {
    for (const call of callsOf(rules)) {
      const wrong = wrongCount(call)
      if (wrong === undefined) continue
      const fourteen = call.command.fields.some(({ parts: [part] }) => part?.kind === 'placeholder' && part.name === 'message')
      yield {
        span: wrong.kind === 'few' ? callSpan(call) : surplus(call, wrong),
        message: `\`${call.title}\` takes ${wrong.takes}, not ${wrong.given}${fourteen ? '; `${message}` is fourteen' : ''}`,
        ...fourteen && wrong.kind === 'many' ? { hint: 'write `${payload}` for one value, or `HSET key ${message}`' } : cure(call, wrong),
      }
    }
  },
}

function surplus(call: RedisCall, { surplus: first }: WrongCount): Span {
  const last = call.args.at(-1)
  return first === undefined || last === undefined ? callSpan(call) : between(first.field, last.field)
}

function cure(call: RedisCall, { kind }: WrongCount): Pick<Finding, 'hint' | 'fix'> {
  if (emptyFields(call.command).length > 0) return oneSpace(call)
  const usage = usageOf(call.title)
  const form = usage === undefined ? `see redis.io/commands/${call.title.toLowerCase().replaceAll(' ', '-')}` : `write \`${usage}\``
  return { hint: kind === 'few' ? form : `${form}; a field ends at the first space: quote one that has spaces, as in \\"a b\\"` }
}
