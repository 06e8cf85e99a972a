import type { Argument, RedisCall } from './redis-call.ts'

export interface WrongCount {
  readonly kind: 'few' | 'many'
  /** How many arguments the command takes, as a clause: `at least 2 arguments`. */
  readonly takes: string
  /** Without the subcommand. */
  readonly given: number
  /** Of `many`: the first that is too many. */
  readonly surplus: Argument | undefined
}

/** Arguments that commands take at most, where all their options together are known (redis.io/commands/set, valkey.io/commands/set). */
const MOST: ReadonlyMap<string, number> = new Map([['set', 8]])

/** The number of arguments with which no Redis takes the command, if it is one. */
export function wrongCount({ name, known, title, args, counted }: RedisCall): WrongCount | undefined {
  if (known === undefined || !counted) return undefined
  const words = title.split(' ').length
  const needed = Math.abs(known.arity) - words
  const most = known.arity > 0 ? needed : MOST.get(name) ?? Infinity
  const given = args.length + 1 - words
  if (given >= needed && given <= most) return undefined
  const few = given < needed
  const bound = needed === most ? '' : few ? 'at least ' : 'at most '
  return {
    kind: few ? 'few' : 'many', takes: `${bound}${argumentCount(few ? needed : most)}`, given,
    surplus: few ? undefined : args[most + words - 1],
  }
}

/** `1 argument`. */
export function argumentCount(count: number): string {
  return count === 0 ? 'no argument' : `${count} argument${count === 1 ? '' : 's'}`
}
