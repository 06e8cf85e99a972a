-- on_message_publish: stores messages and logs them under their topics, in the order of their giving.
-- Parts: once, forget, failure, wake.
--
-- ARGV  batch, number, after (see once.lua); channel, own (see wake.lua); then per message: expiry in seconds (0: for ever) and
--       the seven fields id, from, qos, topic, payload, ts, retain
-- Reply a list: `again`, if nothing was written, or one text with two words a message, its score and the
--       score of the message before it on its topic (0: none, `-`: not known; both `-` if it failed),
--       then pairs of number (from 1) and error for messages that Redis will never take
local HEAD, WIDTH = 5, 8
local ARGV, call, pcall = ARGV, redis.call, redis.pcall
local messages = (#ARGV - HEAD) / WIDTH

local time = call('TIME')
local clock = math.max(tonumber(call('GET', CLOCK) or 0), time[1] * 1000000 + time[2])
local refused, lines = once(ARGV[1], ARGV[2], ARGV[3])
if refused then return refused end

-- by topic: {before, tail: scores of the newest entry before this call and now, tail_text: its text,
-- added: entries, ttl: longest expiry, fresh: the log is new}
local topics = {}

local function topic_state(topic)
  local newest = pcall('ZRANGE', LOG .. topic, 0, 0, 'REV', 'WITHSCORES')
  if newest.err then return nil, newest.err end
  local tail = tonumber(newest[2] or 0)
  local state = { before = tail, tail = tail, tail_text = string.format('%.0f', tail), added = 0, ttl = -1, fresh = newest[1] == nil }
  topics[topic] = state
  return state
end

local function raise_expiry(key, ttl)
  local left = call('PTTL', key)
  if left < 0 then return end
  if ttl == 0 then call('PERSIST', key)
  elseif left < ttl * 1000 then call('EXPIRE', key, ttl) end
end

-- Returns the words of the reply, or nil and an error.
local function store(at)
  local ttl, id, topic = tonumber(ARGV[at]), ARGV[at + 1], ARGV[at + 4]
  local log, record = LOG .. topic, MESSAGE .. id
  local state, err = topics[topic], nil
  if not state then
    state, err = topic_state(topic)
    if not state then return nil, err end
  end

  -- entry before record: what fails half-way leaves an id without record, which readers trim, and
  -- never a record that nobody finds
  local score = string.format('%.0f', clock + 1)
  local added = pcall('ZADD', log, 'NX', score, id)
  if added == 0 then
    if call('EXISTS', record) == 1 then
      raise_expiry(record, ttl)
      if state.ttl ~= 0 then state.ttl = ttl == 0 and 0 or math.max(state.ttl, ttl) end
      return string.format('%.0f -', tonumber(call('ZSCORE', log, id))), nil
    end
    -- its record has expired meanwhile: it is stored anew, in a new place
    call('ZADD', log, score, id)
  else
    err = failure(added)
    if err then return nil, err end
  end
  err = failure(pcall('HSET', record, 'id', id, 'from', ARGV[at + 2], 'qos', ARGV[at + 3],
    'topic', topic, 'payload', ARGV[at + 5], 'ts', ARGV[at + 6], 'retain', ARGV[at + 7]))
  if err then
    call('ZREM', log, id)
    return nil, err
  end
  clock = clock + 1
  if ttl > 0 then call('EXPIRE', record, ttl) end
  if state.ttl ~= 0 then state.ttl = ttl == 0 and 0 or math.max(state.ttl, ttl) end

  local words = score .. ' ' .. state.tail_text
  state.tail, state.tail_text, state.added = clock, score, state.added + 1
  return words, nil
end

local places, reply = {}, { '' }
for i = 1, messages do
  local words, err = try(store, HEAD + (i - 1) * WIDTH + 1)
  if words then
    places[i] = words
  else
    places[i] = '- -'
    local trouble = note(reply, i, err)
    if trouble then
      call('SET', CLOCK, string.format('%.0f', clock))
      return trouble
    end
  end
end
call('SET', CLOCK, string.format('%.0f', clock))
mark_applied(ARGV[1], ARGV[2], lines, reply)
reply[1] = table.concat(places, ' ')

local function drop_without_record(log, ids)
  local gone = {}
  for _, id in ipairs(ids) do
    if redis.call('EXISTS', MESSAGE .. id) == 0 then gone[#gone + 1] = id end
  end
  if #gone > 0 then redis.call('ZREM', log, unpack(gone)) end
  return #gone
end

-- Ids whose record expired go faster than new ones come: the oldest first; where those live for ever,
-- chance finds the others. `most` pairs are looked at; Lua unpacks no more than 8,000 values.
local MAX_SAMPLE = 4000
local function trim(log, most)
  for _ = 1, most do
    if drop_without_record(log, redis.call('ZRANGE', log, 0, 1)) < 2 then break end
  end
  if drop_without_record(log, redis.call('ZRANDMEMBER', log, 1)) > 0 then
    drop_without_record(log, redis.call('ZRANDMEMBER', log, math.min(2 * most, MAX_SAMPLE)))
  end
end

-- Looking after a log costs as much as storing: a topic has its turn at every eighth call only, and then
-- for all eight. (A script's own random numbers are the same each time; scores are microseconds.)
local TURNS = 8

for topic, state in pairs(topics) do
  local log = LOG .. topic
  local has_turn = state.tail % TURNS == 0
  -- EMQ X left logs that are in no index, with scores of 1; who gives them others enters them (old-scores.lua)
  if state.added > 0 and (state.before <= 1 or state.fresh or has_turn) then call('ZADD', TOPICS, 0, topic) end
  if state.fresh and state.added > 0 then
    if state.ttl > 0 then call('EXPIRE', log, state.ttl) end
  elseif state.ttl >= 0 then
    raise_expiry(log, state.ttl)
    if has_turn then trim(log, TURNS * state.added) end
  end
end
forget(TOPICS, LOG, messages)

if others_listen(ARGV[4], ARGV[5]) then
  local heads, names = {}, {}
  for topic, state in pairs(topics) do
    if state.added > 0 then
      heads[#heads + 1] = string.format('%.0f %.0f %d', state.before, state.tail, #topic)
      names[#names + 1] = topic
    end
  end
  wake(ARGV[4], ARGV[1], 'logs', heads, names)
end
return reply
