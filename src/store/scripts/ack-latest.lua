-- on_message_acked_for_keep_latest: removes the latest message of a topic if it still is the
-- acknowledged one. May be repeated. Part: failure.
--
-- ARGV  per message: topic, id
-- Reply a list: an empty text, then pairs of number (from 1) and error
local reply = { '' }
for i = 1, #ARGV / 2 do
  local topic, id = ARGV[2 * i - 1], ARGV[2 * i]
  local held = redis.pcall('HGET', LATEST .. topic, 'id')
  local err = failure(held)
  if err then
    local trouble = note(reply, i, err)
    if trouble then return trouble end
  elseif held == id then
    redis.call('DEL', LATEST .. topic)
    redis.call('ZREM', LATESTS, topic)
  end
end
return reply
