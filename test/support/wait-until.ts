import { setTimeout as delay } from 'node:timers/promises';

/** Waits until the condition holds; fails, naming `what`, when it does not within `limitMs`. */
export async function waitUntil(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 5_000,
): Promise<void> {
  for (const deadline = Date.now() + limitMs; !(await condition()); await delay(5)) {
    if (Date.now() > deadline) throw new Error(`Not within ${limitMs} ms: ${what}`);
  }
}
