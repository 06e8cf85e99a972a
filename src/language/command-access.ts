// What commands do with the keys that they name, as Redis asks an ACL for it
// (redis.io/docs/latest/operate/oss_and_stack/management/security/acl, "Key permissions"). Names are in lower case.
import { resolvedCommand } from './redis-commands.ts'

/** What a user must be allowed to do with the keys of a command. */
export interface KeyAccess {
  readonly reads: boolean
  readonly writes: boolean
}

/** They change keys and answer nothing of what was in them; a test compares them with what Redis says. */
export const WRITE_ONLY: ReadonlySet<string> = new Set(`append del expire expireat hdel hmset hset hsetnx linsert lpush lpushx lrem lset ltrim mset msetnx persist
  pexpire pexpireat pfadd psetex rpush rpushx sadd setex setnx setrange srem unlink xack xadd xdel xtrim zadd zrem zremrangebylex zremrangebyrank
  zremrangebyscore`.split(/\s+/))

/** Of all its keys; of a command that is not known, and of a script, everything. */
export function keyAccess(name: string, args: readonly string[]): KeyAccess {
  if (resolvedCommand(name, args)?.readOnly === true) return { reads: true, writes: false }
  const answers = name === 'set' ? args.slice(2).some((arg) => arg.toLowerCase() === 'get') : !WRITE_ONLY.has(name)
  return { reads: answers, writes: true }
}

/** Commands that name a channel, and which of their arguments it is. */
const CHANNELS: ReadonlyMap<string, number> = new Map([['publish', 0], ['spublish', 0], ['subscribe', 0]])

/** Where the channel is among the arguments; undefined where there is none. */
export function channelIndex(name: string): number | undefined {
  return CHANNELS.get(name)
}
