-- on_client_disconnected, in the hash of the client: only if no newer connection has come online.
--
-- KEYS  the client's hash
-- ARGV  fence: what the connection's own online answered; now in seconds
local held = redis.call('HMGET', KEYS[1], 'online_at', 'state')
if tonumber(held[1] or 0) == tonumber(ARGV[1]) and held[2] == '1' then
  redis.call('HSET', KEYS[1], 'state', '0', 'offline_at', ARGV[2])
end
return 1
