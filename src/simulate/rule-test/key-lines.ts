import type { ShownKey } from '../key-snapshot.ts'
import type { ValueType } from '../keyspace.ts'
import type { ExpectedValue } from './scenario.ts'

const TYPES = ['string', 'hash', 'list', 'set', 'zset', 'stream'] as const satisfies readonly ValueType[]

/** The first line and those below it, of what a key is expected to hold and what it holds. Fields have no order: both have that of Redis. */
export function keyLines(key: string, expected: ExpectedValue | undefined, actual: ShownKey | undefined): { readonly expected: readonly string[], readonly actual: readonly string[] } {
  const wanted = expected === undefined ? undefined : shownOf(expected)
  return { expected: linesOf(key, wanted, actual), actual: linesOf(key, actual, undefined) }
}

/** What a test file says a key holds; of several types the first. */
function shownOf(expected: ExpectedValue): ShownKey | undefined {
  const type = TYPES.find((name) => expected[name] !== undefined)
  const value = type === undefined ? undefined : expected[type]
  if (type === undefined || value === undefined) return undefined
  return { type, value, expires: expected.expires === undefined ? undefined : Number(expected.expires) }
}

function linesOf(key: string, shown: ShownKey | undefined, like: ShownKey | undefined): readonly string[] {
  if (shown === undefined) return []
  const { type, value, expires } = shown
  return [
    `${key}: ${type}${expires === undefined ? '' : `, expires in ${expires} s`}`,
    ...valueLines(value, { type, like: like?.value }).map((line) => `  ${line}`),
  ]
}

function valueLines(value: ShownKey['value'], { type, like }: { readonly type: ValueType, readonly like: ShownKey['value'] | undefined }): readonly string[] {
  if (typeof value === 'string') return [value]
  if (value instanceof Map) return fieldLines(value, like instanceof Map ? [...like.keys()] : [])
  const items = Array.from(value as Iterable<string | ReadonlyMap<string, string>>, (item) => typeof item === 'string' ? item : fieldLines(item, []).join(', ')) // a map is no list
  return type === 'set' ? items.sort() : items
}

function fieldLines(fields: ReadonlyMap<string, string>, order: readonly string[]): readonly string[] {
  const names = [...order.filter((name) => fields.has(name)), ...[...fields.keys()].filter((name) => !order.includes(name))]
  return names.map((name) => `${name}: ${fields.get(name) ?? ''}`)
}
