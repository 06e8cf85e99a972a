import type { Span } from '../diagnostic/diagnostic.ts'
import { blockOption, unfitness, type Blocking } from '../language/unfit-commands.ts'
import type { Check, Finding } from './check.ts'
import { commandRemoved, rewritten } from './command-text.ts'
import { between, allCalls, type RedisCall } from './redis-call.ts'
import type { Symbols } from './symbols.ts'

export const blockingCommand: Check = {
  name: 'blocking-command',
  severity: 'error',
  fix: 'offered',
  doc: 'A command that waits holds the connection that all rules of its pool share, and they wait with it.',
  bad: 'backend.redis.hook.client.connected.1 = {"action": {"commands": ["BLPOP jobs 0"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.client.connected.1 = {"action": {"commands": ["LPOP jobs"]}, "pool": "pool1"}',
  *find(symbols) {
    for (const call of allCalls(symbols)) {
      const unfit = unfitness(call.name, call.texts)
      if (unfit?.kind !== 'blocks') continue
      const pool = call.rule.pool?.value
      yield {
        span: blockSpan(call) ?? call.nameSpan,
        message: `\`${call.title}\`${blockSpan(call) === undefined ? '' : ' with BLOCK'} waits, and every other rule of ${pool === undefined ? 'the pool' : `\`${pool}\``} waits with it`,
        ...cure(symbols, call, unfit),
      }
    }
  },
}

function cure(symbols: Symbols, call: RedisCall, { instead, timeout, more = [] }: Blocking): Pick<Finding, 'hint' | 'fix'> {
  const { name, rule, command } = call
  if (name === 'xread' || name === 'xreadgroup') return withoutBlock(call, name)
  const title = 'delete it'
  const deleted = { title, edits: commandRemoved(symbols, call) }
  if (name === 'wait' || name === 'waitaof') {
    return { hint: `${title}; \`backend.redis.${rule.pool?.value ?? '<pool>'}.wait_replicas = 1\` has stored messages wait for replicas`, fix: deleted }
  }
  if (instead === undefined) return { fix: deleted }
  const args = timeout === 'first' ? command.fields.slice(2) : command.fields.slice(1, -1)
  // LPOP and its like take one key, and what follows it is a count.
  const several = timeout === 'last' && more.length === 0 && !instead.startsWith('LMOVE') && args.length > 1
  return several ? { hint: `write \`${instead}\`, which takes one key` } : { fix: rewritten(command, [instead, ...args, ...more], `write \`${instead}\``) }
}

function blockSpan({ name, texts, args }: RedisCall): Span | undefined {
  const at = name === 'xread' || name === 'xreadgroup' ? blockOption(name, texts) : undefined
  const [block, time] = at === undefined ? [] : [args[at]?.field, args[at + 1]?.field]
  return block === undefined ? undefined : between(block, time ?? block)
}

function withoutBlock({ name: written, texts, args, command }: RedisCall, name: 'xread' | 'xreadgroup'): Pick<Finding, 'hint' | 'fix'> {
  const at = blockOption(name, texts) ?? 0
  const [block, time] = [args[at]?.field, args[at + 1]?.field]
  const hint = `delete BLOCK from \`${written.toUpperCase()}\``
  if (block === undefined || time === undefined) return { hint }
  return { fix: rewritten(command, command.fields.filter(field => field !== block && field !== time), hint) }
}
