import { BtcFakeError } from '../../domain/errors.ts';

/** What a proxy on the way did instead of letting a connection through. */
export interface ProxyFault {
  /** Finishes a message: which proxy, and what it answered or why it cannot be reached. Without its login. */
  readonly text: string;
  /** Undefined when the proxy cannot be reached. */
  readonly status: number | undefined;
}

/**
 * `CONNECT` was not answered well. The message alone tells all: clients wrap errors, and keep of one only what it says.
 */
export class ProxyError extends Error {
  readonly code = 'EPROXY';

  constructor(proxy: string, what: string, cause?: Error) {
    super(`the proxy ${proxy} ${what}`, cause && { cause });
  }
}

const MESSAGE = /the proxy https?:\/\/\S+ (?:answered (\d{3}) to CONNECT \S+|cannot be reached \(\w+\))/;
const DEEPEST_CAUSE = 5;

/** The fault of a proxy behind an error of any client, or undefined when it is about something else. */
export function proxyFaultOf(error: unknown): ProxyFault | undefined {
  let current = error as { message?: unknown; cause?: unknown } | null | undefined;
  for (let depth = 0; depth < DEEPEST_CAUSE && typeof current === 'object' && current !== null; depth += 1) {
    const [text, status] = MESSAGE.exec(String(current.message)) ?? [];
    if (text !== undefined) return { text, status: status === undefined ? undefined : Number(status) };
    current = current.cause as typeof current;
  }
  return undefined;
}

/** Whether a proxy's answer says that it does not let us through, which is so until somebody changes something. */
export function isRefusal(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/** @param subject what was to be done, and what the proxy did. */
export function proxyRefused(subject: string, status: number | undefined, cause: unknown): BtcFakeError {
  const remedy =
    status === 407
      ? 'Put the user and the password that the proxy asks for into HTTPS_PROXY or HTTP_PROXY: http://user:password@host:port.'
      : 'Ask for the proxy to let this address through, or name it in NO_PROXY if it is reached without one.';
  return new BtcFakeError('PROXY_REFUSED', subject, { remedy, cause });
}
