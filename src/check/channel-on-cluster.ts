import type { Check } from './check.ts'
import { clusterPools } from './cluster-pools.ts'
import { linesRemoved } from './edits.ts'

const DELETE = 'delete the line'

export const channelOnCluster: Check = {
  name: 'channel-on-cluster',
  severity: 'warning',
  fix: 'offered',
  doc: 'On a Redis Cluster no orders from applications are heard, as in EMQ X; the line has no effect.',
  bad: `backend.redis.pool1.type = cluster
backend.redis.pool1.server = 127.0.0.1:7000
backend.redis.pool1.channel = orders`,
  good: `backend.redis.pool1.server = 127.0.0.1:6379
backend.redis.pool1.channel = orders`,
  *find(symbols) {
    for (const { name, options } of clusterPools(symbols)) {
      const channel = options.get('channel')
      if (channel === undefined) continue
      yield {
        span: channel.key.span, message: `\`${name}\` is a cluster, and on a cluster no orders are heard`,
        hint: `${DELETE}; for orders define a pool that is no cluster, and give it the channel`,
        fix: { title: DELETE, edits: [linesRemoved(symbols, channel.key.span)] },
      }
    }
  },
}
