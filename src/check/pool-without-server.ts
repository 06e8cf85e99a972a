import { poolNamed } from '../language/setting-table.ts'
import type { Check } from './check.ts'

export const poolWithoutServer: Check = {
  name: 'pool-without-server',
  severity: 'error',
  doc: 'A pool is somewhere: it has an address, or is `embedded`.',
  bad: `backend.redis.pool2.pool_size = 4
backend.redis.hook.client.connected.1 = {"action": {"function": "on_subscribe_lookup"}, "pool": "pool2"}`,
  good: `backend.redis.pool2.server = 127.0.0.1:6379
backend.redis.pool2.pool_size = 4
backend.redis.hook.client.connected.1 = {"action": {"function": "on_subscribe_lookup"}, "pool": "pool2"}`,
  *find({ pools, broken, isPartial }) {
    if (isPartial) return
    for (const { name, options, span } of pools.values()) {
      if (options.has('server') || broken.some(({ words }) => poolNamed(words.map(({ text }) => text)) === name)) continue
      yield { span, message: `\`${name}\` has settings, but no server`, hint: `add \`backend.redis.${name}.server = host:port\`` }
    }
  },
}
