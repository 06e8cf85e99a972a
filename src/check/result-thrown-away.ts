import { unfitness } from '../language/unfit-commands.ts'
import { danger } from '../language/dangerous-commands.ts'
import { wrongCount } from './argument-count.ts'
import type { Check } from './check.ts'
import { commandRemoved } from './command-text.ts'
import { allCalls, callSpan } from './redis-call.ts'

/** They change nothing either; the table calls only those so that have keys. */
const ASKS = new Set([
  'PING', 'ECHO', 'TIME', 'INFO', 'LASTSAVE', 'ROLE', 'COMMAND', 'CONFIG GET', 'CLIENT LIST', 'CLIENT INFO', 'CLIENT ID', 'CLIENT GETNAME', 'CLIENT GETREDIR',
  'CLIENT TRACKINGINFO', 'MEMORY STATS', 'MEMORY DOCTOR', 'MEMORY MALLOC-STATS', 'SCRIPT EXISTS', 'FUNCTION LIST', 'FUNCTION STATS', 'FUNCTION DUMP',
  'MODULE LIST', 'ACL LIST', 'ACL USERS', 'ACL WHOAMI', 'ACL GETUSER', 'ACL CAT', 'ACL LOG', 'ACL GENPASS', 'ACL DRYRUN', 'SLOWLOG GET', 'SLOWLOG LEN',
  'LATENCY DOCTOR', 'LATENCY GRAPH', 'LATENCY HISTOGRAM', 'LATENCY HISTORY', 'LATENCY LATEST', 'PUBSUB CHANNELS', 'PUBSUB NUMPAT', 'PUBSUB NUMSUB',
  'PUBSUB SHARDCHANNELS', 'PUBSUB SHARDNUMSUB', 'CLUSTER INFO', 'CLUSTER NODES', 'CLUSTER SLOTS', 'CLUSTER SHARDS', 'CLUSTER KEYSLOT',
  'CLUSTER COUNTKEYSINSLOT', 'CLUSTER GETKEYSINSLOT', 'CLUSTER MYID',
])

export const resultThrownAway: Check = {
  name: 'result-thrown-away',
  severity: 'warning',
  fix: 'offered',
  doc: 'What Redis answers to the commands of a rule goes nowhere: one that only reads has no effect.',
  bad: 'backend.redis.hook.client.connected.1 = {"action": {"commands": ["GET k:${clientid}"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.client.connected.1 = {"action": {"commands": ["SET k:${clientid} 1"]}, "pool": "pool1"}',
  *find(symbols) {
    for (const call of allCalls(symbols)) {
      const reads = call.known?.readOnly === true || ASKS.has(call.title)
      // TOUCH is read-only by the table, and yet has the effect that it is there for.
      if (!reads || call.name === 'touch') continue
      if (wrongCount(call) !== undefined || danger(call.name, call.texts) !== undefined || unfitness(call.name, call.texts) !== undefined) continue
      yield {
        span: callSpan(call), message: `\`${call.title}\` only reads, and nobody gets what it answers`,
        fix: { title: 'delete the command', edits: commandRemoved(symbols, call) },
      }
    }
  },
}
