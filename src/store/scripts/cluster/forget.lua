-- Takes a topic out of an index, unless somebody has written it there lately.
--
-- KEYS  the index; when its topics were last written
-- ARGV  topic, seconds since 1970 before which it must have been
if tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or 0) > tonumber(ARGV[2]) then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
