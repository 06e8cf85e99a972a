-- Logs messages under their topic, in the order of their giving, after their records were written.
--
-- A message that is logged already keeps its place; who has found its record missing must then not
-- remove it, because it is there now: the count of repeats says so (trim.lua).
--
-- KEYS  the topic's log; the clock of its slot; the slot's count of repeats
-- ARGV  per message: seconds to keep it (0: for ever), its id
-- Reply per message its score and the score of the message before it (0: none, `-`: not known)
local log, clock_key, repeats = KEYS[1], KEYS[2], KEYS[3]
local newest = redis.call('ZRANGE', log, 0, 0, 'REV', 'WITHSCORES')
local tail, time = tonumber(newest[2] or 0), redis.call('TIME')
-- a log that was brought here from elsewhere may be ahead of the clock
local clock = math.max(tonumber(redis.call('GET', clock_key) or 0), tail, time[1] * 1000000 + time[2])

local words, longest, repeated = {}, -1, false
for i = 1, #ARGV, 2 do
  local ttl, id = tonumber(ARGV[i]), ARGV[i + 1]
  local known = redis.call('ZSCORE', log, id)
  if known then
    repeated = true
    words[#words + 1] = string.format('%.0f -', tonumber(known))
  else
    clock = clock + 1
    redis.call('ZADD', log, string.format('%.0f', clock), id)
    words[#words + 1] = string.format('%.0f %.0f', clock, tail)
    tail = clock
  end
  if longest ~= 0 then longest = ttl == 0 and 0 or math.max(longest, ttl) end
end

redis.call('SET', clock_key, string.format('%.0f', clock))
if repeated then
  redis.call('INCR', repeats)
  redis.call('EXPIRE', repeats, 3600)
end
-- the log lives as long as its youngest record
local left = redis.call('PTTL', log)
if not newest[1] then
  if longest > 0 then redis.call('EXPIRE', log, longest) end
elseif left >= 0 then
  if longest == 0 then redis.call('PERSIST', log)
  elseif left < longest * 1000 then redis.call('EXPIRE', log, longest) end
end
return words
