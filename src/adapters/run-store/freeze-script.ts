/**
 * Puts what a stage made in its place and on record, whole, at once, unless that has happened: a worker that has lost
 * its lock may be at it beside another one, with other answers, and what the first has put there stands. Returns 1 when
 * this was the first, 0 also when the run is gone, -1 when the draft has fewer fields than were written to it.
 *
 * KEYS: the run's record, the place, the draft that takes the place (the same key where there is none); then all other
 * keys of the run. ARGV: the field of the record, what goes there, the expiry in seconds, the number of fields of the
 * draft; then fields and values of the place.
 */
export const FREEZE = `
local record, place, draft = KEYS[1], KEYS[2], KEYS[3]
if redis.call('HEXISTS', record, 'plan') == 0 or redis.call('HEXISTS', record, ARGV[1]) == 1 then
  if draft ~= place then redis.call('UNLINK', draft) end
  return 0
end
if redis.call('HLEN', draft) < tonumber(ARGV[4]) then return -1 end
if draft ~= place and redis.call('EXISTS', draft) == 1 then redis.call('RENAME', draft, place) end
if #ARGV > 4 then redis.call('HSET', place, unpack(ARGV, 5)) end
redis.call('HSET', record, ARGV[1], ARGV[2])
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[3]) end
return 1`;

/**
 * Keeps an employee's result, unless there is one or the run has expired: nobody would ever remove what is written
 * then.
 *
 * KEYS: the run's results, which exist from its start. ARGV: the position, the result.
 */
export const PUT_RESULT = `
if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) end
return 0`;
