-- A message record, unless it is large. Part: record.
--
-- KEYS  the record
-- ARGV  bytes of payload at most (empty: any); id, topic and QoS in place of those that EMQ X left out
-- Reply the record's head and text (see record.lua); or the bytes of its payload alone; or an empty list: there is none
local values = read_record(KEYS[1])
if not values then return {} end
local bytes = #(values[4] or '')
if ARGV[1] ~= '' and bytes > tonumber(ARGV[1]) then return { tostring(bytes) } end
values[2], values[3] = values[2] or ARGV[3], values[3] or ARGV[4]
local heads, texts = {}, {}
pack(heads, texts, 0, values[7] or ARGV[2], values)
return { heads[1], table.concat(texts) }
