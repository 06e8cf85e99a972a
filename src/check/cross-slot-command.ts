import type { Check } from './check.ts'
import { rulesOnClusters } from './cluster-pools.ts'
import { callsOf } from './redis-call.ts'
import { keysApart, sharedTag } from './slots.ts'
import { written } from './template.ts'
import { isRefused } from './unpaired.ts'

export const crossSlotCommand: Check = {
  name: 'cross-slot-command',
  severity: 'error',
  fix: 'offered',
  doc: 'A Redis Cluster refuses a command whose keys are in different slots. Keys with the same text in `{}` are in one.',
  bad: `backend.redis.pool1.type = cluster
backend.redis.pool1.server = 127.0.0.1:7000
backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["MSET a:\${clientid} 1 b:\${clientid} 2"]}, "pool": "pool1"}`,
  good: `backend.redis.pool1.type = single
backend.redis.pool1.server = 127.0.0.1:6379
backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["MSET a:{\${clientid}} 1 b:{\${clientid}} 2"]}, "pool": "pool1"}`,
  *find(symbols) {
    for (const call of callsOf(rulesOnClusters(symbols))) {
      const apart = isRefused(call) ? undefined : keysApart(call)
      if (apart === undefined) continue
      const [first, other] = apart
      yield {
        span: other.field.span,
        message: `\`${call.title}\` has keys in different slots: \`${written(first.template)}\` and \`${written(other.template)}\`; a cluster refuses it`,
        ...sharedTag(first, other),
      }
    }
  },
}
