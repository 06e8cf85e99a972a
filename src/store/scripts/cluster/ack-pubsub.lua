-- on_message_acked_for_pubsub: moves a position forward, never back, by the time in its id: the log
-- that knows better is in another slot. May be repeated. Part: msgid.
--
-- KEYS  the position
-- ARGV  id
local held = redis.call('GET', KEYS[1])
local before, after = held and micros(held), micros(ARGV[1])
-- an id of EMQ X says no time that could be compared
if not before or (after and after > before) then redis.call('SET', KEYS[1], ARGV[1]) end
return 1
