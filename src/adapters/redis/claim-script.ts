/**
 * Gives a claim back, if it is still held under this token: a claim held too long may be another process's by now.
 *
 * KEYS: the claim. ARGV: the token.
 */
export const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`;
