-- Part; needs renew.lua and old-scores.lua.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', OLD_SCORE, 'LIMIT', 0, OLD_PER_CALL)) do
  if times[id] == nil then return 0 end
end
return is_renewed(KEYS[1]) and 1 or 0
