/**
 * Makes a whole run visible at once, unless it is there: of two processes that make the run of one slot, each from its
 * own reading of the employees file, the first wins.
 * @returns 1 when it made the run, -1 when chunks of the population are gone.
 * KEYS: the run's record, its results, the list of runs, its population, the population as it was read (the same key,
 * or one to replace it); then all other keys of the run. ARGV: the id, createdAt, the expiry in seconds, the results'
 * mark, the number of chunks; then the fields and values of the record.
 */
export const CREATE_RUN = `
local record, results, runs, population, draft = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
if redis.call('HEXISTS', record, 'plan') == 1 then
  if draft ~= population then redis.call('UNLINK', draft) end
  return 0
end
if redis.call('HLEN', draft) < tonumber(ARGV[5]) then return -1 end
if draft ~= population and redis.call('EXISTS', draft) == 1 then redis.call('RENAME', draft, population) end
redis.call('HSET', record, unpack(ARGV, 6))
redis.call('HSET', results, ARGV[4], '')
redis.call('ZADD', runs, ARGV[2], ARGV[1])
for i, key in ipairs(KEYS) do
  if key ~= runs then redis.call('EXPIRE', key, ARGV[3]) end
end
return 1`;
