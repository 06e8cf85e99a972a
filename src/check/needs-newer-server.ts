import { redisVersionOf } from '../language/command-versions.ts'
import type { Check } from './check.ts'
import { currentCalls } from './redis-call.ts'
import { serverSpan } from './told.ts'

export const needsNewerServer: Check = {
  name: 'needs-newer-server',
  severity: 'warning',
  doc: 'A command that newer servers have is refused by an older one, and hookline itself needs Redis 6.2 or Valkey 7.2. Only `lint --online` asks which one it is.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "a", "action": {"commands": ["HEXPIRE h 60 FIELDS 1 a"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "a", "action": {"commands": ["EXPIRE h 60"]}, "pool": "pool1"}',
  told: new Map([['pool1', {
    kind: 'answered', name: 'Redis 7.0.15', product: 'Redis', user: 'default', knownCommands: new Set(['EXPIRE']), unknownCommands: new Set(['HEXPIRE']), refusals: [], refusedChannels: [],
  }]]),
  *find(symbols, told) {
    for (const [pool, said] of told) {
      const span = serverSpan(symbols, pool)
      if (said.kind === 'answered' && said.tooOld !== undefined && span !== undefined) yield { span, message: `the Redis of \`${pool}\`: ${said.tooOld}` }
    }
    for (const { rule, name, nameSpan, known } of currentCalls(symbols)) {
      const said = told.get(rule.pool?.value ?? '')
      // one that no Redis has is unknown
      if (known === undefined || said?.kind !== 'answered' || !said.unknownCommands.has(name.toUpperCase())) continue
      const [title, since] = [name.toUpperCase(), said.product === 'Redis' ? redisVersionOf(name) : undefined]
      yield {
        span: nameSpan,
        message: since === undefined
          ? `the Redis of \`${rule.pool?.value}\`, ${said.name}, does not know \`${title}\``
          : `\`${title}\` needs Redis ${since}; that of \`${rule.pool?.value}\` is ${said.name}`,
      }
    }
  },
}
