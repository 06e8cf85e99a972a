import type { Span } from '../diagnostic/diagnostic.ts'
import { blockOption, unfitness, type Blocking } from '../language/unfit-commands.ts'
import type { Check } from './check.ts'
import { commandText } from './command-text.ts'
import { between, callsOf, type RedisCall } from './redis-call.ts'

export const blockingCommand: Check = {
  name: 'blocking-command',
  severity: 'error',
  doc: 'A command that waits holds the connection that all rules of its pool share, and they wait with it.',
  bad: 'backend.redis.hook.client.connected.1 = {"action": {"commands": ["BLPOP jobs 0"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.client.connected.1 = {"action": {"commands": ["LPOP jobs"]}, "pool": "pool1"}',
  *find({ rules }) {
    for (const call of callsOf(rules)) {
      const unfit = unfitness(call.name, call.texts)
      if (unfit?.kind !== 'blocks') continue
      const pool = call.rule.pool?.value
      yield {
        span: blockSpan(call) ?? call.nameSpan,
        message: `\`${call.title}\`${blockSpan(call) === undefined ? '' : ' with BLOCK'} waits, and every other rule of ${pool === undefined ? 'the pool' : `\`${pool}\``} waits with it`,
        hint: hintFor(call, unfit),
      }
    }
  },
}

function hintFor(call: RedisCall, { instead, timeout, more = [] }: Blocking): string {
  const { name, rule, command: { fields } } = call
  if (name === 'wait' || name === 'waitaof') return `delete it; \`backend.redis.${rule.pool?.value ?? '<pool>'}.wait_replicas = 1\` has stored messages wait for replicas`
  if (name === 'xread' || name === 'xreadgroup') return withoutBlock(call, name)
  if (instead === undefined) return 'delete it'
  const args = timeout === 'first' ? fields.slice(2) : fields.slice(1, -1)
  // LPOP and its like take one key, and what follows it is a count.
  const several = timeout === 'last' && more.length === 0 && !instead.startsWith('LMOVE') && args.length > 1
  const text = several ? undefined : commandText([instead, ...args, ...more])
  return `write \`${text ?? instead}\`${several ? ', which takes one key' : ''}`
}

function blockSpan({ name, texts, args }: RedisCall): Span | undefined {
  const at = name === 'xread' || name === 'xreadgroup' ? blockOption(name, texts) : undefined
  const [block, time] = at === undefined ? [] : [args[at]?.field, args[at + 1]?.field]
  return block === undefined ? undefined : between(block, time ?? block)
}

function withoutBlock({ name: written, texts, args, command: { fields } }: RedisCall, name: 'xread' | 'xreadgroup'): string {
  const at = blockOption(name, texts) ?? 0
  const [block, time] = [args[at]?.field, args[at + 1]?.field]
  const text = commandText(fields.filter(field => field !== block && field !== time))
  return text === undefined || block === undefined || time === undefined ? `delete BLOCK from \`${written.toUpperCase()}\`` : `write \`${text}\``
}
