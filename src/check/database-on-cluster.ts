import { POOL_OPTIONS } from '../language/pool-options.ts'
import type { Check } from './check.ts'
import { clusterPools } from './cluster-pools.ts'
import { linesRemoved } from './edits.ts'

export const databaseOnCluster: Check = {
  name: 'database-on-cluster',
  severity: 'warning',
  fix: 'safe',
  doc: 'A Redis Cluster has one database, number 0; another number has no effect.',
  bad: `backend.redis.pool1.type = cluster
backend.redis.pool1.server = 127.0.0.1:7000
backend.redis.pool1.database = 1`,
  good: `backend.redis.pool1.type = cluster
backend.redis.pool1.server = 127.0.0.1:7000
backend.redis.pool1.database = 0`,
  *find(symbols) {
    for (const { options } of clusterPools(symbols)) {
      const database = options.get('database')
      const number = database === undefined ? undefined : POOL_OPTIONS.database.value.read(database.value.text)
      if (database === undefined || number === undefined || number === 0) continue
      yield {
        span: database.key.span, message: 'a cluster has only database 0; the line has no effect',
        // Where the file is read without the other line, it may be of another type.
        fix: { title: 'delete the line', edits: [linesRemoved(symbols, database.key.span)], safe: options.get('type')?.key.span.file === database.key.span.file },
      }
    }
  },
}
