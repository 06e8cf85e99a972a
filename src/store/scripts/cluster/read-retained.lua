-- A retained message. Not always the hash that it is now: EMQ X also left the payload as a text, the
-- id of a stored message as a text, or that id in a sorted set. Part: record.
--
-- KEYS  the record
-- ARGV  topic, in place of one that EMQ X left out
-- Reply a list: the record's head and text (see record.lua), or one text, an id or the payload; or an
--       empty list: there is none
local values = read_record(KEYS[1])
if values then
  values[2] = values[2] or ARGV[1]
  local heads, texts = {}, {}
  pack(heads, texts, 0, values[7] or '', values)
  return { heads[1], table.concat(texts) }
end
local held = redis.call('TYPE', KEYS[1]).ok
if held == 'zset' then return redis.call('ZRANGE', KEYS[1], -1, -1) end
if held == 'string' then return { redis.call('GET', KEYS[1]) } end
return {}
