import type { Redis } from 'ioredis'

/** What belongs together in Redis and is not there together. */
export interface Unpaired {
  /** Ids of records that their topic's log does not name. */
  readonly recordsWithoutEntry: readonly string[]
  /** Ids in a log whose record is gone. */
  readonly entriesWithoutRecord: readonly string[]
  /** Topics with a log that no wildcard would find. */
  readonly logsWithoutTopic: readonly string[]
}

/**
 * Looks at all records, logs and topics of one moment. A key under the prefix is a record if it is
 * a hash, and a topic's log if it is a sorted set.
 */
const LOOK = `
local prefix = 'mqtt:msg:'
local records, entries, logs = {}, {}, {}
for _, key in ipairs(redis.call('KEYS', prefix .. '*')) do
  local name, kind = string.sub(key, #prefix + 1), redis.call('TYPE', key).ok
  if kind == 'hash' and not redis.call('ZSCORE', prefix .. redis.call('HGET', key, 'topic'), name) then
    records[#records + 1] = name
  elseif kind == 'zset' then
    for _, id in ipairs(redis.call('ZRANGE', key, 0, -1)) do
      if redis.call('EXISTS', prefix .. id) == 0 then entries[#entries + 1] = id end
    end
    if not redis.call('ZSCORE', 'mqtt:topics', name) then logs[#logs + 1] = name end
  end
end
return { records, entries, logs }`

export async function unpairedNow(redis: Redis): Promise<Unpaired> {
  const [recordsWithoutEntry, entriesWithoutRecord, logsWithoutTopic] = await redis.eval(LOOK, 0) as [string[], string[], string[]]
  return { recordsWithoutEntry, entriesWithoutRecord, logsWithoutTopic }
}
