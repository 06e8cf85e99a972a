import { wrongCount } from './argument-count.ts'
import type { Argument, RedisCall } from './redis-call.ts'
import { mayBe } from './template.ts'

/** What comes in groups: names of the parts, and the options that may stand before them. */
interface Groups {
  readonly parts: readonly string[]
  /** The arguments before options and groups. */
  readonly after: number
  readonly options: readonly string[]
}

const GROUPS: ReadonlyMap<string, Groups> = new Map<string, Groups>([
  ['hset', { parts: ['field', 'value'], after: 1, options: [] }],
  ['hmset', { parts: ['field', 'value'], after: 1, options: [] }],
  ['mset', { parts: ['key', 'value'], after: 0, options: [] }],
  ['msetnx', { parts: ['key', 'value'], after: 0, options: [] }],
  ['xadd', { parts: ['field', 'value'], after: 1, options: [] }],
  ['zadd', { parts: ['score', 'member'], after: 1, options: ['NX', 'XX', 'GT', 'LT', 'CH', 'INCR'] }],
  ['geoadd', { parts: ['longitude', 'latitude', 'member'], after: 1, options: ['NX', 'XX', 'CH'] }],
])

export interface Unpaired {
  /** `pairs of field and value`. */
  readonly groups: string
  readonly last: Argument
  /** What the last one lacks: `value`. */
  readonly lacks: string
}

/** The last of the arguments that should come in pairs and do not; nothing where that is not known for certain. */
export function unpaired(call: RedisCall): Unpaired | undefined {
  const groups = GROUPS.get(call.name)
  const last = call.args.at(-1)
  if (groups === undefined || last === undefined || !call.counted || wrongCount(call) !== undefined) return undefined
  const from = call.name === 'xadd' ? afterStreamId(call) : afterOptions(call, groups)
  if (from === undefined) return undefined
  const { parts } = groups
  const over = (call.args.length - from) % parts.length
  if (over <= 0) return undefined
  const names = `${parts.length === 2 ? 'pairs' : 'groups'} of ${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
  return { groups: names, last, lacks: parts[over] ?? '' }
}

/** Redis takes the command with no such number of arguments. */
export function isRefused(call: RedisCall): boolean {
  const known = refused.get(call)
  if (known !== undefined) return known
  const is = wrongCount(call) !== undefined || unpaired(call) !== undefined
  refused.set(call, is)
  return is
}

/** Many checks ask. */
const refused = new WeakMap<RedisCall, boolean>()

function afterOptions({ args, texts }: RedisCall, { after, options }: Groups): number | undefined {
  let at = after
  while (options.includes(texts[at]?.toUpperCase() ?? '')) at += 1
  const first = args[at]
  return first === undefined || mayBe(first.template, options) ? undefined : at
}

/** Options of XADD, with the number of their arguments (redis.io/commands/xadd). */
const STREAM_OPTIONS: ReadonlyMap<string, number> = new Map([['NOMKSTREAM', 0], ['KEEPREF', 0], ['DELREF', 0], ['ACKED', 0], ['LIMIT', 1]])

/** Behind the id of an entry; nothing where an option is not known. */
function afterStreamId({ args, texts }: RedisCall): number | undefined {
  let at = 1
  while (at < args.length) {
    const text = texts[at]
    if (text === undefined) return undefined
    const word = text.toUpperCase()
    const options = STREAM_OPTIONS.get(word)
    if (text === '*' || /^\d+(?:-(?:\d+|\*))?$/.test(text)) return at + 1
    if (word === 'MAXLEN' || word === 'MINID') at += texts[at + 1] === '~' || texts[at + 1] === '=' ? 3 : 2
    else if (options === undefined) return undefined
    else at += 1 + options
  }
  return undefined
}
