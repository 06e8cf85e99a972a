-- Part; needs msgid.lua. The score after which a reader of a topic's log goes on (SPEC 3).
--
-- `after` is where it stands, empty for a cold reader. A cold `queue` begins at the beginning; a cold
-- `pubsub` after its position: at the position's score, or if that is no longer in the log at the
-- time in it less one minute (two clocks; may repeat, never skips), or at the beginning. `known`, if
-- not empty, is a position that the reader has and Redis perhaps not yet: the later of both counts. If
-- it stands elsewhere than at `known_score` the log has lost data and got it back, with others before
-- it perhaps that the reader has not seen: then it is as if it were no longer in the log.
local function held_start(client, topic, clock, moved)
  local id = redis.pcall('GET', POSITION .. client .. ':' .. topic)
  -- another type lives at that key: no position
  if type(id) ~= 'string' then return 0 end
  local score = id ~= moved and redis.call('ZSCORE', LOG .. topic, id)
  if score then return tonumber(score) end
  -- client `a` of topic `b:c` and client `a:b` of topic `c` share a position: this one may be the other's
  local of = redis.pcall('HGET', MESSAGE .. id, 'topic')
  if type(of) == 'string' and of ~= topic then return 0 end
  local time = micros(id)
  -- never beyond the clock: the id was made by the broker's
  return time and math.max(0, math.min(time - 60000000, clock)) or 0
end

local function start_of(kind, client, topic, after, clock, known, known_score)
  if after ~= '' then return tonumber(after) end
  if kind ~= 'pubsub' then return 0 end
  local score = known ~= '' and redis.call('ZSCORE', LOG .. topic, known)
  if score and tonumber(score) ~= tonumber(known_score) then return held_start(client, topic, clock, known) end
  return math.max(held_start(client, topic, clock), tonumber(score or 0))
end
