import { usageOf } from '../language/command-usage.ts'
import type { Span } from '../diagnostic/diagnostic.ts'
import { wrongCount, type WrongCount } from './argument-count.ts'
import type { Check, Finding } from './check.ts'
import { fieldText, rewritten } from './command-text.ts'
import { emptyFields, oneSpace } from './empty-fields.ts'
import { between, allCalls, callSpan, type RedisCall } from './redis-call.ts'
import { valueNamed, written } from './template.ts'

export const wrongArity: Check = {
  name: 'wrong-arity',
  severity: 'error',
  fix: 'offered',
  doc: 'Redis refuses a command with too few or too many arguments. A field ends at the first space, unless it stands in quotes.',
  bad: 'backend.redis.hook.client.connected.1 = {"action": {"commands": ["PUBLISH news ${clientid} is here"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.client.connected.1 = {"action": {"commands": ["PUBLISH news \\"${clientid} is here\\""]}, "pool": "pool1"}',
  *find(symbols) {
    for (const call of allCalls(symbols)) {
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
  const fix = kind === 'few' ? withNamedValue(call) : byNumber(call) ?? withOneText(call)
  if (fix !== undefined) return { fix }
  return { hint: kind === 'few' ? form : `${form}; a field ends at the first space: quote one that has spaces, as in \\"a b\\"` }
}

/** Those that take a number more, of those that add 1. */
const BY_NUMBER: ReadonlyMap<string, string> = new Map([['incr', 'INCRBY'], ['decr', 'DECRBY']])

function byNumber({ name, texts, command }: RedisCall): Finding['fix'] {
  const [other, [, number]] = [BY_NUMBER.get(name), texts]
  if (other === undefined || texts.length !== 2 || !/^-?\d+$/.test(number ?? '')) return undefined
  return rewritten(command, [other, ...command.fields.slice(1)], `write \`${other}\``)
}

/** The last argument is a text, as in `PUBLISH channel message`: words too many belong to it. */
function withOneText({ title, known, command }: RedisCall): Finding['fix'] {
  if (!/ (?:value|message)$/.test(usageOf(title) ?? '') || known === undefined || known.arity < 0) return undefined
  const [fields, words] = [command.fields.slice(0, known.arity - 1), command.fields.slice(known.arity - 1)]
  const text = words.map(({ parts }) => written(parts)).join(' ')
  return rewritten(command, [...fields, fieldText(text)], `quote the last ${words.length} words as one`)
}

/** A field that is called as a placeholder, and only its value is missing: `HSET seen topic`. */
function withNamedValue(call: RedisCall): Finding['fix'] {
  if (usageOf(call.title)?.endsWith(' field value') !== true) return undefined
  const value = valueNamed(call.rule.hook, call.texts.at(-1))
  if (value === undefined) return undefined
  const fields = [...call.command.fields, value]
  const isWhole = usageOf(call.title)?.split(' ').length === fields.length
  return isWhole ? rewritten(call.command, fields, `write \`${value}\` behind it`) : undefined
}
