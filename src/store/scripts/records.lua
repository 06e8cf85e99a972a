-- Message records by their keys. Part: record.
--
-- ARGV  per record: its key
-- Reply a list: the records' heads and texts (see record.lua)
local heads, texts = {}, {}
for i = 1, #ARGV do
  local values = read_record(ARGV[i])
  if values then
    pack(heads, texts, 0, values[7] or '', values)
  else
    heads[#heads + 1] = '-'
  end
end
return { table.concat(heads, ' '), table.concat(texts) }
