-- Part; needs msgid.lua. A message never replaces a later one of the same broker process: its id ends
-- in the same 11 characters, and its time is higher. (One of another process has another clock.)
local function is_outdated(key, id)
  -- what is no hash is not ours and is replaced
  local held = redis.pcall('HGET', key, 'id')
  if type(held) ~= 'string' or held:sub(-11) ~= id:sub(-11) then return false end
  local theirs, mine = micros(held), micros(id)
  return theirs ~= nil and mine ~= nil and theirs > mine
end
