-- on_message_retain, on_retain_delete, on_message_store_keep_latest: the one record of each of some
-- topics in one slot. Parts: once, failure, msgid, outdated.
--
-- KEYS  the batch mark of the slot, records
-- ARGV  number, after (see once.lua); then per message: which of KEYS; seconds to keep it (0: for
--       ever, -1: remove the record) and the seven fields id, from, qos, topic, payload, ts, retain
-- Reply a list: `again`, if nothing was written, or an empty text, then pairs of number (from 1) and
--       error for messages that Redis will never take
local HEAD, WIDTH = 2, 9
local refused, lines = once(KEYS[1], ARGV[1], ARGV[2])
if refused then return refused end

-- Returns true, or nil and an error.
local function keep(at)
  local key, ttl, id = KEYS[tonumber(ARGV[at])], tonumber(ARGV[at + 1]), ARGV[at + 2]
  if is_outdated(key, id) then return true end
  if ttl < 0 then
    redis.call('DEL', key)
    return true
  end
  -- ours is written over and not removed before: in a slot that is on its way to another master a
  -- key that is gone is that one's to make
  if redis.call('TYPE', key).ok ~= 'hash' or redis.call('HLEN', key) ~= 7 then redis.pcall('DEL', key) end
  local err = failure(redis.pcall('HSET', key, 'id', id, 'from', ARGV[at + 3], 'qos', ARGV[at + 4],
    'topic', ARGV[at + 5], 'payload', ARGV[at + 6], 'ts', ARGV[at + 7], 'retain', ARGV[at + 8]))
  if err then return nil, err end
  if ttl > 0 then redis.call('EXPIRE', key, ttl) else redis.call('PERSIST', key) end
  return true
end

local reply = { '' }
for i = 1, (#ARGV - HEAD) / WIDTH do
  local kept_now, err = try(keep, HEAD + (i - 1) * WIDTH + 1)
  if not kept_now then
    local trouble = note(reply, i, err)
    if trouble then return trouble end
  end
end
mark_applied(KEYS[1], ARGV[1], lines, reply)
return reply
