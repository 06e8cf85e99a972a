import type { Check } from './check.ts'
import { serverSpan } from './told.ts'

export const poolUnreachable: Check = {
  name: 'pool-unreachable',
  severity: 'warning',
  doc: 'A broker does not start on a Redis that does not answer. Only `lint --online` asks; a warning, because what cannot be reached from here may be reached from where the broker runs, but an error if it answers and refuses the password.',
  bad: `backend.redis.pool1.server = redis.internal
backend.redis.hook.client.connected.1 = {"action": {"function": "on_subscribe_lookup"}, "pool": "pool1"}`,
  good: `backend.redis.pool2.server = 127.0.0.1
backend.redis.hook.client.connected.1 = {"action": {"function": "on_subscribe_lookup"}, "pool": "pool2"}`,
  told: new Map([['pool1', { kind: 'silent', reason: 'connection refused', refused: false }]]),
  *find(symbols, told) {
    for (const [pool, said] of told) {
      const span = serverSpan(symbols, pool)
      if (said.kind === 'answered' || span === undefined) continue
      yield {
        span, severity: said.refused ? 'error' : 'warning',
        message: said.refused ? `the Redis of \`${pool}\` lets nobody in so: ${said.reason}` : `the Redis of \`${pool}\` cannot be asked from here: ${said.reason}`,
        ...said.reason.startsWith('NOAUTH') ? { hint: `add \`backend.redis.${pool}.password = \${env:REDIS_PASSWORD}\`` } : {},
      }
    }
  },
}
