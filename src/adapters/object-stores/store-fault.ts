import { setTimeout as delay } from 'node:timers/promises';
import { BtcFakeError } from '../../domain/errors.ts';
import { retryDelayMs } from '../../domain/recommender/retry-policy.ts';
import { secretCutter } from '../process/secret-cutter.ts';

/** How a store is called. */
export interface CallLimits {
  /** For one request and its answer. Default 60 s. */
  readonly timeoutMs?: number;
  /** Requests in all for one call where what went wrong may pass. Default 5. */
  readonly attempts?: number;
  /** Multiplies the waits between attempts (1 s, doubled each time). Default 1. */
  readonly pace?: number;
}

/** What the errors of the libraries for stores have in common. */
interface LibraryError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  /** Of @azure and of our own requests. */
  readonly statusCode?: number;
  /** Of @aws-sdk. */
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly cause?: unknown;
}

const TIMEOUT_MS = 60_000;
const ATTEMPTS = 5;
const SHOWN_CHARACTERS = 300;
const NO_LOGIN =
  /Credential|^AuthenticationError$|^AggregateAuthenticationError$|^ExpiredToken|^InvalidToken$|^TokenProviderError$/;
/** A container or bucket that is gone, and names that nobody knows, stay so until somebody changes something. */
const STAYS = /^(ENOTFOUND|NoSuchBucket|ContainerNotFound|InvalidBucketName)$/;
const MAY_PASS: ReadonlySet<number> = new Set([408, 409, 412, 425, 429]);

/** Calls one store: with a time limit, again where it may help, and with errors that people can act on. */
export class StoreCaller {
  readonly #root: string;
  readonly #remedy: string;
  readonly #secrets: Set<string>;
  readonly #timeoutMs: number;
  readonly #attempts: number;
  readonly #pace: number;

  /** @param login where the credentials come from, for the remedy: `Check …`. @param secrets never shown. */
  constructor(root: string, login: string, secrets: readonly string[], limits: CallLimits) {
    this.#root = root;
    this.#remedy = login;
    this.#secrets = new Set(secrets);
    this.#timeoutMs = limits.timeoutMs ?? TIMEOUT_MS;
    this.#attempts = limits.attempts ?? ATTEMPTS;
    this.#pace = limits.pace ?? 1;
  }

  /** Credentials that became known later. */
  hide(...secrets: (string | undefined)[]): void {
    for (const secret of secrets) if (secret !== undefined && secret !== '') this.#secrets.add(secret);
  }

  /**
   * Does something until it works.
   * @param doing as it reads in a message: `writing drops/2026-01-07/a.csv`.
   * @param work one request with its answer; the signal ends it when it takes too long. An error that is ours is final.
   * @param limitMs for one attempt, if not the usual.
   * @throws BtcFakeError LANDING_FAILED, LANDING_DENIED.
   */
  async call<T>(doing: string, work: (signal: AbortSignal) => Promise<T>, limitMs = this.#timeoutMs): Promise<T> {
    for (let attemptsMade = 1; ; attemptsMade += 1) {
      const signal = AbortSignal.timeout(limitMs);
      try {
        return await work(signal);
      } catch (error) {
        if (error instanceof BtcFakeError) throw error;
        const late = signal.aborted ? `no answer within ${limitMs} ms` : undefined;
        if (attemptsMade >= this.#attempts || (late === undefined && !mayPass(error))) {
          throw this.#failure(doing, error, late);
        }
        await delay(retryDelayMs({ attemptsMade, random: Math.random() }) * this.#pace);
      }
    }
  }

  /** An error that no repetition helps against. @param what as it stands behind `failed writing NAME: `. */
  refused(doing: string, what: string, remedy: string): BtcFakeError {
    return new BtcFakeError('LANDING_FAILED', `${this.#root}: failed ${doing}: ${what}`, { remedy });
  }

  #failure(doing: string, error: unknown, late: string | undefined): BtcFakeError {
    const said = late ?? this.#saidBy(error);
    if (isDenied(error)) {
      return new BtcFakeError('LANDING_DENIED', `${this.#root}: not allowed while ${doing}: ${said}`, {
        remedy: this.#remedy,
      });
    }
    const remedy = STAYS.test(codeOf(error))
      ? 'Correct LAKEHOUSE_URL (or storage_url of lakehouse.yaml), or create what it names.'
      : 'Check that the store can be reached from this machine and is well; then land the run again.';
    return new BtcFakeError('LANDING_FAILED', `${this.#root}: failed ${doing}: ${said}`, { remedy });
  }

  /** The library's error itself may hold requests with credentials, so only its words are kept. */
  #saidBy(error: unknown): string {
    const { message = '' } = (error ?? {}) as LibraryError;
    const status = statusOf(error);
    const line = message.trim().split(/[\r\n]/, 1)[0] ?? '';
    const parts = [status === undefined ? undefined : `HTTP ${status}`, codeOf(error), line];
    const text = [...new Set(parts)].filter((part) => part !== undefined && part !== '').join(': ');
    return secretCutter([...this.#secrets])(text).slice(0, SHOWN_CHARACTERS);
  }
}

/** The HTTP status behind an error of a library; undefined when nothing was answered. */
export function statusOf(error: unknown): number | undefined {
  const { statusCode, $metadata } = (error ?? {}) as LibraryError;
  return statusCode ?? $metadata?.httpStatusCode;
}

/** The store's own word for what went wrong (`NoSuchKey`, `BlobAlreadyExists`), or the system's (`ECONNREFUSED`). */
export function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as LibraryError;
  return typeof code === 'string' && code !== '' ? code : (name ?? '');
}

function isDenied(error: unknown): boolean {
  const status = statusOf(error);
  const { name = '' } = (error ?? {}) as LibraryError;
  return status === 401 || status === 403 || NO_LOGIN.test(name) || NO_LOGIN.test(codeOf(error));
}

function mayPass(error: unknown): boolean {
  if (isDenied(error) || STAYS.test(codeOf(error))) return false;
  const status = statusOf(error);
  return status === undefined || status >= 500 || MAY_PASS.has(status);
}
