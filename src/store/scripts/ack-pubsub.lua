-- on_message_acked_for_pubsub: moves positions forward, never back. May be repeated. Parts: failure, msgid.
--
-- ARGV  per position: client id, topic, id
-- Reply a list: an empty text, then pairs of number (from 1) and error
local function is_forward(topic, held, id)
  if not held then return true end
  local log = LOG .. topic
  local from, to = redis.call('ZSCORE', log, held), redis.call('ZSCORE', log, id)
  if from and to then return tonumber(to) > tonumber(from) end
  -- not in this log: perhaps the position of another client and topic whose key is spelt the same
  local of = not from and redis.pcall('HGET', MESSAGE .. held, 'topic')
  if type(of) == 'string' and of ~= topic then return true end
  local before, after = micros(held), micros(id)
  if not before then return true end
  return after ~= nil and after > before
end

local function move(client, topic, id)
  local key = POSITION .. client .. ':' .. topic
  local held = redis.pcall('GET', key)
  local err = failure(held) or failure(redis.pcall('ZCARD', LOG .. topic))
  if err then return err end
  if is_forward(topic, held, id) then redis.call('SET', key, id) end
  return nil
end

local reply = { '' }
for i = 1, #ARGV / 3 do
  local err = move(ARGV[3 * i - 2], ARGV[3 * i - 1], ARGV[3 * i])
  if err then
    local trouble = note(reply, i, err)
    if trouble then return trouble end
  end
end
return reply
