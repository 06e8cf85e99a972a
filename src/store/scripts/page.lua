-- The next entries of topics' logs, oldest first. Parts: msgid, record, old-scores, start.
--
-- ARGV  bytes of messages at most in all, but one message at least; then per request: `queue` or
--       `pubsub`, client id, topic, score of the last entry taken (empty: cold, see start.lua),
--       entries at most; a position that Redis may not have yet, and if it is doubted the score at which
--       it stood, an earlier position and its score (each empty: none; see start.lua)
-- Reply a list: the pool's clock; then per request a text and the records' texts (see record.lua).
--       The first text: score of the last entry looked at; 0, 1 if there may be more, or 2 if the
--       requests before this one left no room for it, or its log holds old entries that are yet to be
--       given scores: ask again; and the records' heads. Or `!` and an error.
local HEAD, WIDTH = 1, 9
local budget, spent = tonumber(ARGV[1]), 0
local clock = tonumber(redis.call('GET', CLOCK) or 0)

-- Tidying is not what was asked for: where it may not be (a full disk, a replica), it is left to the
-- next page.
local function tidy(topic, gone, found)
  local log = LOG .. topic
  if #gone > 0 then redis.pcall('ZREM', log, unpack(gone)) end
  if (#gone > 0 or found == 0) and redis.call('EXISTS', log) == 0 then redis.pcall('ZREM', TOPICS, topic) end
end

local function page(kind, client, topic, after, limit, known)
  local found = redis.pcall('ZCARD', LOG .. topic)
  if type(found) == 'table' then return '!' .. found.err, '' end
  if after == '' then
    local fine, renewed = pcall(is_renewed, topic)
    if not fine then return '!' .. (type(renewed) == 'table' and renewed.err or tostring(renewed)), '' end
    if not renewed then return '0 2', '' end
  end
  local last = start_of(kind, client, topic, after, clock, known)
  local rows = redis.call('ZRANGEBYSCORE', LOG .. topic, string.format('(%.0f', last), '+inf',
    'WITHSCORES', 'LIMIT', 0, limit)
  local heads, texts, gone = {}, {}, {}
  local more = #rows / 2 == limit and 1 or 0
  for i = 1, #rows, 2 do
    local id, score = rows[i], tonumber(rows[i + 1])
    local values = read_record(MESSAGE .. id)
    if values then
      -- EMQ X left fields out; only QoS 1 and 2 are logged
      values[2], values[3] = values[2] or topic, values[3] or '1'
      local bytes = #(values[4] or '') + #(values[2] or '')
      if spent > 0 and spent + bytes > budget then
        more = i == 1 and 2 or 1
        break
      end
      spent = spent + bytes
      pack(heads, texts, score, id, values)
    else
      gone[#gone + 1] = id
    end
    last = score
  end
  tidy(topic, gone, #rows)
  table.insert(heads, 1, string.format('%.0f %d', last, more))
  return table.concat(heads, ' '), table.concat(texts)
end

local reply = { '' }
for at = HEAD + 1, #ARGV, WIDTH do
  local head, texts = page(ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], tonumber(ARGV[at + 4]),
    { id = ARGV[at + 5], score = ARGV[at + 6], earlier = ARGV[at + 7], earlier_score = ARGV[at + 8] })
  reply[#reply + 1] = head
  reply[#reply + 1] = texts
end
-- renewing may have set it
if old_left < OLD_PER_CALL then clock = tonumber(redis.call('GET', CLOCK)) end
reply[1] = string.format('%.0f', clock)
return reply
