-- Part. What became of a redis.pcall: nil, or its error text.
local function failure(reply)
  return type(reply) == 'table' and reply.err or nil
end

-- Does one entry, and returns what `entry` returns: something, or nil and an error text. What it raises is an
-- error of that entry too: a command that the user may not run, say.
local function try(entry, at)
  local done, result, err = pcall(entry, at)
  if done then return result, err end
  return nil, type(result) == 'table' and result.err or tostring(result)
end

-- Errors that concern the server and pass (PASSING in failure.ts); all others concern their entry.
local PASSING = { 'OOM', 'MISCONF', 'READONLY', 'NOREPLICAS', 'CLUSTERDOWN', 'MASTERDOWN', 'TRYAGAIN' }

-- Adds the error of entry `i` to a reply. Returns the reply to give in its place if the server is in
-- trouble: Redis says so at the first write of a script, so that nothing of it was applied.
local function note(reply, i, err)
  for _, word in ipairs(PASSING) do
    if err:find(word, 1, true) then return redis.error_reply(err) end
  end
  reply[#reply + 1] = i
  reply[#reply + 1] = err
end
