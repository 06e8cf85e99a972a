-- A page of the index of topics with a log: which have an entry newer than a score.
--
-- ARGV  the last topic of the page before (empty: from the first), the score, topics to look at at most
-- Reply a list of texts: the pool's clock; 1 if there may be more topics, else 0; the last topic
--       looked at; then pairs of topic and score of its newest entry, where that is newer
local after, since, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
-- the empty text is no topic
local looked_at = redis.call('ZRANGEBYLEX', TOPICS, '(' .. after, '+', 'LIMIT', 0, limit)
local reply = {
  string.format('%.0f', tonumber(redis.call('GET', CLOCK) or 0)),
  #looked_at == limit and '1' or '0',
  looked_at[#looked_at] or '',
}
for _, topic in ipairs(looked_at) do
  local newest = redis.pcall('ZRANGE', LOG .. topic, 0, 0, 'REV', 'WITHSCORES')
  -- another type may live at that key: no log
  if newest[1] and tonumber(newest[2]) > since then
    reply[#reply + 1] = topic
    reply[#reply + 1] = string.format('%.0f', tonumber(newest[2]))
  end
  -- tidying may be refused (a full disk, a replica); the next page will do it
  if not newest[1] and not newest.err then redis.pcall('ZREM', TOPICS, topic) end
end
return reply
