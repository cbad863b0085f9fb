import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { FailureLimiter } from './failure-limiter.ts';

const MINUTE_MS = 60_000;
/** From one address, or one browser that logged in before. */
const PER_NAME = { failures: 5, windowMs: MINUTE_MS, capacity: 10_000 };
/** From all addresses together, for guesses that come from many. */
const IN_ALL = { failures: 100, windowMs: MINUTE_MS, capacity: 1 };

/** What a request says of who sends it. */
export interface LoginAttempt {
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  /** The token of a browser that logged in before. */
  readonly token: string | undefined;
  readonly address: string;
}

/** What came of it. A right one may bring a token for the browser to keep. */
export type LoginOutcome =
  | { readonly outcome: 'right'; readonly newToken?: string }
  | { readonly outcome: 'missing' }
  /** New: differs from the wrong login just before. */
  | { readonly outcome: 'wrong'; readonly isNew: boolean }
  | { readonly outcome: 'throttled'; readonly waitMs: number };

/**
 * Checks HTTP Basic logins against the one user. User and password are always both compared, as hashes, in constant
 * time. Guessing is slowed, also for the right login, whose answer is what a guesser wants (docs/security.md).
 * - After 5 different wrong logins in a minute from an address, or 100 from everywhere, nothing is compared until the
 *   minute is over.
 * - A browser that has logged in keeps a token and is counted by itself, so nobody can lock out others behind the
 *   same proxy. Tokens are signed with a key that lives as long as the process.
 */
export class Login {
  readonly #user: Buffer;
  readonly #password: Buffer;
  readonly #key = randomBytes(32);
  readonly #byName = new FailureLimiter(PER_NAME);
  readonly #inAll = new FailureLimiter(IN_ALL);

  constructor({ user, password }: { readonly user: string; readonly password: string }) {
    this.#user = hashOf(user);
    this.#password = hashOf(password);
  }

  /** @param now epoch milliseconds. */
  check({ authorization, token, address }: LoginAttempt, now: number): LoginOutcome {
    if (authorization === undefined) return { outcome: 'missing' };
    const known = token !== undefined && this.#isOurs(token);
    const name = known ? `browser ${token}` : `address ${address}`;
    const waitMs = Math.max(this.#byName.waitMs(name, now), known ? 0 : this.#inAll.waitMs('', now));
    if (waitMs > 0) return { outcome: 'throttled', waitMs };
    if (this.#isRight(authorization)) return { outcome: 'right', ...(known ? {} : { newToken: this.#newToken() }) };
    const attempt = hashOf(authorization).toString('base64');
    const isNew = this.#byName.fail(name, attempt, now);
    if (isNew && !known) this.#inAll.fail('', name + attempt, now);
    return { outcome: 'wrong', isNew };
  }

  #isRight(authorization: string): boolean {
    const [user, password] = basicCredentials(authorization);
    const userIsRight = timingSafeEqual(hashOf(user), this.#user);
    const passwordIsRight = timingSafeEqual(hashOf(password), this.#password);
    return userIsRight && passwordIsRight;
  }

  #newToken(): string {
    const id = randomBytes(16).toString('hex');
    return `${id}.${this.#signature(id)}`;
  }

  #isOurs(token: string): boolean {
    const [id = '', signature = ''] = token.split('.');
    return timingSafeEqual(hashOf(signature), hashOf(this.#signature(id)));
  }

  #signature(id: string): string {
    return createHmac('sha256', this.#key).update(id).digest('hex');
  }
}

/** Hashes have one length, whatever they are made of, and nothing can be learned from comparing them. */
function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** User and password of an `Authorization: Basic` header (RFC 7617, in UTF-8); two empty texts of any other. */
function basicCredentials(authorization: string): [user: string, password: string] {
  const encoded = /^Basic +([\w+/=-]+) *$/i.exec(authorization)?.[1];
  const text = Buffer.from(encoded ?? '', 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? ['', ''] : [text.slice(0, colon), text.slice(colon + 1)];
}
