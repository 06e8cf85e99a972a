import { isDeepStrictEqual } from 'node:util'
import { listenerKey, type Listener, type Settings } from '../language/settings.ts'
import type { Place, PoolSpec, Program, Step } from './program.ts'

/** Names, in the order of the program that has them. */
export interface Changes {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

export interface ProgramDiff {
  /** Such as `message.publish.1`. */
  readonly rules: Changes
  readonly pools: Changes
  /** Settings that differ and take effect with the next start only, such as `listener.tcp.external`. */
  readonly restart: readonly string[]
}

/** What is different in the second program. Where something stands in the file makes no difference. */
export function diffPrograms(before: Program, after: Program): ProgramDiff {
  return {
    rules: changes(rulesByName(before), rulesByName(after), equalsButPlace),
    pools: changes(before.pools, after.pools, poolEquals),
    restart: restartNeeded(before.settings, after.settings),
  }
}

/** An open connection to the one serves the other: everything but the places in the file is equal. */
export function poolEquals(a: PoolSpec, b: PoolSpec): boolean {
  return isDeepStrictEqual(poolWithoutPlaces(a), poolWithoutPlaces(b))
}

/** Both lead to the same data, as far as the lines say so. */
export function sameRedis(a: PoolSpec, b: PoolSpec): boolean {
  const where = ({ type, server, sentinel, database }: PoolSpec) => ({ type, server, sentinel, database })
  return isDeepStrictEqual(where(a), where(b))
}

function poolWithoutPlaces(pool: PoolSpec): object {
  const { tls } = pool
  return {
    ...pool, at: undefined,
    tls: tls === undefined ? undefined : { ...tls, cafile: tls.cafile?.path, certfile: tls.certfile?.path, keyfile: tls.keyfile?.path },
  }
}

function rulesByName(program: Program): ReadonlyMap<string, Step> {
  return new Map(Object.values(program.steps).flat().map(step => [`${step.hook}.${step.number}`, step]))
}

function changes<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>, equals: (a: T, b: T) => boolean): Changes {
  const changed: string[] = []
  for (const [name, was] of before) {
    const is = after.get(name)
    if (is !== undefined && !equals(was, is)) changed.push(name)
  }
  return {
    added: [...after.keys()].filter(name => !before.has(name)),
    removed: [...before.keys()].filter(name => !after.has(name)),
    changed,
  }
}

function restartNeeded(before: Settings, after: Settings): readonly string[] {
  const listeners = changes(listenersByName(before), listenersByName(after), listenerEquals)
  return [
    ...before.nodeName === after.nodeName ? [] : ['node.name'],
    ...before.dataDir === after.dataDir ? [] : ['node.data_dir'],
    ...listeners.added, ...listeners.removed, ...listeners.changed,
  ]
}

function listenersByName({ listeners }: Settings): ReadonlyMap<string, Listener> {
  return new Map(listeners.map(listener => [listenerKey(listener), listener]))
}

function equalsButPlace<T extends { readonly at: Place | undefined }>(a: T, b: T): boolean {
  return isDeepStrictEqual({ ...a, at: undefined }, { ...b, at: undefined })
}

function listenerEquals(a: Listener, b: Listener): boolean {
  return isDeepStrictEqual(listenerWithoutPlaces(a), listenerWithoutPlaces(b))
}

function listenerWithoutPlaces({ tls, ...listener }: Listener): object {
  return {
    ...listener, at: undefined,
    tls: tls === undefined ? undefined : [tls.certfile.path, tls.keyfile.path, tls.cafile?.path],
  }
}
