import { nearest } from '../diagnostic/did-you-mean.ts'
import { COMMAND_NAMES, redisCommand } from '../language/redis-commands.ts'
import type { Check, Finding } from './check.ts'
import { choice } from './choice.ts'
import { between, callsOf, type RedisCall } from './redis-call.ts'

/** Of Valkey, and not of Redis (valkey.io/commands). */
const VALKEY = new Set(['delifeq', 'commandlog'])

export const unknownCommand: Check = {
  name: 'unknown-command',
  severity: 'warning',
  fix: 'offered',
  doc: 'Redis refuses a command that it does not have. A module may bring it: names with a dot, such as `JSON.SET`, are taken for that and nothing is said.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["HEST k f v"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["HSET k f v"]}, "pool": "pool1"}',
  *find({ rules }) {
    for (const call of callsOf(rules)) {
      if (call.known === undefined && !call.name.includes('.') && !VALKEY.has(call.name)) yield ofName(call)
      else if (call.known?.subcommands !== undefined) yield* ofSubcommand(call, [...call.known.subcommands.keys()])
    }
  },
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
