import { compareRuleNumbers } from '../language/rule-number.ts'
import { coversFilter } from '../language/topic-filter.ts'
import type { Check, Finding } from './check.ts'
import { rewritten } from './command-text.ts'
import { currentCalls, type Argument, type RedisCall } from './redis-call.ts'
import type { RuleSymbol } from './symbols.ts'
import { mayBe, written } from './template.ts'
import { isRefused } from './unpaired.ts'

export const ttlDropped: Check = {
  name: 'ttl-dropped',
  severity: 'warning',
  fix: 'offered',
  doc: 'A plain `SET` takes away the expiry of its key. Keys are compared as they are written. A key that expires only after its client is gone, and is set for good when the client comes back, is taken as meant.',
  bad: `backend.redis.hook.message.publish.1 = {"topic": "a/#", "action": {"commands": ["SET last:\${clientid} \${topic} EX 60"]}, "pool": "pool1"}
backend.redis.hook.message.publish.2 = {"topic": "b/#", "action": {"commands": ["SET last:\${clientid} \${topic}"]}, "pool": "pool1"}`,
  good: `backend.redis.hook.message.publish.1 = {"topic": "a/#", "action": {"commands": ["SET last:\${clientid} \${topic} EX 60"]}, "pool": "pool1"}
backend.redis.hook.message.publish.2 = {"topic": "b/#", "action": {"commands": ["SET last:\${clientid} \${topic} KEEPTTL"]}, "pool": "pool1"}`,
  *find(symbols) {
    const calls = currentCalls(symbols).filter(call => call.rule.pool !== undefined && !isRefused(call))
    const setters = new Map<string, RedisCall[]>()
    for (const call of calls.filter(setsExpiry)) {
      for (const key of new Set(call.keys.map(argument => idOf(call, argument)))) setters.set(key, [...setters.get(key) ?? [], call])
    }
    for (const call of calls.filter(dropsExpiry)) {
      for (const key of call.name === 'mset' ? call.keys : call.keys.slice(0, 1)) {
        const alike = setters.get(idOf(call, key)) ?? []
        const [setter] = alike.filter(other => !isReturn(call.rule, other.rule))
        if (setter === undefined || alike.some(other => isAfter(other, call))) continue
        yield {
          span: key.field.span, message: `\`${call.title}\` takes away the expiry that \`${written(key.template)}\` gets elsewhere: from then on it is kept for ever`,
          ...cure(call),
          related: [{ span: setter.nameSpan, message: `\`${setter.title}\` sets it` }],
        }
      }
    }
  },
}

const EXPIRIES = ['EX', 'PX', 'EXAT', 'PXAT']
const EXPIRE = new Set(['expire', 'pexpire', 'expireat', 'pexpireat', 'setex', 'psetex'])

function setsExpiry({ name, texts }: RedisCall): boolean {
  return EXPIRE.has(name) || ((name === 'set' || name === 'getex') && texts.some((text, i) => i > 0 && EXPIRIES.includes(text?.toUpperCase() ?? '')))
}

/** Certainly: an option that is not known might keep it. */
function dropsExpiry({ name, args }: RedisCall): boolean {
  if (name === 'set') return !args.slice(2).some(({ template }) => mayBe(template, [...EXPIRIES, 'KEEPTTL', 'NX']))
  return name === 'getset' || name === 'mset'
}

/** A key of a pool. */
function idOf({ rule }: RedisCall, { template }: Argument): string {
  return `${rule.pool?.value}\0${written(template)}`
}

/** The client is gone where the key expires, and back where it is set. */
function isReturn(set: RuleSymbol, expiring: RuleSymbol): boolean {
  const back = set.hook === 'client.connected' || set.hook === 'session.created' || set.hook === 'session.subscribed'
  return back && (expiring.hook === 'client.disconnected' || expiring.hook === 'session.unsubscribed')
}

/** It runs whenever the other has run, and later. */
function isAfter(later: RedisCall, earlier: RedisCall): boolean {
  const [a, b] = [later.rule, earlier.rule]
  if (a === b) return later.index > earlier.index
  if (a.hook !== b.hook || a.number === undefined || b.number === undefined || compareRuleNumbers(a.number, b.number) <= 0) return false
  return a.topic === undefined || (b.topic !== undefined && coversFilter(a.topic.value, b.topic.value))
}

function cure({ name, command }: RedisCall): Pick<Finding, 'hint' | 'fix'> {
  const hint = 'use `SET key value KEEPTTL`, or `EX` and seconds'
  if (name === 'mset') return { hint }
  const fix = rewritten(command, ['SET', ...command.fields.slice(1), 'KEEPTTL'], hint)
  return { hint: fix.title === hint ? hint : `${fix.title}, or \`EX\` and seconds in the place of \`KEEPTTL\``, fix }
}
