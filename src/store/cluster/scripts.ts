import { assemble, type Script } from '../scripts.ts'

/**
 * The Lua scripts for a cluster: each touches only what it declares as its keys, all in one slot.
 * Their parts are shared with those for one server where they are the same.
 */
export const CLUSTER_SCRIPTS = {
  storeRecord: assemble('', ['cluster/store-record']),
  storeLog: assemble('', ['cluster/store-log']),
  trim: assemble('', ['cluster/trim']),
  keep: assemble('', ['once', 'failure', 'msgid', 'outdated', 'cluster/keep']),
  ackPubsub: assemble('', ['msgid', 'cluster/ack-pubsub']),
  ackLatest: assemble('', ['cluster/ack-latest']),
  online: assemble('', ['cluster/online']),
  offline: assemble('', ['cluster/offline']),
  unlist: assemble('', ['cluster/unlist']),
  forget: assemble('', ['cluster/forget']),
  readRecord: assemble('', ['record', 'cluster/read-record']),
  readRetained: assemble('', ['record', 'cluster/read-retained']),
  renew: assemble('', ['cluster/renew', 'old-scores', 'cluster/renew-log']),
} as const satisfies Readonly<Record<string, Script>>
