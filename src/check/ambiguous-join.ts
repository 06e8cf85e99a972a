import { ACTIONS } from '../actions/index.ts'
import type { HookName } from '../language/hooks.ts'
import type { Check, Finding } from './check.ts'
import { fieldText, rewritten } from './command-text.ts'
import { once } from './once.ts'
import { allCalls, type RedisCall } from './redis-call.ts'
import type { Symbols } from './symbols.ts'
import { fixedText, valueOf, written, type Template } from './template.ts'

/** EMQ X has chosen these, and what reads them knows them so. */
const OF_FUNCTIONS = new Set(ACTIONS.flatMap(({ keys }) => keys))

export const ambiguousJoin: Check = {
  name: 'ambiguous-join',
  severity: 'warning',
  fix: 'offered',
  doc: 'Where two texts of clients make a key, and what stands between them may be in both, different clients can come to one key. Keys of the functions are not meant.',
  bad: 'backend.redis.hook.message.acked.1 = {"topic": "#", "action": {"commands": ["SET seen:${clientid}:${topic} 1"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.message.acked.1 = {"topic": "#", "action": {"commands": ["HSET seen:${clientid} ${topic} 1"]}, "pool": "pool1"}',
  *find(symbols) {
    for (const call of allCalls(symbols)) {
      const key = call.keys.find(({ template }) => !OF_FUNCTIONS.has(written(template)) && joinOf(template, call.rule.hook) !== undefined)
      const join = key === undefined ? undefined : joinOf(key.template, call.rule.hook)
      if (key === undefined || join === undefined) continue
      const { first, second, between } = join
      const [one, other] = [`\`a\` with \`b${between}c\``, `\`a${between}b\` with \`c\``]
      yield {
        span: key.field.span,
        message: between === ''
          ? `nothing stands between \`\${${first}}\` and \`\${${second}}\`: \`ab\` with \`c\` and \`a\` with \`bc\` share this key`
          : `\`\${${first}}\` and \`\${${second}}\` may both contain \`${between}\`: ${one} and ${other} share this key`,
        ...asHash(symbols, call, { key: key.template, join })
          ?? { hint: `make one of them the field of a hash, such as \`HSET ${upTo(key.template, first)} \${${second}} ..\`` },
      }
    }
  },
}

interface Join {
  readonly first: string
  readonly second: string
  readonly between: string
}

/** Two neighbours that clients choose, and what stands between them, if it may stand in both. */
function joinOf(template: Template, hook: HookName | undefined): Join | undefined {
  // Each message has an id of its own, which keeps the rest apart.
  if (template.some(part => part.kind === 'placeholder' && part.name === 'msgid')) return undefined
  let first: string | undefined
  let between = ''
  for (const part of template) {
    if (part.kind === 'text') {
      between += part.text
    } else if (part.name === 'qos' || part.name === 'ts') {
      between += '1'
    } else if (valueOf(part)?.free !== true || part.name === 'payload') {
      // A payload in a key is said as that.
      first = undefined
      between = ''
    } else {
      if (first !== undefined && mayHold(first, between, hook) && mayHold(part.name, between, hook)) return { first, second: part.name, between }
      first = part.name
      between = ''
    }
  }
  return undefined
}

/** Commands on a text that there are on a field of a hash too, by how many arguments follow the key: the command, and what it is passed behind the field. */
const OF_HASH: Readonly<Record<string, readonly [command: string, ...more: readonly string[]]>> = {
  'set 1': ['HSET'], 'setnx 1': ['HSETNX'], 'get 0': ['HGET'], 'exists 0': ['HEXISTS'], 'del 0': ['HDEL'],
  'incr 0': ['HINCRBY', '1'], 'decr 0': ['HINCRBY', '-1'], 'incrby 1': ['HINCRBY'], 'incrbyfloat 1': ['HINCRBYFLOAT'],
}

/** Commands that are changed at once at most: more, and nobody looks them over. */
const MOST = 10

/** The second of the two as the field of a hash, in all commands that have this key; nothing if one of them has no such form. */
function asHash(symbols: Symbols, call: RedisCall, { key, join: { first, second } }: { readonly key: Template, readonly join: Join }): Pick<Finding, 'fix'> | undefined {
  const last = key.at(-1)
  const at = key.findIndex(part => part.kind === 'placeholder' && part.name === first)
  // what else stands in the key belongs to it
  if (last?.kind !== 'placeholder' || last.name !== second || key.slice(at + 1, -1).some(part => part.kind !== 'text')) return undefined
  const [whole, hash] = [written(key), upTo(key, first)]
  const [used, beside] = [whole, hash].map(text => commandsWith(symbols).get(placeOf(call, text)) ?? [])
  if (used === undefined || used.length > MOST || beside?.some(other => other.keys.some(({ template }) => written(template) === hash)) === true) return undefined
  const fixes = used.flatMap((other) => {
    const form = Object.hasOwn(OF_HASH, `${other.name} ${other.args.length - 1}`) ? OF_HASH[`${other.name} ${other.args.length - 1}`] : undefined
    if (form === undefined || other.args[0] === undefined || written(other.args[0].template) !== whole) return []
    const [command, ...more] = form
    return [{ other, fix: rewritten(other.command, [command, fieldText(hash), `\${${second}}`, ...other.command.fields.slice(2), ...more], 'make one of them the field of a hash') }]
  })
  const own = fixes.find(({ other }) => other === call)
  if (own === undefined || fixes.length < used.length) return undefined
  const title = used.length === 1 ? own.fix.title : `${own.fix.title}, and so in the other commands with this key`
  return { fix: { title, edits: fixes.flatMap(({ fix }) => fix.edits) } }
}

/** The commands of all rules by their pool and each of their arguments in which something is filled in. */
const commandsWith = once((symbols) => {
  const found = new Map<string, Set<RedisCall>>()
  for (const call of allCalls(symbols)) {
    for (const { template } of call.args) {
      if (fixedText(template) !== undefined) continue
      const place = placeOf(call, written(template))
      found.set(place, (found.get(place) ?? new Set()).add(call))
    }
  }
  return new Map(Array.from(found, ([place, calls]) => [place, [...calls]]))
})

function placeOf({ rule }: RedisCall, text: string): string {
  return `${rule.pool?.value ?? ''}\0${text}`
}

/** The key up to a placeholder, and to the end of its hash tag. */
function upTo(template: Template, name: string): string {
  const at = template.findIndex(part => part.kind === 'placeholder' && part.name === name)
  const text = written(template.slice(0, at + 1))
  const next = template[at + 1]
  return next?.kind === 'text' && next.text.startsWith('}') ? `${text}}` : text
}

/** No text of MQTT contains U+0000, and no topic of a message a wildcard [MQTT-1.5.3-2, MQTT-3.3.2-2]. */
function mayHold(name: string, text: string, hook: HookName | undefined): boolean {
  if (text.includes('\0')) return false
  return name !== 'topic' || hook?.startsWith('message.') !== true || !/[+#]/.test(text)
}
