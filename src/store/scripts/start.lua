-- Part; needs msgid.lua. The score after which a reader of a topic's log goes on (SPEC 3).
--
-- `after` is where it stands, empty for a cold reader. A cold `queue` begins at the beginning; a cold
-- `pubsub` after its position: at the position's score, or if that is no longer in the log at the
-- time in it less one minute (two clocks; may repeat, never skips), or at the beginning. `known` is a
-- position that the reader has and Redis perhaps not yet (`id` empty: none): the later of both counts.
--
-- With a `score` it is doubted: the log may have lost data and got it back, with others before it that the
-- reader has not seen. If it stands elsewhere, what Redis has may as well; then an earlier one that stands
-- where it stood counts, because who has that also has what was stored before it.
local function time_start(id, clock)
  local time = micros(id)
  -- never beyond the clock: the id was made by the broker's
  return time and math.max(0, math.min(time - 60000000, clock)) or 0
end

local function held_start(client, topic, clock)
  local id = redis.pcall('GET', POSITION .. client .. ':' .. topic)
  -- another type lives at that key: no position
  if type(id) ~= 'string' then return 0 end
  local score = redis.call('ZSCORE', LOG .. topic, id)
  if score then return tonumber(score) end
  -- client `a` of topic `b:c` and client `a:b` of topic `c` share a position: this one may be the other's
  local of = redis.pcall('HGET', MESSAGE .. id, 'topic')
  if type(of) == 'string' and of ~= topic then return 0 end
  return time_start(id, clock)
end

local function stands(topic, id, score)
  local found = redis.call('ZSCORE', LOG .. topic, id)
  return found and tonumber(found) == tonumber(score)
end

local function doubted_start(topic, clock, known)
  if stands(topic, known.id, known.score) then return tonumber(known.score) end
  local by_time = time_start(known.id, clock)
  local stood = known.earlier ~= '' and stands(topic, known.earlier, known.earlier_score)
  return stood and math.max(by_time, tonumber(known.earlier_score)) or by_time
end

local function start_of(kind, client, topic, after, clock, known)
  if after ~= '' then return tonumber(after) end
  if kind ~= 'pubsub' then return 0 end
  if known.score ~= '' then return doubted_start(topic, clock, known) end
  local score = known.id ~= '' and redis.call('ZSCORE', LOG .. topic, known.id)
  return math.max(held_start(client, topic, clock), tonumber(score or 0))
end
