import { KEY_TYPES } from '../actions/key-table.ts'
import type { Span } from '../diagnostic/diagnostic.ts'
import { keyTypeOf, overwrites, type KeyType } from '../language/command-keys.ts'
import type { Check } from './check.ts'
import { callsOf, type RedisCall } from './redis-call.ts'
import { currentRules, type RuleSymbol } from './symbols.ts'
import { written } from './template.ts'
import { isRefused } from './unpaired.ts'

/** A command or function that takes a key for one of a type. */
interface Use {
  readonly pool: string
  readonly key: string
  readonly type: KeyType
  readonly span: Span
  /** As messages name it. */
  readonly title: string
  /** What the key held before is gone. */
  readonly overwrites: boolean
}

export const keyTypeConflict: Check = {
  name: 'key-type-conflict',
  severity: 'warning',
  doc: 'A key of Redis has one type, and a command for another type is refused. Keys are compared as they are written; the functions have theirs too.',
  bad: `backend.redis.hook.client.connected.1 = {"action": {"commands": ["SET dev:\${clientid} 1"]}, "pool": "pool1"}
backend.redis.hook.client.disconnected.1 = {"action": {"commands": ["HSET dev:\${clientid} on 0"]}, "pool": "pool1"}`,
  good: `backend.redis.hook.client.connected.1 = {"action": {"commands": ["HSET dev:\${clientid} on 1"]}, "pool": "pool1"}
backend.redis.hook.client.disconnected.1 = {"action": {"commands": ["HSET dev:\${clientid} on 0"]}, "pool": "pool1"}`,
  *find(symbols) {
    const first = new Map<string, Use>()
    const said = new Set<string>()
    for (const use of usesIn(currentRules(symbols))) {
      const id = `${use.pool}\0${use.key}`
      const before = first.get(id)
      if (before === undefined) first.set(id, use)
      if (before === undefined || before.type === use.type || said.has(`${id}\0${use.type}`)) continue
      said.add(`${id}\0${use.type}`)
      yield {
        span: use.span,
        message: use.overwrites
          ? `\`${use.key}\` is a ${before.type} elsewhere, and \`${use.title}\` puts a ${use.type} in its place`
          : `\`${use.key}\` is a ${before.type} elsewhere, and \`${use.title}\` takes a ${use.type}: Redis refuses one of them`,
        hint: 'use another key for one of them',
        related: [{ span: before.span, message: `here it is a ${before.type}` }],
      }
    }
  },
}

/** Of a function in a pool the first time. */
function* usesIn(rules: readonly RuleSymbol[]): Iterable<Use> {
  const taken = new Set<string>()
  for (const rule of rules) {
    const { known, functionName, commands } = rule
    const pool = rule.pool?.value
    if (pool === undefined) continue
    if (known !== undefined && functionName !== undefined && !taken.has(`${known.name} ${pool}`)) {
      taken.add(`${known.name} ${pool}`)
      yield* known.keys.flatMap((key): Use[] => {
        const type = KEY_TYPES.get(key)
        return type === undefined ? [] : [{ pool, key, type, span: functionName.span, title: known.name, overwrites: false }]
      })
    }
    if (commands.length === 0) continue
    const calls = callsOf([rule])
    for (const [i, call] of calls.entries()) yield* usesOfCall(call, pool, calls.slice(0, i))
  }
}

function usesOfCall(call: RedisCall, pool: string, before: readonly RedisCall[]): readonly Use[] {
  const type = keyTypeOf(call.name)
  if (type === undefined || isRefused(call)) return []
  return call.keys.flatMap(({ template, field }, i): Use[] => {
    const key = written(template)
    if (key === '') return []
    // What the rule itself has taken away can be made anew as anything.
    const gone = before.some(other => FREES.has(other.name) && other.keys.some(removed => written(removed.template) === key))
    return gone ? [] : [{ pool, key, type, span: field.span, title: call.title, overwrites: overwrites(call.name) && (i === 0 || call.name === 'mset') }]
  })
}

const FREES = new Set(['del', 'unlink', 'rename'])
