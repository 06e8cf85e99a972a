import type { Check } from './check.ts'
import { serverSpan } from './told.ts'

export const evictsMessages: Check = {
  name: 'evicts-messages',
  severity: 'warning',
  doc: 'A Redis whose `maxmemory-policy` evicts keys throws stored messages away when its memory is full. With `noeviction` it refuses new ones, and their publishers wait. Only `lint --online` asks.',
  bad: `backend.redis.pool1.server = cache
backend.redis.hook.message.publish.1 = {"topic": "a/#", "action": {"function": "on_message_publish"}, "expired_time": 60, "pool": "pool1"}`,
  good: `backend.redis.pool2.server = store
backend.redis.hook.message.publish.1 = {"topic": "a/#", "action": {"function": "on_message_publish"}, "expired_time": 60, "pool": "pool2"}`,
  told: new Map([['pool1', {
    kind: 'answered', name: 'Redis 7.2.4', product: 'Redis', user: 'default', knownCommands: new Set(), unknownCommands: new Set(), refusals: [], refusedChannels: [],
    evicts: 'maxmemory-policy is volatile-lru: when its memory is full it throws away messages that will expire',
  }]]),
  *find(symbols, told) {
    for (const [pool, said] of told) {
      const span = serverSpan(symbols, pool)
      if (said.kind === 'silent' || said.evicts === undefined || span === undefined) continue
      yield { span, message: `the Redis of \`${pool}\` may forget what rules store: ${said.evicts}`, hint: 'type `CONFIG SET maxmemory-policy noeviction` there, and `CONFIG REWRITE`' }
    }
  },
}
