-- on_message_retain, on_retain_delete, on_message_store_keep_latest: the one record of a topic.
-- Parts: once, forget, failure, wake, msgid, outdated.
--
-- ARGV  batch, number, after (see once.lua); channel, own (see wake.lua); index, key prefix; then per message: expiry in seconds
--       (0: for ever, -1: remove the record) and the seven fields id, from, qos, topic, payload, ts, retain
-- Reply a list: `again`, if nothing was written, or an empty text, then pairs of number (from 1) and
--       error for messages that Redis will never take
local HEAD, WIDTH = 7, 8
local index, prefix = ARGV[6], ARGV[7]
local messages = (#ARGV - HEAD) / WIDTH

local refused, lines = once(ARGV[1], ARGV[2], ARGV[3])
if refused then return refused end

-- topics that have a new message
local kept = {}

-- Returns true, or nil and an error.
local function keep(at)
  local ttl, id, topic = tonumber(ARGV[at]), ARGV[at + 1], ARGV[at + 4]
  local key = prefix .. topic
  if is_outdated(key, id) then return true end
  local err = failure(redis.pcall('DEL', key))
  if err then return nil, err end
  if ttl < 0 then
    redis.call('ZREM', index, topic)
    return true
  end
  err = failure(redis.pcall('HSET', key, 'id', id, 'from', ARGV[at + 2], 'qos', ARGV[at + 3],
    'topic', topic, 'payload', ARGV[at + 5], 'ts', ARGV[at + 6], 'retain', ARGV[at + 7]))
  if err then return nil, err end
  if ttl > 0 then redis.call('EXPIRE', key, ttl) end
  redis.call('ZADD', index, 0, topic)
  kept[#kept + 1] = topic
  return true
end

local reply = { '' }
for i = 1, messages do
  local kept_now, err = try(keep, HEAD + (i - 1) * WIDTH + 1)
  if not kept_now then
    local trouble = note(reply, i, err)
    if trouble then return trouble end
  end
end
mark_applied(ARGV[1], ARGV[2], lines, reply)
forget(index, prefix, messages)

-- a retained message is looked up, nobody waits for it
if index == LATESTS and #kept > 0 and others_listen(ARGV[4], ARGV[5]) then
  local heads = {}
  for i, topic in ipairs(kept) do heads[i] = '0 0 ' .. #topic end
  wake(ARGV[4], ARGV[1], 'latest', heads, kept)
end
return reply
