-- Part. Tells the other brokers of this Redis on which topics something was stored: one message a
-- call. Best effort: who does not hear it finds out later (DELIVERY 4), so that errors (a user may
-- not publish) are of no consequence.
--
-- `channel` is empty where nobody is to be told; `own`: how many of its listeners are this pool's.
local function others_listen(channel, own)
  if channel == '' then return false end
  local counts = redis.pcall('PUBSUB', 'NUMSUB', channel)
  return not counts.err and counts[2] > tonumber(own)
end

-- The message: one line of words (the sender's mark; `logs` or `latest`; per topic the score of the
-- message before, its score, and the topic's bytes), then the topics, one after the other.
local function wake(channel, sender, index, heads, topics)
  if #topics == 0 then return end
  redis.pcall('PUBLISH', channel, sender .. ' ' .. index .. ' ' .. table.concat(heads, ' ') .. '\n' .. table.concat(topics))
end
