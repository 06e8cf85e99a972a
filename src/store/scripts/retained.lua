-- Retained messages of exact topics. Parts: msgid, record, start.
--
-- ARGV  per request: topic; `queue` or `pubsub` if a reader of the topic's log asks, else empty; its
--       client id; the score of the last entry that it took (empty: cold)
-- Reply per request a text and the record's texts (see record.lua). The first text: the score at
--       which the message stands in the log after the reader's place, or `-`, and the record's head;
--       empty: there is no retained message
local clock = tonumber(redis.call('GET', CLOCK) or 0)

-- An entry without record is trimmed when it is read: it does not count as standing in the log.
local function place_in_log(topic, id, kind, client, after)
  if kind == '' then return nil end
  local score = redis.pcall('ZSCORE', LOG .. topic, id)
  if type(score) ~= 'string' or redis.call('EXISTS', MESSAGE .. id) == 0 then return nil end
  return tonumber(score) > start_of(kind, client, topic, after, clock) and tonumber(score) or nil
end

local function retained(topic, kind, client, after)
  local values = read_record(RETAINED .. topic)
  if not values then
    if redis.call('EXISTS', RETAINED .. topic) == 0 then redis.pcall('ZREM', RETAINEDS, topic) end
    return '', ''
  end
  local heads, texts = {}, {}
  local id = values[7] or ''
  local place = place_in_log(topic, id, kind, client, after)
  pack(heads, texts, 0, id, values)
  return (place and string.format('%.0f ', place) or '- ') .. heads[1], table.concat(texts)
end

local reply = {}
for at = 1, #ARGV, 4 do
  local head, texts = retained(ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3])
  reply[#reply + 1] = head
  reply[#reply + 1] = texts
end
return reply
