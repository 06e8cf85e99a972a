import { unfitness, type Stateful } from '../language/unfit-commands.ts'
import type { Check } from './check.ts'
import { callsOf } from './redis-call.ts'

export const connectionState: Check = {
  name: 'connection-state',
  severity: 'error',
  doc: 'All rules of a pool share its connections: one that opens a transaction, or another database, does so for the others too. Said once for the commands of one transaction.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["MULTI", "INCR a", "INCR b", "EXEC"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["INCR a", "INCR b"]}, "pool": "pool1"}',
  *find({ rules }) {
    for (const rule of rules) {
      if (rule.commands.length === 0) continue
      const stateful = callsOf([rule]).flatMap((call) => {
        const unfit = unfitness(call.name, call.texts)
        return unfit?.kind === 'state' ? [{ call, unfit }] : []
      })
      for (const { call, unfit } of stateful) {
        const alike = stateful.filter(other => other.unfit.group === unfit.group && unfit.group === 'transaction')
        if (alike.length > 0 && alike[0]?.call !== call) continue
        const { message, hint } = WORDS[unfit.group]
        yield {
          span: call.nameSpan, message: `\`${call.title}\` ${message}`, hint: hint(rule.pool?.value ?? '<pool>'),
          related: alike.slice(1).map(other => ({ span: other.call.nameSpan, message: 'belongs to it' })),
        }
      }
    }
  },
}

const WORDS: Readonly<Record<Stateful['group'], { readonly message: string, readonly hint: (pool: string) => string }>> = {
  transaction: {
    message: 'is for a connection of one\'s own: other rules would land inside the transaction',
    hint: () => 'delete it; what must happen in one step goes into a script: `EVAL \\"..\\" 1 key`',
  },
  subscription: {
    message: 'listens, and the connection could do nothing else for other rules',
    hint: pool => `delete it; orders from applications are heard on \`backend.redis.${pool}.channel\``,
  },
  database: {
    message: 'would send other rules to another database too',
    hint: pool => `delete it, and set \`backend.redis.${pool}.database\`; for two databases define two pools`,
  },
  login: {
    message: 'would make other rules another user too',
    hint: pool => `delete it, and set \`backend.redis.${pool}.username\` and \`.password\``,
  },
  other: {
    message: 'changes the connection that other rules share',
    hint: () => 'delete it',
  },
}
