-- on_message_acked_for_keep_latest: removes the latest message of a topic if it still is the
-- acknowledged one. May be repeated.
--
-- KEYS  the record
-- ARGV  id
if redis.call('HGET', KEYS[1], 'id') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
