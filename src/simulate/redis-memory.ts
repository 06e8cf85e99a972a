import { addedMembers, growth, keyTypeOf, mayShrink, type KeyType } from '../language/command-keys.ts'
import { expiryGiven, keyDoing } from '../language/key-doing.ts'
import { keyIndexes } from '../language/redis-commands.ts'
import type { CommandLine } from './command-lines.ts'

/** What one rule holds in Redis after the events that were replayed; nothing has expired meanwhile. */
export interface HeldByRule {
  /** Bytes by the seconds that they are kept; undefined: for ever. */
  readonly bytes: ReadonlyMap<number | undefined, { readonly all: number, readonly fresh: number }>
  /** Some of its keys are cut by a command whose effect is not followed, such as `LTRIM`: they are left out. */
  readonly cut: boolean
}

// Measured by used_memory of Redis 7.0, 64 bit. Bytes.
/** Of a key, its value and its place in the table of keys, beside its name. */
const KEY_BYTES = 90
/** Of its place among those that expire. */
const EXPIRY_BYTES = 43
/** Beside the content of a field, a member or an entry, in a small key and in a large one. */
const ELEMENT_BYTES: Readonly<Record<KeyType, { readonly small: number, readonly large: number }>> = {
  'string': { small: 0, large: 0 },
  'list': { small: 3, large: 3 },
  'hash': { small: 8, large: 45 },
  'set': { small: 45, large: 45 },
  'sorted set': { small: 16, large: 100 },
  'stream': { small: 20, large: 20 },
}
/** Redis packs what has so few elements, none of them longer than so many bytes. */
const SMALL_ELEMENTS: Readonly<Record<KeyType, number>> = { 'string': 1, 'list': 128, 'hash': 512, 'set': 128, 'sorted set': 128, 'stream': 100 }
const SMALL_BYTES = 64
/** Of a member's score, of an entry's id. */
const SCORE_BYTES = 8

interface Element {
  readonly rule: string
  readonly bytes: number
  readonly isLong: boolean
  readonly fresh: boolean
}

interface Key {
  readonly rule: string
  readonly fresh: boolean
  readonly type: KeyType
  /** By member, field, or a number of its own. */
  readonly elements: Map<string, Element>
  expirySeconds: number | undefined
  cut: boolean
}

/** Takes members away by name: `SREM key member..`. */
const REMOVERS = new Set(['srem', 'hdel', 'zrem'])

/**
 * What commands leave in a Redis that was empty, counted and not kept: sizes of keys and of what
 * they hold, who wrote it, and whether it is `fresh`, that is, was not there before the point from
 * which growth is measured. No value is held, so that payloads of any size can be counted.
 */
export class RedisMemory {
  readonly #keys = new Map<string, Key>()
  #fresh = false
  #entries = 0

  /** What is new from here on is fresh. */
  measureGrowth(): void {
    this.#fresh = true
  }

  /** Carries out a command of a rule. `size`: bytes of an argument. */
  apply(rule: string, { name, args }: CommandLine, size: (arg: string | Buffer) => number): void {
    const lower = name.toLowerCase()
    const texts = args.map(String)
    const does = keyDoing(lower, texts)
    if (does === 'reads') return
    for (const index of keyIndexes(lower, texts)) {
      const key = texts[index]
      if (key === undefined) continue
      if (does === 'deletes') this.#keys.delete(key)
      else if (does === 'expires') this.#expire(key, lower === 'persist' ? undefined : expiryGiven(lower, texts))
      else this.#write({ rule, name: lower, key, texts, sizes: args.map(size), index })
    }
  }

  /** What each rule holds. */
  held(): ReadonlyMap<string, HeldByRule> {
    const rules = new Map<string, { bytes: Map<number | undefined, { all: number, fresh: number }>, cut: boolean }>()
    const of = (rule: string) => {
      const found = rules.get(rule) ?? { bytes: new Map<number | undefined, { all: number, fresh: number }>(), cut: false }
      rules.set(rule, found)
      return found
    }
    for (const [name, key] of this.#keys) {
      if (key.cut) {
        of(key.rule).cut = true
        continue
      }
      const add = (rule: string, bytes: number, fresh: boolean) => {
        const sums = of(rule).bytes
        const { all, fresh: before } = sums.get(key.expirySeconds) ?? { all: 0, fresh: 0 }
        sums.set(key.expirySeconds, { all: all + bytes, fresh: before + (fresh ? bytes : 0) })
      }
      add(key.rule, KEY_BYTES + Buffer.byteLength(name) + (key.expirySeconds === undefined ? 0 : EXPIRY_BYTES), key.fresh)
      const isSmall = key.elements.size <= SMALL_ELEMENTS[key.type] && ![...key.elements.values()].some(({ isLong }) => isLong)
      const beside = ELEMENT_BYTES[key.type][isSmall ? 'small' : 'large']
      for (const { rule, bytes, fresh } of key.elements.values()) add(rule, bytes + beside, fresh)
    }
    return rules
  }

  #expire(name: string, seconds: number | undefined): void {
    const key = this.#keys.get(name)
    if (key !== undefined) key.expirySeconds = seconds
  }

  #write(written: Written): void {
    const { rule, name, key: keyName, texts, sizes, index } = written
    const type = keyTypeOf(name) ?? 'string'
    const before = this.#keys.get(keyName)
    if (REMOVERS.has(name)) {
      if (before === undefined) return
      for (const member of texts.slice(index + 1)) before.elements.delete(member)
      if (before.elements.size === 0) this.#keys.delete(keyName)
      return
    }
    const kind = growth(name)
    const key: Key = before ?? { rule, fresh: this.#fresh, type, elements: new Map(), expirySeconds: undefined, cut: false }
    const put = (id: string, sizesOfIt: readonly number[]) => {
      const bytes = sizesOfIt.reduce((sum, size) => sum + size, 0)
      key.elements.set(id, { rule, bytes, isLong: sizesOfIt.some(size => size > SMALL_BYTES), fresh: key.elements.get(id)?.fresh ?? this.#fresh })
    }
    if (kind === 'always') put(`#${this.#entries++}`, sizes.slice(index + 1))
    else if (kind === 'members') {
      for (const at of addedMembers(name, texts.length)) {
        const value = type === 'hash' ? sizes[at + 1] ?? 0 : type === 'sorted set' ? SCORE_BYTES : 0
        put(texts[at] ?? '', [sizes[at] ?? 0, value])
      }
    } else if (mayShrink(name) && type !== 'string') {
      // how much it leaves depends on what is there
      if (before === undefined) return
      key.cut = true
    } else put('', name === 'mset' || name === 'msetnx' ? sizes.slice(index + 1, index + 2) : sizes.slice(index + 1))
    if (name === 'xadd' && texts.some(text => /^(?:maxlen|minid)$/i.test(text))) key.cut = true
    if (type === 'string' && growth(name) === undefined) key.expirySeconds = expiryGiven(name, texts)
    this.#keys.set(keyName, key)
  }
}

interface Written {
  readonly rule: string
  readonly name: string
  readonly key: string
  readonly texts: readonly string[]
  readonly sizes: readonly number[]
  /** Of the key among the arguments. */
  readonly index: number
}
