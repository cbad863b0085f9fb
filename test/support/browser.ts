import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** The browser keeps to itself: no call home, no update, no first-run pages. */
const ARGUMENTS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const LIMIT_MS = 15_000;

/** A page of a browser that notes what goes wrong in it. */
export interface WatchedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /**
   * Errors and warnings on the console, exceptions, requests that failed, and requests to any other host than `origin`.
   */
  readonly faults: readonly string[];
}

/**
 * Starts Debian's Chromium, without a window. The caller closes it.
 * @param args more for its command line.
 */
export function startBrowser(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: pathOf('chromium'),
    args: [...ARGUMENTS, ...args],
    // Its sandbox does not work for root.
    chromiumSandbox: process.getuid?.() !== 0,
  });
}

/** Opens a page in a window of its own, with no memory of others. The caller closes its context. */
export async function openPage(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ baseURL: origin, ...options });
  context.setDefaultTimeout(LIMIT_MS);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`exception: ${error.message}`));
  page.on('request', (request) => {
    if (/^https?:/.test(request.url()) && new URL(request.url()).origin !== origin) {
      faults.push(`request to elsewhere: ${request.url()}`);
    }
  });
  page.on('requestfailed', (request) => {
    // A page that is left breaks off what it still loads or listens to.
    const reason = request.failure()?.errorText ?? '';
    if (!reason.includes('ERR_ABORTED')) faults.push(`request failed: ${request.url()} ${reason}`);
  });
  return { page, context, faults };
}

function pathOf(program: string): string {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    try {
      const path = join(folder, program);
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  throw new Error(`There is no ${program} on the PATH; "npm test" installs it`);
}
