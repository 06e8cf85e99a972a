-- on_client_disconnected, in the hash of the node: only if no newer connection is listed.
--
-- KEYS  the node's hash
-- ARGV  client id, fence
if tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0) == tonumber(ARGV[2]) then redis.call('HDEL', KEYS[1], ARGV[1]) end
return 1
