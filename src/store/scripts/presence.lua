-- on_client_connected, on_client_disconnected: one script for both, because their order counts.
-- Part: failure.
--
-- The fence is `online_at` itself. It only grows from one connection to the next, by at most the one
-- second that tells two nodes apart; who goes offline names the fence of its own online, and changes
-- nothing if a newer connection has come online since. Creates no key but EMQ X's two.
--
-- ARGV  per event: `online` or `offline`, client id, node, now in seconds, fence (online: what this
--       node's last online of the client answered, or 0; offline: what its own online answered)
-- Reply a list: one text with one word an event, the fence of an online, `-` for an offline; then
--       pairs of number (from 1) and error
local function online(client, node, now, last)
  local stored = redis.pcall('HGET', CLIENT .. client, 'online_at')
  if failure(stored) then return nil, stored.err end
  local held, fence = tonumber(stored or 0) or 0, now
  if held >= now then
    -- our own last may be kept: its offline, if any, came before this in order
    fence = held == last and held or held + 1
  end
  local text = string.format('%.0f', fence)
  local err = failure(redis.pcall('HSET', CLIENT .. client, 'state', '1', 'online_at', text, 'offline_at', 'undefined'))
    or failure(redis.pcall('HSET', NODE .. node, client, text))
  if err then return nil, err end
  return text
end

local function offline(client, node, now, fence)
  local listed = redis.pcall('HGET', NODE .. node, client)
  local held = redis.pcall('HMGET', CLIENT .. client, 'online_at', 'state')
  local err = failure(listed) or failure(held)
  if err then return nil, err end
  if tonumber(listed or 0) == fence then redis.call('HDEL', NODE .. node, client) end
  if tonumber(held[1] or 0) == fence and held[2] == '1' then
    redis.call('HSET', CLIENT .. client, 'state', '0', 'offline_at', string.format('%.0f', now))
  end
  return '-'
end

local words, reply = {}, { '' }
for i = 1, #ARGV / 5 do
  local at = 5 * i - 4
  local change = ARGV[at] == 'online' and online or offline
  local word, err = change(ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]))
  words[i] = word or '-'
  if err then
    local trouble = note(reply, i, err)
    if trouble then return trouble end
  end
end
reply[1] = table.concat(words, ' ')
return reply
