-- Part. Recognises a call that was applied already: its reply was lost, and it is sent again.
--
-- `batch` holds the number of the last applied call of one opened pool. `after` is the number of the
-- call before this one in the same sending, 0 for the first: if that one was refused (out of memory,
-- say), this one must not be applied either, or the marker would claim that both were.
-- Returns the reply to give, or nil: the call is new and now marked. The mark is the first write of
-- its script: Redis refuses a script for want of memory, disk or replicas at its first write only,
-- so what is refused is refused whole.
local function once(batch, number, after)
  local applied = tonumber(redis.call('GET', batch) or 0)
  if tonumber(number) <= applied then
    -- a write, so that a WAIT after it speaks for the first time too
    redis.call('EXPIRE', batch, 3600)
    return 'again'
  end
  if applied < tonumber(after) then
    return redis.error_reply('TRYAGAIN the call before this one was refused')
  end
  redis.call('SET', batch, number, 'EX', 3600)
end
