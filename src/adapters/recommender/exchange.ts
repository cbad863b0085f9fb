import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';
import type { Exchange } from './failure.ts';

/** An answer that is longer is none. */
const LARGEST_BODY_BYTES = 1024 * 1024;

const LONGEST_CONNECT_MS = 10_000;

/** For a server that compresses although it was asked not to. */
const DECODERS: Readonly<Record<string, (body: Buffer, options: { maxOutputLength: number }) => Buffer>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

/**
 * What is said with every call. An answer is a few hundred bytes: to compress it costs both sides more than it saves.
 */
export const REQUEST_HEADERS = {
  accept: 'application/json',
  'accept-encoding': 'identity',
  'content-type': 'application/json',
  'user-agent': 'btc-fake',
};

/** Where the calls go, and what they may take. */
export interface ExchangeOptions {
  /** May hold a user name and a password, which are sent. */
  readonly url: URL;
  /** From the start of a call to the last byte of its answer. */
  readonly timeoutMs: number;
  /** What is said with every call. */
  readonly headers: Readonly<Record<string, string>>;
  /** Connections at most; they are kept between calls. */
  readonly sockets: number;
  /** The proxy on the way, perhaps with a login; undefined: none. */
  readonly proxyUrl: string | undefined;
  /** Whom to trust; the well-known authorities unless given. */
  readonly secureContext: SecureContext | undefined;
}

/** A library that makes calls: each once, following no redirection, and judging no answer. */
export interface Exchanges {
  /** Posts a body. Never rejects: what broke the exchange off is in it. */
  post(body: string): Promise<Exchange>;
  /** Closes all connections; calls under way are broken off. */
  close(): void;
}

/** An answer as it comes in, however it ends. */
export class IncomingAnswer {
  /** Undefined until the answer begins. */
  status: number | undefined;
  headers: Exchange['headers'] = {};
  readonly #chunks: Buffer[] = [];
  #size = 0;

  /** Whether more has come than any list of recommendations has: the rest need not be read. */
  get tooLarge(): boolean {
    return this.#size > LARGEST_BODY_BYTES;
  }

  take(chunk: Buffer): void {
    this.#size += chunk.length;
    this.#chunks.push(chunk);
  }

  /** @param failure what broke the exchange off, if anything did; what had come until then is text as it came. */
  ended(failure?: Error): Exchange {
    const { status, headers, tooLarge } = this;
    const body = Buffer.concat(this.#chunks);
    const decode = DECODERS[headers['content-encoding']?.toLowerCase() ?? ''];
    const isWhole = failure === undefined && !tooLarge && body.length > 0;
    if (decode === undefined || !isWhole) return { status, headers, text: body.toString('utf8'), tooLarge, failure };
    try {
      const text = decode(body, { maxOutputLength: LARGEST_BODY_BYTES }).toString('utf8');
      return { status, headers, text, tooLarge, failure };
    } catch (error) {
      const isBomb = systemCode(error) === 'ERR_BUFFER_TOO_LARGE';
      return { status, headers, text: '', tooLarge: isBomb, failure: isBomb ? undefined : (error as Error) };
    }
  }
}

/** How much of the time for a call may pass before it has a connection. */
export function connectLimitMs(timeoutMs: number): number {
  return Math.min(timeoutMs, LONGEST_CONNECT_MS);
}

/**
 * Trusts the authorities of a PEM file besides the well-known ones. Made once: Node.js would otherwise read all of them
 * again for each connection. Throws `CONFIG_INVALID` when the file cannot be read or holds no certificate.
 */
export function trustedWith(caFile: string): SecureContext {
  try {
    const pem = readFileSync(caFile, 'utf8');
    // createSecureContext passes over a text that holds no certificate; this throws.
    new X509Certificate(pem);
    return createSecureContext({ ca: [...rootCertificates, pem] });
  } catch (cause) {
    const code = systemCode(cause) ?? 'ERR_';
    const reason = code.startsWith('ERR_') ? 'it is not in PEM form' : code;
    throw new BtcFakeError('CONFIG_INVALID', `API_CA_FILE: ${caFile} holds no certificate (${reason}).`, {
      remedy: 'Set API_CA_FILE to a readable PEM file with the certificate of the authority.',
      cause,
    });
  }
}
