-- on_client_connected, in the hash of the client. See ../presence.lua for the fence.
--
-- KEYS  the client's hash
-- ARGV  now in seconds, what this node's last online of the client answered or 0
-- Reply the fence
local now, last = tonumber(ARGV[1]), tonumber(ARGV[2])
local held = tonumber(redis.call('HGET', KEYS[1], 'online_at') or 0) or 0
local fence = now
if held >= now then fence = held == last and held or held + 1 end
local text = string.format('%.0f', fence)
redis.call('HSET', KEYS[1], 'state', '1', 'online_at', text, 'offline_at', 'undefined')
return text
