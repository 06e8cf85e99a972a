-- Part. Lets a topic index forget topics that hold nothing any more (their keys expired).
--
-- One random member is looked at; only if it is empty, `most` others are: a clean index costs two
-- commands a call, and one in which many topics die shrinks faster than it grows.
local function forget(index, prefix, most)
  local function drop_if_empty(topic)
    if redis.call('EXISTS', prefix .. topic) == 1 then return false end
    redis.call('ZREM', index, topic)
    return true
  end
  local topic = redis.call('ZRANDMEMBER', index)
  if not topic or not drop_if_empty(topic) then return end
  for _, other in ipairs(redis.call('ZRANDMEMBER', index, most)) do drop_if_empty(other) end
end
