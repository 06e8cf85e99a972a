import { keyTypeOf, overwrites, type KeyType } from '../language/command-keys.ts'
import { keyIndexes, redisCommand, resolvedCommand } from '../language/redis-commands.ts'
import { RedisError, type Keyspace, type ValueType } from './keyspace.ts'

/** What a command does to the keys; what it answers nobody asks. Throws {@link RedisError}. */
type Carry = (keys: Keyspace, args: readonly string[]) => void

const SYNTAX = 'ERR syntax error'
const NO_INTEGER = 'ERR value is not an integer or out of range'
const NO_FLOAT = 'ERR value is not a valid float'

/** The writing commands that are simulated, by lower-case name (redis.io/commands). None that names a time of day: that of a test is another than Redis'. */
const COMMANDS: Readonly<Record<string, Carry>> = {
  // keys
  del: removeAll, unlink: removeAll,
  expire: (keys, args) => expire(keys, args, keys.now() + whole(args[1]) * 1000),
  pexpire: (keys, args) => expire(keys, args, keys.now() + whole(args[1])),
  persist: (keys, [key]) => keys.expireAt(text(key), undefined),
  rename: (keys, [from, to]) => rename(keys, text(from), text(to)),
  renamenx: (keys, [from, to]) => { if (!keys.has(text(from)) || !keys.has(text(to))) rename(keys, text(from), text(to)) },

  // strings
  set: setString,
  setnx: (keys, [key, value]) => { if (!keys.has(text(key))) put(keys, text(key), text(value)) },
  setex: (keys, [key, seconds, value]) => putFor(keys, text(key), text(value), lasting(seconds) * 1000),
  psetex: (keys, [key, ms, value]) => putFor(keys, text(key), text(value), lasting(ms)),
  getset: (keys, [key, value]) => {
    keys.find(text(key), 'string')
    put(keys, text(key), text(value))
  },
  getdel: (keys, [key]) => {
    keys.find(text(key), 'string')
    keys.delete(text(key))
  },
  append: (keys, [key, value]) => { keys.open(text(key), 'string').text += text(value) },
  incr: (keys, [key]) => add(keys, text(key), 1),
  decr: (keys, [key]) => add(keys, text(key), -1),
  incrby: (keys, [key, by]) => add(keys, text(key), whole(by)),
  decrby: (keys, [key, by]) => add(keys, text(key), -whole(by)),
  incrbyfloat: (keys, [key, by]) => {
    const sum = float(keys.find(text(key), 'string')?.text ?? '0') + float(by)
    keys.open(text(key), 'string').text = String(sum)
  },
  mset: (keys, args) => { for (const [key, value] of pairs(args)) put(keys, key, value) },
  msetnx: (keys, args) => { if (!pairs(args).some(([key]) => keys.has(key))) for (const [key, value] of pairs(args)) put(keys, key, value) },

  // hashes
  hset: setFields, hmset: setFields,
  hsetnx: (keys, [key, field, value]) => {
    const { fields } = keys.open(text(key), 'hash')
    if (!fields.has(text(field))) fields.set(text(field), text(value))
  },
  hdel: (keys, [key, ...names]) => {
    const hash = keys.find(text(key), 'hash')
    for (const name of names) hash?.fields.delete(name)
    keys.tidy(text(key))
  },
  hincrby: (keys, [key, field, by]) => {
    const value = whole(keys.find(text(key), 'hash')?.fields.get(text(field)) ?? '0', 'ERR hash value is not an integer') + whole(by)
    keys.open(text(key), 'hash').fields.set(text(field), String(value))
  },
  hincrbyfloat: (keys, [key, field, by]) => {
    const value = float(keys.find(text(key), 'hash')?.fields.get(text(field)) ?? '0', 'ERR hash value is not a float') + float(by)
    keys.open(text(key), 'hash').fields.set(text(field), String(value))
  },

  // lists
  lpush: (keys, [key, ...values]) => { keys.open(text(key), 'list').items.unshift(...values.toReversed()) },
  rpush: (keys, [key, ...values]) => { keys.open(text(key), 'list').items.push(...values) },
  lpushx: (keys, [key, ...values]) => { keys.find(text(key), 'list')?.items.unshift(...values.toReversed()) },
  rpushx: (keys, [key, ...values]) => { keys.find(text(key), 'list')?.items.push(...values) },
  lpop: (keys, args) => pop(keys, args, 'left'),
  rpop: (keys, args) => pop(keys, args, 'right'),
  ltrim: (keys, [key, start, stop]) => {
    const list = keys.find(text(key), 'list')
    const [from, to] = [whole(start), whole(stop)]
    if (list !== undefined) list.items = between(list.items, from, to)
    keys.tidy(text(key))
  },
  lrem: (keys, [key, count, value]) => {
    const list = keys.find(text(key), 'list')
    let left = Math.abs(whole(count)) || Infinity
    if (list === undefined) return
    const backwards = whole(count) < 0
    const kept = (backwards ? list.items.toReversed() : list.items).filter((item) => item !== value || left-- <= 0)
    list.items = backwards ? kept.toReversed() : kept
    keys.tidy(text(key))
  },
  lset: (keys, [key, index, value]) => {
    const list = keys.find(text(key), 'list')
    if (list === undefined) throw new RedisError('ERR no such key')
    const at = whole(index) < 0 ? list.items.length + whole(index) : whole(index)
    if (at < 0 || at >= list.items.length) throw new RedisError('ERR index out of range')
    list.items[at] = text(value)
  },
  rpoplpush: (keys, [from, to]) => move(keys, { from: text(from), to: text(to), out: 'right', into: 'left' }),
  lmove: (keys, [from, to, out, into]) => move(keys, { from: text(from), to: text(to), out: end(out), into: end(into) }),

  // sets
  sadd: (keys, [key, ...members]) => { for (const member of members) keys.open(text(key), 'set').members.add(member) },
  srem: (keys, [key, ...members]) => {
    for (const member of members) keys.find(text(key), 'set')?.members.delete(member)
    keys.tidy(text(key))
  },
  smove: (keys, [from, to, member]) => {
    const source = keys.find(text(from), 'set')
    if (source === undefined) return
    keys.find(text(to), 'set')
    if (!source.members.delete(text(member))) return
    keys.open(text(to), 'set').members.add(text(member))
    keys.tidy(text(from))
  },

  // sorted sets
  zadd: addScored,
  zincrby: (keys, [key, by, member]) => {
    const score = (keys.find(text(key), 'zset')?.set.score(text(member)) ?? 0) + float(by)
    keys.open(text(key), 'zset').set.set(text(member), score)
  },
  zrem: (keys, [key, ...members]) => takeFrom(keys, text(key), () => members),
  zremrangebyrank: (keys, [key, start, stop]) => {
    const [from, to] = [whole(start), whole(stop)]
    takeFrom(keys, text(key), (all) => between([...all], from, to))
  },
  zremrangebyscore: (keys, [key, min, max]) => {
    const [from, to] = [bound(min), bound(max)]
    const set = keys.find(text(key), 'zset')?.set
    takeFrom(keys, text(key), (all) => all.filter((member) => {
      const score = set?.score(member) ?? 0
      return (from.open ? score > from.at : score >= from.at) && (to.open ? score < to.at : score <= to.at)
    }))
  },
  zpopmin: (keys, [key, count = '1']) => takeFrom(keys, text(key), (all) => all.slice(0, whole(count))),
  zpopmax: (keys, [key, count = '1']) => takeFrom(keys, text(key), (all) => whole(count) === 0 ? [] : all.slice(-whole(count))),

  // streams
  xadd: addEntry,
  xtrim: (keys, [key, ...options]) => {
    const stream = keys.find(text(key), 'stream')
    const { trim } = trimOf(options, 0)
    if (stream !== undefined) stream.entries = trim(stream.entries)
  },
  xdel: (keys, [key, ...ids]) => {
    const stream = keys.find(text(key), 'stream')
    if (stream !== undefined) stream.entries = stream.entries.filter(({ id }) => !ids.includes(id))
  },

  // it leaves nothing
  publish: () => {}, spublish: () => {},
}

/** What a command of that name leaves is known here: it is simulated, or it only reads. */
export function isSimulated(name: string, args: readonly string[]): boolean {
  return Object.hasOwn(COMMANDS, name) || resolvedCommand(name, args)?.readOnly === true
}

/** Their names, in lower case. */
export const SIMULATED: readonly string[] = Object.keys(COMMANDS)

const TYPES: Readonly<Record<KeyType, ValueType>> = {
  'string': 'string', 'list': 'list', 'hash': 'hash', 'set': 'set', 'sorted set': 'zset', 'stream': 'stream',
}

/** Carries out a command that {@link isSimulated}. Throws {@link RedisError}, in Redis' words. */
export function carryOut(keys: Keyspace, name: string, args: readonly string[]): void {
  const arity = redisCommand(name)?.arity ?? 0
  if (arity > 0 ? args.length + 1 !== arity : args.length + 1 < -arity) throw new RedisError(`ERR wrong number of arguments for '${name}' command`)
  const type = keyTypeOf(name)
  const carry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (carry === undefined) {
    if (type !== undefined) for (const index of keyIndexes(name, args)) keys.find(text(args[index]), TYPES[type])
    return
  }
  if (type !== undefined && !overwrites(name) && name !== 'setnx' && name !== 'msetnx') keys.find(text(args[0]), TYPES[type])
  carry(keys, args)
}

function removeAll(keys: Keyspace, names: readonly string[]): void {
  for (const name of names) keys.delete(name)
}

function expire(keys: Keyspace, args: readonly string[], at: number): void {
  const [key, , condition] = args
  const before = keys.expiresAt(text(key))
  const holds = {
    '': true, 'nx': before === undefined, 'xx': before !== undefined, 'gt': before !== undefined && at > before, 'lt': before === undefined || at < before,
  }[condition?.toLowerCase() ?? '']
  if (holds === undefined) throw new RedisError(`ERR Unsupported option ${text(condition)}`)
  if (holds) keys.expireAt(text(key), at)
}

function rename(keys: Keyspace, from: string, to: string): void {
  const value = keys.value(from)
  if (value === undefined) throw new RedisError('ERR no such key')
  if (from === to) return
  const expiresAt = keys.expiresAt(from)
  keys.replace(to, value)
  keys.expireAt(to, expiresAt)
  keys.delete(from)
}

function put(keys: Keyspace, key: string, value: string): void {
  keys.replace(key, { type: 'string', text: value })
}

function putFor(keys: Keyspace, key: string, value: string, ms: number): void {
  put(keys, key, value)
  keys.expireAt(key, keys.now() + ms)
}

function setString(keys: Keyspace, [key, value, ...options]: readonly string[]): void {
  const name = text(key)
  const kept = keys.expiresAt(name)
  let at: number | undefined
  let allowed = true
  for (let i = 0; i < options.length; i += 1) {
    switch (text(options[i]).toLowerCase()) {
      case 'ex': at = keys.now() + lasting(options[++i]) * 1000; break
      case 'px': at = keys.now() + lasting(options[++i]); break
      case 'nx': allowed &&= !keys.has(name); break
      case 'xx': allowed &&= keys.has(name); break
      case 'keepttl': at = kept; break
      case 'get': keys.find(name, 'string'); break
      default: throw new RedisError(SYNTAX)
    }
  }
  if (!allowed) return
  put(keys, name, text(value))
  if (at !== undefined) keys.expireAt(name, at)
}

function add(keys: Keyspace, key: string, by: number): void {
  const sum = whole(keys.find(key, 'string')?.text ?? '0') + by
  keys.open(key, 'string').text = String(sum)
}

function setFields(keys: Keyspace, [key, ...rest]: readonly string[]): void {
  if (rest.length % 2 !== 0) throw new RedisError("ERR wrong number of arguments for 'hset' command")
  const { fields } = keys.open(text(key), 'hash')
  for (const [name, value] of pairs(rest)) fields.set(name, value)
}

type End = 'left' | 'right'

function end(word: string | undefined): End {
  const lower = word?.toLowerCase()
  if (lower !== 'left' && lower !== 'right') throw new RedisError(SYNTAX)
  return lower
}

function pop(keys: Keyspace, [key, count = '1']: readonly string[], from: End): void {
  const list = keys.find(text(key), 'list')
  if (list === undefined) return
  if (from === 'left') list.items.splice(0, whole(count))
  else list.items.splice(Math.max(0, list.items.length - whole(count)))
  keys.tidy(text(key))
}

function move(keys: Keyspace, { from, to, out, into }: { readonly from: string, readonly to: string, readonly out: End, readonly into: End }): void {
  const list = keys.find(from, 'list')
  if (list === undefined) return
  keys.find(to, 'list')
  const item = out === 'left' ? list.items.shift() : list.items.pop()
  if (item === undefined) return
  const target = keys.open(to, 'list').items
  if (into === 'left') target.unshift(item)
  else target.push(item)
  keys.tidy(from)
}

function addScored(keys: Keyspace, [key, ...rest]: readonly string[]): void {
  const options = new Set<string>()
  while (/^(?:nx|xx|gt|lt|ch|incr)$/i.test(rest[0] ?? '')) options.add(text(rest.shift()).toLowerCase())
  if (rest.length === 0 || rest.length % 2 !== 0) throw new RedisError(SYNTAX)
  const scored = pairs(rest).map(([score, member]) => [float(score), member] as const)
  const held = keys.find(text(key), 'zset')?.set
  for (const [given, member] of scored) {
    const before = held?.score(member)
    const score = options.has('incr') ? (before ?? 0) + given : given
    if (options.has('nx') && before !== undefined) continue
    if (options.has('xx') && before === undefined) continue
    if (before !== undefined && ((options.has('gt') && score <= before) || (options.has('lt') && score >= before))) continue
    keys.open(text(key), 'zset').set.set(member, score)
  }
}

function takeFrom(keys: Keyspace, key: string, which: (all: readonly string[]) => readonly string[]): void {
  const set = keys.find(key, 'zset')?.set
  if (set === undefined) return
  for (const member of [...which(set.members())]) set.delete(member)
  keys.tidy(key)
}

function bound(written: string | undefined): { readonly at: number, readonly open: boolean } {
  const open = text(written).startsWith('(')
  return { at: float(open ? text(written).slice(1) : written, 'ERR min or max is not a float'), open }
}

type Trim = (entries: readonly { readonly id: string, readonly fields: readonly string[] }[]) => { readonly id: string, readonly fields: readonly string[] }[]

/** What trims a stream, of the options from there on, and where they end. `~` leaves to Redis how much more stays: here all of it. */
function trimOf(options: readonly string[], from: number): { readonly trim: Trim, readonly end: number } {
  const word = options[from]?.toLowerCase()
  if (word !== 'maxlen' && word !== 'minid') return { trim: (entries) => [...entries], end: from }
  let at = from + 1
  const roughly = options[at] === '~'
  if (roughly || options[at] === '=') at += 1
  const limit = text(options[at])
  at += 1
  if (options[at]?.toLowerCase() === 'limit') at += 2
  const most = word === 'maxlen' ? whole(limit) : 0
  if (most < 0) throw new RedisError('ERR The MAXLEN argument must be >= 0.')
  const least = word === 'minid' ? idOf(limit) : undefined
  const trim: Trim = (entries) => {
    if (roughly) return [...entries]
    return least === undefined ? entries.slice(Math.max(0, entries.length - most)) : entries.filter(({ id }) => !isBelow(idOf(id), least))
  }
  return { trim, end: at }
}

function addEntry(keys: Keyspace, [key, ...rest]: readonly string[]): void {
  const makes = rest[0]?.toLowerCase() !== 'nomkstream'
  const { trim, end: at } = trimOf(rest, makes ? 0 : 1)
  const [id, ...fields] = rest.slice(at)
  if (fields.length === 0 || fields.length % 2 !== 0) throw new RedisError("ERR wrong number of arguments for 'xadd' command")
  if (!makes && keys.find(text(key), 'stream') === undefined) return
  const last = keys.find(text(key), 'stream')?.lastId ?? [0, 0]
  const next = id === '*' ? following(last, keys.now()) : idOf(text(id))
  if (!isBelow(last, next)) throw new RedisError('ERR The ID specified in XADD is equal or smaller than the target stream top item')
  const stream = keys.open(text(key), 'stream')
  stream.lastId = next
  stream.entries = trim([...stream.entries, { id: next.join('-'), fields }])
}

type StreamId = readonly [ms: number, number: number]

function following([ms, number]: StreamId, now: number): StreamId {
  return now > ms ? [now, 0] : [ms, number + 1]
}

function idOf(written: string): StreamId {
  const [ms, number = '0'] = written.split('-')
  if (!/^\d+$/.test(text(ms)) || !/^\d+$/.test(number)) throw new RedisError('ERR Invalid stream ID specified as stream command argument')
  return [Number(ms), Number(number)]
}

function isBelow(a: StreamId, b: StreamId): boolean {
  return a[0] === b[0] ? a[1] < b[1] : a[0] < b[0]
}

/** Both ends included, negative ones from the end. */
function between<T>(items: T[], start: number, stop: number): T[] {
  const from = start < 0 ? Math.max(0, items.length + start) : start
  const to = stop < 0 ? items.length + stop : stop
  return items.slice(from, Math.max(from, to + 1))
}

function pairs(args: readonly string[]): readonly (readonly [string, string])[] {
  return Array.from({ length: Math.floor(args.length / 2) }, (_, i) => [text(args[2 * i]), text(args[2 * i + 1])] as const)
}

function text(arg: string | undefined): string {
  if (arg === undefined) throw new RedisError(SYNTAX)
  return arg
}

function whole(arg: string | undefined, otherwise = NO_INTEGER): number {
  const value = /^-?(?:0|[1-9]\d*)$/.test(arg ?? '') ? Number(arg) : Number.NaN
  if (!Number.isSafeInteger(value)) throw new RedisError(otherwise)
  return value
}

function lasting(arg: string | undefined): number {
  const value = whole(arg)
  if (value <= 0) throw new RedisError('ERR invalid expire time')
  return value
}

function float(arg: string | undefined, otherwise = NO_FLOAT): number {
  const infinite = /^[+-]?inf(?:inity)?$/i.test(arg ?? '')
  const value = infinite ? (arg?.startsWith('-') === true ? -Infinity : Infinity) : /^\s|^$/.test(arg ?? '') ? Number.NaN : Number(arg)
  if (Number.isNaN(value)) throw new RedisError(otherwise)
  return value
}
