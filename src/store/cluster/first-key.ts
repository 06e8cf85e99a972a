import { Command } from 'ioredis'
import type { Call } from '../connection.ts'
import type { Key } from './nodes.ts'

/**
 * Commands that say how many keys they have: the place of that number, behind which the first key
 * stands (redis.io/docs/reference/key-specs). The number may be what a client sent: it is not counted up to.
 */
const COUNTED: ReadonlyMap<string, number> = new Map([
  ...['eval', 'eval_ro', 'evalsha', 'evalsha_ro', 'fcall', 'fcall_ro'].map((name) => [name, 1] as const),
  ...['zunion', 'zinter', 'zdiff', 'zintercard', 'sintercard', 'lmpop', 'zmpop'].map((name) => [name, 0] as const),
])
const FIRST: ReadonlySet<string> = new Set(['zunionstore', 'zinterstore', 'zdiffstore'])

/** The first key of a command; undefined if it has none, or nobody here knows: its node will say where it belongs. */
export function firstKey({ name, args }: Call): Key | undefined {
  const lower = name.toLowerCase()
  if (FIRST.has(lower)) return args[0]
  const count = COUNTED.get(lower)
  if (count !== undefined) return Number(args[count]) > 0 ? args[count + 1] : undefined
  const [key] = new Command(name, [...args]).getKeys()
  // beyond the arguments there is none, whatever the types say
  return typeof key === 'string' || Buffer.isBuffer(key) ? key : undefined
}
