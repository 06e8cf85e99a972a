import { createRequire } from 'node:module'
import { getKeyIndexes } from '@ioredis/commands'

/** A Redis command, or a subcommand of one. */
export interface RedisCommand {
  /** In capitals: `XGROUP CREATE`. */
  readonly name: string
  /** Fields, names counted: exactly so many, or, negative, at least so many. */
  readonly arity: number
  /** It changes no key. */
  readonly readOnly: boolean
  /** By lower-case name; absent where the command has none. */
  readonly subcommands: ReadonlyMap<string, RedisCommand> | undefined
}

interface Row {
  readonly arity: number
  readonly flags: readonly string[]
  readonly subcommands?: Readonly<Record<string, Row>>
}

// The package has no types for its table. `require`, because Node 20 warns of JSON that is imported.
const TABLE = createRequire(import.meta.url)('@ioredis/commands/built/commands.json') as Readonly<Record<string, Row>>

const byName = commandsIn(TABLE, '')

/** The names of all commands of Redis, in capitals. */
export const COMMAND_NAMES: readonly string[] = Array.from(byName.values(), ({ name }) => name)

/** The command of a lower-case name; nothing for one that is no part of Redis. */
export function redisCommand(name: string): RedisCommand | undefined {
  return byName.get(name)
}

/** The subcommand that is meant where the command has some, else the command itself. */
export function resolvedCommand(name: string, args: readonly (string | undefined)[]): RedisCommand | undefined {
  const command = byName.get(name)
  return command?.subcommands?.get(args[0]?.toLowerCase() ?? '') ?? command
}

/** Where the keys are among the arguments. An argument that is not known is taken for no number and no option. */
export function keyIndexes(name: string, args: readonly (string | undefined)[]): readonly number[] {
  if (!byName.has(name)) return []
  // A number of keys is counted up to by the library, however large it is.
  const texts = args.map(arg => arg === undefined ? '\0' : Number(arg) > args.length ? String(args.length) : arg)
  const indexes = getKeyIndexes(name, texts).filter(index => index >= 0 && index < args.length)
  // What SORT reads by a pattern is no key that it is sent to.
  return name.startsWith('sort') ? indexes.filter(index => index === 0 || texts[index - 1]?.toLowerCase() === 'store') : indexes
}

function commandsIn(rows: Readonly<Record<string, Row>>, container: string): ReadonlyMap<string, RedisCommand> {
  return new Map(Object.entries(rows).map(([name, { arity, flags, subcommands }]) => {
    const full = `${container}${name.toUpperCase()}`
    return [name, {
      name: full, arity, readOnly: flags.includes('readonly'),
      subcommands: subcommands === undefined ? undefined : commandsIn(subcommands, `${full} `),
    }]
  }))
}
