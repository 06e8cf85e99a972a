-- Part. Microseconds since 1970 of a msgid of ours (20 digits of base 62, the first 9 are the time),
-- nil for any other text, also for EMQ X's ids of that length, whose first digits say a time long before
-- 2001 (they are larger numbers, over the same time). Ids are compared by this number and never with `<`: Lua compares texts by
-- the locale of the server, in which `a` may come before `B`.
local function micros(id)
  if #id ~= 20 or id:find('[^0-9A-Za-z]') then return nil end
  local value = 0
  for i = 1, 9 do
    local byte = id:byte(i)
    value = value * 62 + (byte < 58 and byte - 48 or byte < 91 and byte - 55 or byte - 61)
  end
  return value >= 1000000000000000 and value or nil
end
