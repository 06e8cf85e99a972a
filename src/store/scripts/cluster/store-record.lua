-- The record of a message that is being stored. May be repeated.
--
-- A record that is to be kept for ever has a lease until it is logged: whatever becomes of its
-- broker meanwhile, there is none for long that nobody finds. It is written also if it is there, so
-- that a WAIT after it speaks for the first time too.
--
-- KEYS  the record
-- ARGV  seconds to keep it (0: for ever), then the seven fields id, from, qos, topic, payload, ts, retain
-- Reply 1 if there was none before, else 0
local LEASE = 3600
local left = redis.call('PTTL', KEYS[1])
redis.call('HSET', KEYS[1], 'id', ARGV[2], 'from', ARGV[3], 'qos', ARGV[4], 'topic', ARGV[5],
  'payload', ARGV[6], 'ts', ARGV[7], 'retain', ARGV[8])
local ttl = tonumber(ARGV[1])
local seconds = ttl > 0 and ttl or LEASE
if left == -2 or (left >= 0 and left < seconds * 1000) then redis.call('EXPIRE', KEYS[1], seconds) end
return left == -2 and 1 or 0
