-- Takes ids out of a log whose records were found missing, unless somebody has stored one of the
-- slot's messages again since: then it may be one of them.
--
-- KEYS  the log; the count of repeats of its slot
-- ARGV  that count before the records were looked for (empty: none), ids
-- Reply 1, or 0 if nothing was done
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[1] then return 0 end
for i = 2, #ARGV do redis.call('ZREM', KEYS[1], ARGV[i]) end
return 1
