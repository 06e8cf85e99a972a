import { ownKey } from '../actions/own-keys.ts'
import { keys } from '../actions/keys.ts'
import type { Value, ValueType } from './keyspace.ts'

/** What one key holds, as people write it. Of a stream the ids are left out, which Redis makes up. */
export interface ShownKey {
  readonly type: ValueType
  readonly value: string | readonly string[] | ReadonlyMap<string, string> | readonly ReadonlyMap<string, string>[]
  /** Seconds left, rounded up; absent: for ever. */
  readonly expires: number | undefined
}

/** All keys of a database but those that hookline keeps for itself, in order of their names. */
export type KeySnapshot = ReadonlyMap<string, ShownKey>

/** The key is for people to look at. */
export function isShown(key: string): boolean {
  return ownKey(key) === undefined
}

/** A log's scores are places in it; those of another sorted set say something. */
export function hasPlaces(key: string): boolean {
  return key.startsWith(keys.log(''))
}

/** `leftMs`: milliseconds to live. */
export function shownKey(key: string, value: Value, leftMs: number | undefined): ShownKey {
  return { type: value.type, value: shownValue(key, value), expires: leftMs === undefined ? undefined : Math.ceil(leftMs / 1000) }
}

function shownValue(key: string, value: Value): ShownKey['value'] {
  switch (value.type) {
    case 'string': return value.text
    case 'list': return value.items
    case 'hash': return value.fields
    case 'set': return [...value.members].sort()
    case 'zset': {
      const members = value.set.members()
      return hasPlaces(key) ? [...members] : new Map(members.map((member) => [member, String(value.set.score(member))]))
    }
    case 'stream': return value.entries.map(({ fields }) => new Map(fields.flatMap((name, i) => i % 2 === 0 ? [[name, fields[i + 1] ?? ''] as const] : [])))
    default: return value satisfies never
  }
}
