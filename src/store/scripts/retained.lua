-- Retained messages of exact topics. Parts: msgid, record, old-scores, start.
--
-- ARGV  per request: topic; `queue` or `pubsub` if a reader of the topic's log asks, else empty; its
--       client id; the score of the last entry that it took (empty: cold)
-- Reply per request a text and the record's texts (see record.lua). The first text: the score at
--       which the message stands in the log after the reader's place, or `-`, and the record's head;
--       empty: there is no retained message; `=`: the log holds old entries that are yet to be given
--       scores, ask again
local clock = tonumber(redis.call('GET', CLOCK) or 0)

-- An entry without record is trimmed when it is read: it does not count as standing in the log.
local function place_in_log(topic, id, kind, client, after)
  if kind == '' then return nil end
  local score = redis.pcall('ZSCORE', LOG .. topic, id)
  if type(score) ~= 'string' or redis.call('EXISTS', MESSAGE .. id) == 0 then return nil end
  return tonumber(score) > start_of(kind, client, topic, after, clock, { id = '', score = '' }) and tonumber(score) or nil
end

-- Not always the hash that it is now: EMQ X also left the payload as a text, the id of a stored message
-- as a text, or that id in a sorted set.
local function read_retained(key)
  local values = read_record(key)
  if values then return values end
  local held = redis.call('TYPE', key).ok
  if held == 'zset' then
    local id = redis.call('ZRANGE', key, -1, -1)[1]
    return id and read_record(MESSAGE .. id)
  end
  if held ~= 'string' then return nil end
  local text = redis.call('GET', key)
  local named = #text <= 64 and read_record(MESSAGE .. text)
  return named or { nil, nil, nil, text }
end

local function is_log_ready(topic)
  -- another type may live at that key, or Redis may refuse to write: then there is no place in it
  local fine, renewed = pcall(is_renewed, topic)
  return not fine or renewed
end

local function retained(topic, kind, client, after)
  if kind ~= '' and after == '' and not is_log_ready(topic) then return '=', '' end
  local values = read_retained(RETAINED .. topic)
  if not values then
    if redis.call('EXISTS', RETAINED .. topic) == 0 then redis.pcall('ZREM', RETAINEDS, topic) end
    return '', ''
  end
  values[2] = values[2] or topic
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
