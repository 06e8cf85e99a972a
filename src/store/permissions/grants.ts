import { channelIndex, keyAccess, type KeyAccess } from '../../language/command-access.ts'
import { keyIndexes, redisCommand } from '../../language/redis-commands.ts'
import { ANY, type Sample } from './function-commands.ts'

/** What a user of Redis must be allowed, as the words of ACL SETUSER, without their signs. */
export interface Grants {
  /** `set`, `script|load`; in alphabetical order. */
  readonly commands: readonly string[]
  /** In alphabetical order; none covers another. */
  readonly keys: readonly KeyGrant[]
  /** Patterns. */
  readonly channels: readonly string[]
}

export interface KeyGrant extends KeyAccess {
  readonly pattern: string
}

/** The least that lets these commands through. */
export function grantsOf(samples: readonly Sample[]): Grants {
  const commands = new Set<string>()
  const keys = new Map<string, KeyAccess>()
  const channels = new Set<string>()
  for (const [name = '', ...args] of samples) {
    const lower = name.toLowerCase()
    commands.add(commandWord(name, args))
    if (SCRIPTING.has(lower)) for (const called of calledIn(args[0] ?? '')) commands.add(called)
    const channel = args[channelIndex(lower) ?? -1]
    if (channel !== undefined) channels.add(patternOf(channel))
    const access = keyAccess(lower, args)
    for (const key of keysIn(lower, args)) {
      const pattern = patternOf(key)
      const before = keys.get(pattern)
      keys.set(pattern, { reads: access.reads || before?.reads === true, writes: access.writes || before?.writes === true })
    }
  }
  return {
    commands: [...commands].sort(),
    keys: fewest([...keys].map(([pattern, access]) => ({ pattern, ...access }))).toSorted((a, b) => a.pattern < b.pattern ? -1 : 1),
    channels: [...channels].sort(),
  }
}

/** As ACL SETUSER names a command: `SCRIPT LOAD` is `script|load`. */
export function commandWord(name: string, [first = '']: readonly string[]): string {
  return (redisCommand(name.toLowerCase())?.subcommands === undefined ? name : `${name}|${first}`).toLowerCase()
}

/** Without those that another one covers: Redis takes none after `~*`. */
export function fewest(keys: readonly KeyGrant[]): readonly KeyGrant[] {
  return keys.filter((key) => !keys.some((other) => other !== key && covers(other, key)))
}

/** Commands that are given a script of a rule's own. */
export const SCRIPTING: ReadonlySet<string> = new Set(['eval', 'eval_ro'])

/** The commands that a script calls by name; of others nobody can know. */
function calledIn(script: string): readonly string[] {
  return Array.from(script.matchAll(/redis\s*\.\s*p?call\s*\(\s*(['"])([\w.-]+)\1/g), ([, , name = '']) => name.toLowerCase())
}

/** The keys among the arguments. A command of a module is taken to have its key in front, as nearly all of them do. */
export function keysIn(name: string, args: readonly string[]): readonly string[] {
  if (channelIndex(name) !== undefined) return []
  if (redisCommand(name) === undefined) return args.slice(0, 1)
  return keyIndexes(name, args).flatMap((index) => args[index] ?? [])
}

/**
 * The glob of a key or channel in which {@link ANY} stands for what is not known. A pattern of an ACL
 * cannot hold blanks: any one character stands for each.
 */
export function patternOf(text: string): string {
  const fixed = text.split(ANY).map((part) => part.replaceAll(/[*?[\]\\]/g, '\\$&').replaceAll(/\s/g, '?'))
  return fixed.join('*').replaceAll(/\*{2,}/g, '*')
}

/** All that the other pattern lets through, this one does. */
function covers(one: KeyGrant, other: KeyGrant): boolean {
  const [prefix] = one.pattern.split('*')
  const isPrefix = prefix !== undefined && one.pattern === `${prefix}*` && !prefix.endsWith('\\')
  const broader = one.pattern !== other.pattern && isPrefix && other.pattern.startsWith(prefix)
  return broader && (one.reads || !other.reads) && (one.writes || !other.writes)
}
