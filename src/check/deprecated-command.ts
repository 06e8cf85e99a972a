import type { Check, Finding } from './check.ts'
import { rewritten } from './command-text.ts'
import { allCalls, type RedisCall } from './redis-call.ts'
import { isRefused } from './unpaired.ts'
import type { CommandField } from '../syntax/ast.ts'

/** How a command of old is written today, by its arguments (redis.io/commands). Those that only read have another finding. */
const TODAY: Readonly<Partial<Record<string, (args: readonly CommandField[]) => readonly (CommandField | string | undefined)[]>>> = {
  hmset: args => ['HSET', ...args],
  setex: ([key, seconds, value]) => ['SET', key, value, 'EX', seconds],
  psetex: ([key, milliseconds, value]) => ['SET', key, value, 'PX', milliseconds],
  setnx: ([key, value]) => ['SET', key, value, 'NX'],
  // What was there before is answered to nobody.
  getset: ([key, value]) => ['SET', key, value],
  rpoplpush: ([from, to]) => ['LMOVE', from, to, 'RIGHT', 'LEFT'],
}

export const deprecatedCommand: Check = {
  name: 'deprecated-command',
  severity: 'info',
  fix: 'safe',
  doc: 'Redis keeps its old commands, and says of them that new ones take their place.',
  bad: 'backend.redis.hook.client.connected.1 = {"action": {"commands": ["SETEX k:${clientid} 60 1"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.client.connected.1 = {"action": {"commands": ["SET k:${clientid} 1 EX 60"]}, "pool": "pool1"}',
  *find(symbols) {
    for (const call of allCalls(symbols)) {
      if (!Object.hasOwn(TODAY, call.name) || isRefused(call)) continue
      yield { span: call.nameSpan, message: `\`${call.title}\` is deprecated by Redis`, ...newForm(call) }
    }
  },
}

function newForm({ name, command, counted, args }: RedisCall): Pick<Finding, 'hint' | 'fix'> {
  const [, ...given] = command.fields
  const fields = (TODAY[name]?.(given) ?? []).flatMap(field => field ?? [])
  const hint = `use \`${typeof fields[0] === 'string' ? fields[0] : ''}\``
  // `${message}` is several arguments in one field, which only matters where they change places.
  return name === 'hmset' || (counted && args.length === given.length) ? { fix: rewritten(command, fields, hint) } : { hint }
}
