import { SortedSet } from './sorted-set.ts'

/** What a key holds. Texts in place of bytes: a rule test has no others. */
export type Value =
  | { readonly type: 'string', text: string }
  | { readonly type: 'list', items: string[] }
  | { readonly type: 'hash', readonly fields: Map<string, string> }
  | { readonly type: 'set', readonly members: Set<string> }
  | { readonly type: 'zset', readonly set: SortedSet }
  | { readonly type: 'stream', entries: StreamEntry[], lastId: readonly [ms: number, number: number] }

export type ValueType = Value['type']

export interface StreamEntry {
  readonly id: string
  /** Names and values in turn. */
  readonly fields: readonly string[]
}

/** An error as Redis says it. */
export class RedisError extends Error {}

interface Held {
  readonly value: Value
  /** Milliseconds since 1970. */
  expiresAt: number | undefined
}

type Of<T extends ValueType> = Extract<Value, { readonly type: T }>

/** The keys of one Redis database: each has one type, is gone when it holds nothing, and expires. */
export class Keyspace {
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly #held = new Map<string, Held>()

  constructor(now: () => number) {
    this.now = now
  }

  has(key: string): boolean {
    return this.#at(key) !== undefined
  }

  keys(): readonly string[] {
    return [...this.#held.keys()].filter((key) => this.has(key)).sort()
  }

  value(key: string): Value | undefined {
    return this.#at(key)?.value
  }

  /** What is there, if it is of the type. Throws Redis' WRONGTYPE. */
  find<T extends ValueType>(key: string, type: T): Of<T> | undefined {
    const value = this.value(key)
    if (value === undefined || isOf(value, type)) return value
    throw new RedisError('WRONGTYPE Operation against a key holding the wrong kind of value')
  }

  /** What is there, or something new and empty, which stays only if it is filled: {@link tidy} after taking away. */
  open<T extends ValueType>(key: string, type: T): Of<T> {
    const found = this.find(key, type)
    if (found !== undefined) return found
    const value = EMPTY[type]()
    if (!isOf(value, type)) throw new Error(`a new ${type} is none`)
    this.#held.set(key, { value, expiresAt: undefined })
    return value
  }

  /** Puts a value in the place of whatever is there, without its expiry. */
  replace(key: string, value: Value): void {
    this.#held.set(key, { value, expiresAt: undefined })
  }

  delete(key: string): boolean {
    const had = this.has(key)
    this.#held.delete(key)
    return had
  }

  /** Removes the key if nothing is left in it. */
  tidy(key: string): void {
    const held = this.#held.get(key)
    if (held !== undefined && isEmpty(held.value)) this.#held.delete(key)
  }

  /** Undefined: for ever, or no such key. */
  expiresAt(key: string): number | undefined {
    return this.#at(key)?.expiresAt
  }

  /** `at` in milliseconds since 1970; undefined: for ever. */
  expireAt(key: string, at: number | undefined): void {
    const held = this.#at(key)
    if (held === undefined) return
    if (at !== undefined && at <= this.now()) this.#held.delete(key)
    else held.expiresAt = at
  }

  /** What is kept is kept longer if it would expire before; `seconds` from now, undefined: for ever. */
  raiseExpiry(key: string, seconds: number | undefined): void {
    const left = this.expiresAt(key)
    if (left === undefined) return
    const at = seconds === undefined ? undefined : this.now() + seconds * 1000
    if (at === undefined || left < at) this.expireAt(key, at)
  }

  #at(key: string): Held | undefined {
    const held = this.#held.get(key)
    if (held?.expiresAt === undefined || held.expiresAt > this.now()) return held
    this.#held.delete(key)
    return undefined
  }
}

const EMPTY: { readonly [T in ValueType]: () => Value } = {
  string: () => ({ type: 'string', text: '' }),
  list: () => ({ type: 'list', items: [] }),
  hash: () => ({ type: 'hash', fields: new Map() }),
  set: () => ({ type: 'set', members: new Set() }),
  zset: () => ({ type: 'zset', set: new SortedSet() }),
  stream: () => ({ type: 'stream', entries: [], lastId: [0, 0] }),
}

function isOf<T extends ValueType>(value: Value, type: T): value is Of<T> {
  return value.type === type
}

/** An empty text is a value, and so is a stream without entries. */
function isEmpty(value: Value): boolean {
  switch (value.type) {
    case 'string':
    case 'stream': return false
    case 'list': return value.items.length === 0
    case 'hash': return value.fields.size === 0
    case 'set': return value.members.size === 0
    case 'zset': return value.set.size === 0
    default: return value satisfies never
  }
}
