-- Part; needs record.lua. Puts the entries that EMQ X left in a log into an order that pages can
-- follow (SPEC 3, "Old data").
--
-- EMQ X gave every entry the score 1. Each gets the score that its time says, in microseconds, and
-- counts on from there if that is taken: entries of one score come in the byte order of their ids, and
-- are taken so, which makes the order that of time, then id. Entries without record go. A call changes
-- two hundred, however many logs it looks at; the next one finds the rest by their score: a crash in
-- between costs nothing, and who asks for a page waits until all of its log is done.
local OLD_SCORE, OLD_PER_CALL = 1, 200
local old_left = OLD_PER_CALL

-- The first is a time in microseconds, below which hookline never gave a score; the other tells
-- seconds since 1970 from milliseconds.
local YEAR_2001, MOST_SECONDS = 1000000000000000, 100000000000

-- All scores given here stay below a cap: what hookline has stored in the log, and will store. Times
-- from ten seconds before it on (clocks that differ, an EMQ X that still ran) are squeezed into these
-- ten seconds, in their order.
local SQUEEZE, FARTHEST = 10000000, 1000000000
local function place_below(cap, micros)
  local beyond = micros - (cap - SQUEEZE)
  if beyond <= 0 then return micros end
  return cap - math.floor(SQUEEZE / (1 + math.min(beyond, FARTHEST) / SQUEEZE))
end

local function next_score(log, cap, ts)
  local time = tonumber(ts) or 0
  local unit = time < MOST_SECONDS and 1000000 or 1000
  local micros = math.floor(time * unit)
  local from = place_below(cap, micros)
  -- the span of its unit of time; full: of a second; full: all there is
  for _, width in ipairs({ place_below(cap, micros + unit) - from, 1000000, cap - from }) do
    -- without a time it comes first
    if not (from >= 2) then break end
    local bound = math.min(from + width, cap)
    local highest = redis.call('ZREVRANGEBYSCORE', log, string.format('(%.0f', bound), string.format('%.0f', from),
      'WITHSCORES', 'LIMIT', 0, 1)
    local score = tonumber(highest[2] or from - 1) + 1
    if score < bound then return score end
  end
  local highest = redis.call('ZREVRANGEBYSCORE', log, YEAR_2001, 2, 'WITHSCORES', 'LIMIT', 0, 1)
  return tonumber(highest[2] or 1) + 1
end

-- Kept from the first call to the last of a log: what was given a score meanwhile looks like any other.
local function cap_of(topic, log)
  local noted = redis.call('HGET', RENEWING, topic)
  if noted then return tonumber(noted) end
  local time = redis.call('TIME')
  local now = math.max(tonumber(redis.call('GET', CLOCK) or 0), time[1] * 1000000 + time[2])
  -- readers take a clock that is behind them for lost data
  redis.call('SET', CLOCK, string.format('%.0f', now))
  local first = redis.call('ZRANGEBYSCORE', log, YEAR_2001, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  return math.min(now, tonumber(first[2] or now))
end

-- Whether no entry of a log (a sorted set, or nothing) is old any more. Raises what Redis refuses.
local function is_renewed(topic)
  local log = LOG .. topic
  local old = redis.call('ZRANGEBYSCORE', log, '-inf', OLD_SCORE, 'LIMIT', 0, old_left + 1)
  if #old == 0 then return true end
  if old_left == 0 then return false end
  local cap, rest = cap_of(topic, log), #old > old_left
  if rest then old[#old] = nil end
  old_left = old_left - #old
  for _, id in ipairs(old) do
    local values = read_record(MESSAGE .. id)
    if values then
      redis.call('ZADD', log, 'XX', string.format('%.0f', next_score(log, cap, values[5])), id)
    else
      redis.call('ZREM', log, id)
    end
  end
  if rest then
    redis.call('HSET', RENEWING, topic, string.format('%.0f', cap))
    redis.call('EXPIRE', RENEWING, 86400)
  else
    redis.call('HDEL', RENEWING, topic)
    -- from now on it looks like any other log (store.lua); on a cluster the index lies in another slot
    if TOPICS then redis.call('ZADD', TOPICS, 0, topic) end
  end
  return not rest
end
