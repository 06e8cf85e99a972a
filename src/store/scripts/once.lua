-- Part. Recognises a call that was applied already: its reply was lost, and it is sent again.
--
-- `batch` holds the number of the last applied call of one opened pool. `after` is the number of the
-- call before this one in the same sending, 0 for the first: if that one was refused (out of memory,
-- say), this one must not be applied either, or the mark would claim that both were.
--
-- Behind the number the mark has a line for each entry that Redis will never take, of the calls of one
-- sending (call, entry, error): the reply that told of it may be lost.

-- Returns the reply to give; or nil and the lines so far: the call is new. The mark as it was is written anew as
-- the first write of the script: Redis refuses a script for want of memory, disk or replicas at its
-- first write only, so what is refused is refused whole.
local function once(batch, number, after)
  local mark = redis.call('GET', batch) or '0'
  local applied, lines = mark:match('^(%d+)(.*)$')
  if tonumber(number) <= tonumber(applied) then
    -- a write, so that a WAIT after it speaks for the first time too
    redis.call('EXPIRE', batch, 3600)
    local reply = { 'again' }
    for i, err in lines:gmatch('\n' .. number .. ' (%d+) ([^\n]*)') do
      reply[#reply + 1] = tonumber(i)
      reply[#reply + 1] = err
    end
    return reply
  end
  if tonumber(applied) < tonumber(after) then
    return redis.error_reply('TRYAGAIN the call before this one was refused')
  end
  redis.call('SET', batch, mark, 'EX', 3600)
  -- who begins anew has heard what became of all before
  return nil, after == '0' and '' or lines
end

-- Marks the call, with the errors in its reply, when all of it is done: one that an error ends half-way is done
-- again when it comes again, and what is stored already is known by its id.
local function mark_applied(batch, number, lines, reply)
  local mark = { number .. lines }
  for i = 2, #reply, 2 do mark[#mark + 1] = number .. ' ' .. reply[i] .. ' ' .. reply[i + 1] end
  redis.call('SET', batch, table.concat(mark, '\n'), 'EX', 3600)
end
