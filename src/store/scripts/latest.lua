-- Latest messages of exact topics. Part: record.
--
-- ARGV  topics
-- Reply a list: the records' heads and texts (see record.lua)
local heads, texts = {}, {}
for i = 1, #ARGV do
  local topic = ARGV[i]
  local values = read_record(LATEST .. topic)
  if values then
    pack(heads, texts, 0, values[7] or '', values)
  else
    heads[#heads + 1] = '-'
    -- it has expired; tidying may be refused, and is not what was asked for
    if redis.call('EXISTS', LATEST .. topic) == 0 then redis.pcall('ZREM', LATESTS, topic) end
  end
end
return { table.concat(heads, ' '), table.concat(texts) }
