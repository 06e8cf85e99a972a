-- on_message_acked_for_queue: removes messages. May be repeated. Part: failure.
--
-- ARGV  per message: topic, id
-- Reply a list: an empty text, then pairs of number (from 1) and error
local reply = { '' }
for i = 1, #ARGV / 2 do
  local topic, id = ARGV[2 * i - 1], ARGV[2 * i]
  local log = LOG .. topic
  local err = failure(redis.pcall('ZREM', log, id)) or failure(redis.pcall('DEL', MESSAGE .. id))
  if err then
    local trouble = note(reply, i, err)
    if trouble then return trouble end
  elseif redis.call('EXISTS', log) == 0 then
    redis.call('ZREM', TOPICS, topic)
  end
end
return reply
