import { resolvedCommand } from './redis-commands.ts'

// What a command does to the keys that it names (redis.io/commands). Names are in lower case.

export type KeyDoing = 'writes' | 'deletes' | 'expires' | 'reads'

const DELETES = new Set(['del', 'unlink', 'getdel', 'delex', 'delifeq'])
const EXPIRES = new Set(['expire', 'pexpire', 'expireat', 'pexpireat', 'persist'])

/** What the command does to its keys; of one that does different things to several, the most that it does. */
export function keyDoing(name: string, args: readonly (string | undefined)[]): KeyDoing {
  if (resolvedCommand(name, args)?.readOnly === true) return 'reads'
  if (DELETES.has(name)) return 'deletes'
  return EXPIRES.has(name) ? 'expires' : 'writes'
}

/** Of each time to live that a command can give: which argument says it, and how many of its units are a second. */
const PLACES: ReadonlyMap<string, { readonly at: number, readonly perSecond: number }> = new Map([
  ['expire', { at: 1, perSecond: 1 }],
  ['pexpire', { at: 1, perSecond: 1000 }],
  ['setex', { at: 1, perSecond: 1 }],
  ['psetex', { at: 1, perSecond: 1000 }],
])

/** Behind which word it stands, of commands that may give one. */
const WITH_OPTION = new Set(['set', 'getex'])
const OPTIONS: ReadonlyMap<string, number> = new Map([['ex', 1], ['px', 1000]])

/**
 * Seconds that the first key is kept from now on because of the command; nothing if it says none, or
 * if what says it is not known. A time of day (`EXPIREAT`) is none.
 */
export function expiryGiven(name: string, args: readonly (string | undefined)[]): number | undefined {
  const place = PLACES.get(name)
  if (place !== undefined) return seconds(args[place.at], place.perSecond)
  if (!WITH_OPTION.has(name)) return undefined
  for (let i = name === 'set' ? 2 : 1; i < args.length; i += 1) {
    const perSecond = OPTIONS.get(args[i]?.toLowerCase() ?? '')
    if (perSecond !== undefined) return seconds(args[i + 1], perSecond)
  }
  return undefined
}

function seconds(text: string | undefined, perSecond: number): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) / perSecond : undefined
}
