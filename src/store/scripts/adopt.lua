-- One step of looking through all keys for topics that are in no index: logs and retained messages
-- that EMQ X left. What was found so far is kept beside the cursor, so that a step is done wholly or
-- not at all, and whoever was stopped goes on behind it.
--
-- ARGV  run id of the server, for which alone the cursor means something; cursor (`0`: the first step);
--       keys to look at; `1`, or `0` to change nothing
-- Reply a list: the next cursor (`0`: all were looked at); then how many keys were looked at, logs,
--       retained messages, and how many of both were in no index
local run, cursor, count, writes = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
local found = redis.call('SCAN', cursor, 'COUNT', count)
local next, looked, logs, retained, added = found[1], #found[2], 0, 0, 0

local function enter(index, topic)
  if writes then
    added = added + redis.call('ZADD', index, 0, topic)
  elseif not redis.call('ZSCORE', index, topic) then
    added = added + 1
  end
end

for _, key in ipairs(found[2]) do
  if key:sub(1, #LOG) == LOG and redis.call('TYPE', key).ok == 'zset' then
    logs = logs + 1
    enter(TOPICS, key:sub(#LOG + 1))
  elseif key:sub(1, #RETAINED) == RETAINED then
    retained = retained + 1
    enter(RETAINEDS, key:sub(#RETAINED + 1))
  end
end

if writes and next == '0' then
  redis.call('DEL', ADOPTING)
elseif writes then
  if cursor == '0' then redis.call('DEL', ADOPTING) end
  redis.call('HSET', ADOPTING, 'run', run, 'cursor', next)
  for field, more in pairs({ looked = looked, logs = logs, retained = retained, added = added }) do
    redis.call('HINCRBY', ADOPTING, field, more)
  end
  redis.call('EXPIRE', ADOPTING, 604800)
end
return { next, looked, logs, retained, added }
