import { keys } from '../actions/keys.ts'
import { OWN_KEYS } from '../actions/own-keys.ts'
import { keyIndexes } from '../language/redis-commands.ts'
import type { PoolSpec } from '../plan/program.ts'
import { openPool, type OpenPool } from '../store/open-pool.ts'
import type { Reply } from '../store/reply.ts'
import { isShown, shownKey, type KeySnapshot } from './key-snapshot.ts'
import type { Value } from './keyspace.ts'
import { ObservedPool } from './observed-pool.ts'
import { SortedSet } from './sorted-set.ts'
import type { StillClock } from './still-clock.ts'
import type { TestStore } from './test-store.ts'
import { touchedKeys } from './touched-keys.ts'

/** A Redis is there, or it is not: so long it is waited for. Milliseconds. */
const READY_MS = 5_000

const QUIET = { info() {}, warn() {}, error() {} }

/** Why a Redis cannot be used for tests, as a clause. */
export class UnfitRedis extends Error {}

export interface RealStoreOptions {
  /** Called as the pool is: by its name in the rules. */
  readonly spec: PoolSpec
  readonly clock: StillClock
  /** As in the msgids. */
  readonly boot: string
  /** Keys of others may be there; they are left alone. */
  readonly besideOthers: boolean
}

/**
 * A real Redis, through the pool that a broker would use. Redis gives scores by its own clock, so the
 * tests' time lies ahead of every real one, and `mqtt:clock` says it; when time passes, what is left to
 * keys is shortened. Throws {@link UnfitRedis}.
 */
export async function realStore(options: RealStoreOptions): Promise<TestStore> {
  const { clock, boot, besideOthers } = options
  const pool = openPool({ spec: options.spec, boot, log: QUIET })
  /** What it wrote to, or may have. */
  const made = new Set<string>()
  const store = new RealRedis(pool)
  try {
    await pool.whenReady(READY_MS)
  } catch (error) {
    await pool.close()
    throw new UnfitRedis(error instanceof Error ? error.message : String(error), { cause: error })
  }
  const own = OWN_KEYS.filter(({ matches, pattern }) => matches(pattern)).map(({ pattern }) => pattern)
  const inTheWay = besideOthers ? await store.existing(own) : await store.keys('*')
  if (inTheWay.length > 0) {
    await pool.close()
    throw new UnfitRedis(besideOthers ? `it holds ${inTheWay.toSorted()[0]}, which a broker uses` : 'it is not empty')
  }
  const setClock = () => store.run('SET', keys.clock, String(clock.now() * 1000))
  await setClock()
  const mine = async (): Promise<readonly string[]> => besideOthers ? await store.existing([...made]) : await store.keys('*')
  return {
    pool: new ObservedPool(pool, (effect) => {
      for (const { key, does } of touchedKeys(effect)) if (does !== 'reads') made.add(key)
    }),
    unsimulated: new Map(),
    async command([name = '', ...args]) {
      for (const index of keyIndexes(name.toLowerCase(), args)) made.add(args[index] ?? '')
      const reply = await store.run(name, ...args)
      return reply.kind === 'error' ? reply.text : undefined
    },
    async pass(ms) {
      await setClock()
      for (const key of await mine()) {
        const left = await store.leftMs(key)
        if (left !== undefined && left <= ms) await store.run('DEL', key)
        else if (left !== undefined) await store.run('PEXPIRE', key, String(left - ms))
      }
    },
    async snapshot() {
      const snapshot = new Map<string, ReturnType<typeof shownKey>>()
      for (const key of [...await mine()].filter(isShown).sort()) {
        const value = await store.value(key)
        if (value !== undefined) snapshot.set(key, shownKey(key, value, await store.leftMs(key)))
      }
      return snapshot satisfies KeySnapshot
    },
    async work() {
      await pool.drained()
      return true
    },
    async close() {
      const left = [...made, ...own, ...await store.keys(`${keys.batch(boot)}.*`)]
      await store.run('DEL', ...left)
      await pool.close()
    },
  }
}

/** Looking at keys by the pool's lone commands. */
class RealRedis {
  readonly #pool: OpenPool

  constructor(pool: OpenPool) {
    this.#pool = pool
  }

  run(...args: readonly string[]): Promise<Reply> {
    return this.#pool.command(args.map((arg) => Buffer.from(arg)))
  }

  async keys(pattern: string): Promise<readonly string[]> {
    return textsOf(await this.run('KEYS', pattern))
  }

  async existing(names: readonly string[]): Promise<string[]> {
    const there: string[] = []
    for (const name of names) if (textOf(await this.run('EXISTS', name)) === '1') there.push(name)
    return there
  }

  /** Milliseconds to live; undefined: for ever, or no such key. */
  async leftMs(key: string): Promise<number | undefined> {
    const left = Number(textOf(await this.run('PTTL', key)))
    return left < 0 ? undefined : left
  }

  /** Undefined: no such key any more, or a type of a module. */
  async value(key: string): Promise<Value | undefined> {
    switch (textOf(await this.run('TYPE', key))) {
      case 'string': return { type: 'string', text: textOf(await this.run('GET', key)) }
      case 'list': return { type: 'list', items: [...textsOf(await this.run('LRANGE', key, '0', '-1'))] }
      case 'hash': return { type: 'hash', fields: new Map(inPairs(textsOf(await this.run('HGETALL', key)))) }
      case 'set': return { type: 'set', members: new Set(textsOf(await this.run('SMEMBERS', key))) }
      case 'zset': {
        const set = new SortedSet()
        for (const [member, score] of inPairs(textsOf(await this.run('ZRANGE', key, '0', '-1', 'WITHSCORES')))) set.set(member, Number(score))
        return { type: 'zset', set }
      }
      case 'stream': {
        const rows = itemsOf(await this.run('XRANGE', key, '-', '+')).map(itemsOf)
        return { type: 'stream', lastId: [0, 0], entries: rows.map(([id, fields]) => ({ id: id === undefined ? '' : textOf(id), fields: fields === undefined ? [] : textsOf(fields) })) }
      }
      default: return undefined
    }
  }
}

function itemsOf(reply: Reply): readonly Reply[] {
  return reply.kind === 'list' ? reply.items : []
}

function textsOf(reply: Reply): readonly string[] {
  return itemsOf(reply).map(textOf)
}

function textOf(reply: Reply): string {
  switch (reply.kind) {
    case 'bytes': return reply.bytes.toString()
    case 'status':
    case 'error':
    case 'integer': return reply.text
    case 'list':
    case 'nil': return ''
    default: return reply satisfies never
  }
}

function inPairs(texts: readonly string[]): readonly (readonly [string, string])[] {
  return texts.flatMap((text, i) => i % 2 === 0 ? [[text, texts[i + 1] ?? ''] as const] : [])
}
