import type { Check } from './check.ts'
import { rulesOnClusters } from './cluster-pools.ts'
import { callsOf } from './redis-call.ts'
import { firstApart, keysApart, sharedTag } from './slots.ts'
import { written } from './template.ts'

export const crossSlotBatch: Check = {
  name: 'cross-slot-batch',
  severity: 'warning',
  doc: 'Commands of one action whose keys are in different slots of a cluster go to different nodes, each on its own: one may be done and the other not.',
  bad: `backend.redis.pool1.type = cluster
backend.redis.pool1.server = 127.0.0.1:7000
backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["SET last:\${clientid} \${ts}", "INCR count:\${clientid}"]}, "pool": "pool1"}`,
  good: `backend.redis.pool1.server = 127.0.0.1:6379
backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["SET last:\${clientid} \${ts}", "INCR count:\${clientid}"]}, "pool": "pool1"}`,
  *find(symbols) {
    for (const rule of rulesOnClusters(symbols)) {
      // Keys of one command are another matter, and refused.
      const apart = firstApart(callsOf([rule]).filter(call => keysApart(call) === undefined).flatMap(call => call.keys.slice(0, 1)))
      if (apart === undefined) continue
      const [first, other] = apart
      yield {
        span: other.field.span,
        message: `\`${written(first.template)}\` and \`${written(other.template)}\` are in different slots of the cluster: the commands are sent one by one, and not as one step`,
        hint: `${sharedTag(first, other).hint}, if they belong together`,
      }
    }
  },
}
