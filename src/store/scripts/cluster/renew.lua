-- Gives old entries of a log their scores, two hundred at a time. Parts: (this one), old-scores, renew-log.
-- Their records lie in other slots: what is needed of them comes along.
--
-- KEYS  the log; the clock of its slot; the caps of its slot's logs
-- ARGV  per old entry its id and the `ts` of its record (`-`: there is none)
-- Reply 1 when the log has no old entries any more, 0 when it has, or others than those that came along
local LOG, MESSAGE, CLOCK, RENEWING, TOPICS = '', '', KEYS[2], KEYS[3], nil
local times = {}
for i = 1, #ARGV, 2 do times[ARGV[i]] = ARGV[i + 1] end

-- as in record.lua
local function read_record(id)
  return times[id] ~= '-' and { false, false, false, false, times[id] } or nil
end
