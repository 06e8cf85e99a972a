-- Part. What became of a redis.pcall: nil, or its error text.
local function failure(reply)
  return type(reply) == 'table' and reply.err or nil
end

-- Errors that concern one key of one entry; all others concern the server. (The last text is what
-- Redis says to a script in place of NOPERM.)
local function is_of_one_key(err)
  return err:find('WRONGTYPE', 1, true) or err:find('NOPERM', 1, true)
    or err:find("can't access at least one of the keys", 1, true)
end

-- Adds the error of entry `i` to a reply. Returns the reply to give in its place if the server is in
-- trouble: Redis says so at the first write of a script, so that nothing of it was applied.
local function note(reply, i, err)
  if not is_of_one_key(err) then return redis.error_reply(err) end
  reply[#reply + 1] = i
  reply[#reply + 1] = err
end
