/**
 * Puts what a stage made in its place and on record, at once, unless that has happened: a worker that has lost its lock
 * may write beside another one, with other answers. The first wins.
 * @returns 1 when this was the first; 0 when it was not, or the run is gone; -1 when the draft has fewer fields than
 * were written to it.
 * KEYS: the run's record, the place, the draft for the place (the same key where there is none); then all other keys of
 * the run. ARGV: the field of the record, what goes there, the expiry in seconds, the number of fields of the draft;
 * then fields and values of the place.
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
 * Keeps an employee's result, unless there is one already or the run has expired, since nothing would remove a later
 * one.
 * KEYS: the run's results, which exist from its start. ARGV: the position, the result.
 */
export const PUT_RESULT = `
if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) end
return 0`;
