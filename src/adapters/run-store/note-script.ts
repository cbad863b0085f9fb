/**
 * Writes fields of a run's record and renews the expiry of all its keys, in one step. A run that has expired or was
 * deleted stays gone: the next run with its id would find the field.
 * @returns 1 when it was written.
 * KEYS: the run's record; then all other keys of the run. ARGV: the expiry in seconds, a field that the record must not
 * have (empty: none); then fields and values.
 */
export const NOTE = `
if redis.call('HEXISTS', KEYS[1], 'plan') == 0 then return 0 end
if ARGV[2] ~= '' and redis.call('HEXISTS', KEYS[1], ARGV[2]) == 1 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[1]) end
return 1`;

/**
 * The same for one field, if it still holds the value that the new value was made from. Of two processes that change it
 * at once, the second gets 0 and reads again. A run that is gone counts as written.
 * ARGV: the expiry in seconds, the field, its expected value (empty: nothing), the new value.
 */
export const NOTE_FIRST = `
if redis.call('HEXISTS', KEYS[1], 'plan') == 0 then return 0 end
redis.call('HSETNX', KEYS[1], ARGV[2], ARGV[3])
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[1]) end
return 1`;

/**
 * The same for one field, if it still holds what its new value was made from: of two processes that change it at once,
 * the second one gets 0, reads again, and loses nothing of the first one's. A run that is gone counts as written.
 *
 * ARGV: the expiry in seconds, the field, what it has to hold (empty: nothing), the new value.
 */
export const NOTE_UNCHANGED = `
if redis.call('HEXISTS', KEYS[1], 'plan') == 0 then return 1 end
if (redis.call('HGET', KEYS[1], ARGV[2]) or '') ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[4])
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[1]) end
return 1`;

/**
 * Removes runs without a record from the list of runs; it checks again, because a run with the same id may be new.
 * KEYS: the list, the records. ARGV: the ids of the runs, in the same order.
 */
export const FORGET_EXPIRED = `
local forgotten = 0
for i, id in ipairs(ARGV) do
  if redis.call('EXISTS', KEYS[i + 1]) == 0 then forgotten = forgotten + redis.call('ZREM', KEYS[1], id) end
end
return forgotten`;
