import { fewest, type Grants, type KeyGrant } from './grants.ts'

export interface AclUser {
  readonly name: string
  /** As ACL SETUSER takes it: `>password`, `#` and its SHA-256, or `nopass`. */
  readonly credential: string
  /** Since Redis 7 a key can be for reading or for writing only. */
  readonly redis: '6.2' | '7.0'
}

/**
 * The command that makes the user and replaces what it was (redis.io/commands/acl-setuser), as
 * redis-cli takes it. `resetchannels` is said because Redis before 7 lets a new user hear every channel.
 */
export function aclLine({ commands, keys, channels }: Grants, { name, credential, redis }: AclUser): string {
  const granted = redis === '6.2' ? fewest(keys.map(({ pattern }) => ({ pattern, reads: true, writes: true }))) : keys
  return [
    'ACL', 'SETUSER', name, 'reset', 'on', credential, 'resetchannels',
    ...channels.map((pattern) => `&${pattern}`),
    ...granted.map((key) => `${sign(key)}${key.pattern}`),
    ...commands.map((command) => `+${command}`),
  ].map(quoted).join(' ')
}

function sign({ reads, writes }: KeyGrant): string {
  return reads && writes ? '~' : reads ? '%R~' : '%W~'
}

/** redis-cli splits at blanks, and takes what is in quotes as Lua would. */
function quoted(word: string): string {
  if (!/[\s"'\p{Cc}]/u.test(word)) return word
  return `"${word.replaceAll(/["\\]/g, '\\$&').replaceAll(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`
}
