import { nearest } from '../diagnostic/did-you-mean.ts'
import { COMMAND_NAMES, redisCommand } from '../language/redis-commands.ts'
import type { Check, Finding } from './check.ts'
import { choice } from './choice.ts'
import { between, allCalls, type RedisCall } from './redis-call.ts'
import type { PoolTold } from './told.ts'

/** Of Valkey, and not of Redis (valkey.io/commands). */
const VALKEY = new Set(['delifeq', 'commandlog'])

export const unknownCommand: Check = {
  name: 'unknown-command',
  severity: 'warning',
  fix: 'offered',
  doc: 'Redis refuses a command that it does not have. A module may bring it: names with a dot, such as `JSON.SET`, are taken for that and nothing is said. `lint --online` asks the server: then it is an error, or nothing at all.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["HEST k f v"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["HSET k f v"]}, "pool": "pool1"}',
  told: new Map(),
  *find(symbols, told) {
    for (const call of allCalls(symbols)) {
      if (call.known === undefined) yield* ofUnknown(call, told.get(call.rule.pool?.value ?? ''))
      else if (call.known.subcommands !== undefined) yield* ofSubcommand(call, [...call.known.subcommands.keys()])
    }
  },
}

function* ofUnknown(call: RedisCall, said: PoolTold | undefined): Iterable<Finding> {
  const [title, server] = [call.name.toUpperCase(), said?.kind === 'answered' ? said : undefined]
  if (server?.unknownCommands.has(title) === true) {
    yield { ...ofName(call), severity: 'error', message: `the Redis of \`${call.rule.pool?.value}\`, ${server.name}, has no command \`${call.title}\`` }
  } else if (server?.knownCommands.has(title) !== true && !call.name.includes('.') && !VALKEY.has(call.name)) yield ofName(call)
}

function ofName({ title, nameSpan }: RedisCall): Finding {
  const near = likely(title)
  return {
    span: nameSpan, message: `\`${title}\` is no command of Redis, unless a module brings it`,
    ...choice(near, text => ({ span: nameSpan, text })),
  }
}

/** Letters in another order are the likeliest slip, and the first letter is seldom wrong. */
function likely(title: string): readonly string[] {
  const near = nearest(title, COMMAND_NAMES, 24)
  const anagrams = near.filter(name => sorted(name) === sorted(title.toUpperCase()))
  const alike = near.filter(name => name[0] === title[0]?.toUpperCase())
  return (anagrams.length > 0 ? anagrams : alike.length > 0 ? alike : near).slice(0, 3)
}

function sorted(text: string): string {
  return Array.from(text).sort().join('')
}

function* ofSubcommand({ name, args: [first], texts: [text], nameSpan }: RedisCall, names: readonly string[]): Iterable<Finding> {
  if (first === undefined || text === undefined || redisCommand(name)?.subcommands?.has(text.toLowerCase()) === true) return
  const near = nearest(text, names.map(subcommand => subcommand.toUpperCase()))
  yield {
    span: between({ parts: [], span: nameSpan }, first.field), message: `\`${name.toUpperCase()}\` has no subcommand \`${text}\``,
    ...choice(near.map(word => `${name.toUpperCase()} ${word}`), whole => ({ span: between({ parts: [], span: nameSpan }, first.field), text: whole })),
  }
}
