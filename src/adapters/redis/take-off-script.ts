/**
 * Takes the jobs of one run out of a part of a list of waiting jobs in one step; a search for each job would take hours
 * for a million. The parent of the jobs is gone before. Oldest jobs stand at the tail.
 * @returns how many it took, how many of the part it left, and 1 when the part reached the list's end.
 * KEYS: the list. ARGV: what the jobs' keys begin with, the run, how many at the tail to skip, how many to look at.
 */
export const TAKE_OFF = `
local list, prefix, run = KEYS[1], ARGV[1], ARGV[2]
local last = redis.call('LLEN', list) - 1 - tonumber(ARGV[3])
if last < 0 then return {0, 0, 1} end
local first = math.max(0, last - tonumber(ARGV[4]) + 1)
local taken = 0
local ids = redis.call('LRANGE', list, first, last)
for i, id in ipairs(ids) do
  if string.match(id, '^(.*)%-%d+$') == run then
    redis.call('LSET', list, first + i - 1, '')
    redis.call('UNLINK', prefix .. id, prefix .. id .. ':logs')
    taken = taken + 1
  end
end
if taken > 0 then redis.call('LREM', list, -taken, '') end
return {taken, #ids - taken, first == 0 and 1 or 0}`;
