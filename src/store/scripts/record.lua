-- Part. Reads message records and packs them into two texts, because a client pays per element of a
-- reply and hardly per byte.
--
-- `heads`: eight whole numbers a record, separated by blanks: score, then the bytes of id, from and
-- topic, qos, the bytes of payload, ts, retain (0, 1); a record that is not there is the one word `-`.
-- `texts`: id, from, topic and payload of each record, one after the other.
local function read_record(key)
  local values = redis.pcall('HMGET', key, 'from', 'topic', 'qos', 'payload', 'ts', 'retain', 'id')
  -- another type lives at that key: no record
  if values.err or not (values[2] or values[4] or values[7]) then return nil end
  return values
end

-- EMQ X wrote seconds, some of its versions milliseconds.
local function seconds(ts)
  local time = tonumber(ts) or 0
  if time >= 100000000000 then time = math.floor(time / 1000) end
  return time > 0 and time < 100000000000 and time or 0
end

local function pack(heads, texts, score, id, values)
  local from, topic, payload = values[1] or '', values[2] or '', values[4] or ''
  heads[#heads + 1] = string.format('%.0f %d %d %d %d %d %.0f %d', score, #id, #from, #topic,
    math.min(math.max(tonumber(values[3]) or 0, 0), 2), #payload, seconds(values[5]),
    values[6] == 'true' and 1 or 0)
  texts[#texts + 1] = id
  texts[#texts + 1] = from
  texts[#texts + 1] = topic
  texts[#texts + 1] = payload
end
