import { POOL_OPTIONS } from '../language/pool-options.ts'
import type { Setting } from '../syntax/ast.ts'
import type { PoolSymbol, SettingSymbol } from './symbols.ts'

/** A sentinel's setting that two manuals print without its pool ("EMQ X 2.x Redis backend"). */
export interface Misprint {
  readonly setting: Setting
  /** The pools that it is read for; none: it has no effect. */
  readonly pools: readonly string[]
}

/** Each with the setting that it was to be. */
const MISPRINTS: ReadonlyMap<string, string> = new Map([
  ['backend.redis.sentinel', 'backend.redis.<pool>.sentinel'],
  ['auth.redis.sentinel', 'backend.redis.<pool>.sentinel'],
])

/** The setting that a key was to be, with `<pool>` for a name, if it is one of the misprints. */
export function misprintOf(words: readonly string[]): string | undefined {
  return MISPRINTS.get(words.join('.'))
}

/** The misprints of a setting. */
export function misprintsOf(key: string): readonly string[] {
  return [...MISPRINTS].flatMap(([misprint, meant]) => meant === key ? [misprint] : [])
}

/**
 * The misprints of the files. `auth.redis.sentinel` beside other `auth.redis.` settings is none: it
 * belongs to EMQ X's plugin for authentication.
 */
export function misprintsIn(settings: readonly SettingSymbol[], pools: ReadonlyMap<string, PoolSymbol>): readonly Misprint[] {
  const ofPlugin = settings.some(({ words }) => words[0] === 'auth' && words[1] === 'redis' && misprintOf(words) === undefined)
  return settings
    .filter(({ words, repeatedBy }) => misprintOf(words) !== undefined && repeatedBy === undefined && !(ofPlugin && words[0] === 'auth'))
    .map(({ setting }) => ({ setting, pools: meantPools([...pools.values()]) }))
}

/**
 * Whom a sentinel without pool is for: the pools without one of their own that look like a
 * sentinel's, by their type or, if they have none, by several addresses; else the only pool.
 */
function meantPools(pools: readonly PoolSymbol[]): readonly string[] {
  const open = pools.filter(({ options }) => !options.has('sentinel'))
  const alike = open.filter(({ options }) => {
    const [type, server] = [options.get('type'), options.get('server')]
    if (type !== undefined) return POOL_OPTIONS.type.value.read(type.value.text) === 'sentinel'
    const addresses = server === undefined ? undefined : POOL_OPTIONS.server.value.read(server.value.text)
    return addresses !== undefined && addresses !== 'embedded' && addresses.length > 1
  })
  if (alike.length > 0) return alike.map(({ name }) => name)
  return pools.length === 1 ? open.filter(({ options }) => !options.has('type')).map(({ name }) => name) : []
}
