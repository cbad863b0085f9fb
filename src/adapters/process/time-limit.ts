/** Says that something took too long. */
export class TimeLimitError extends Error {
  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`);
    this.name = 'TimeLimitError';
  }
}

/**
 * What comes of a promise, if it comes within the limit. What is given up continues by itself, and its failure harms
 * nobody. Waiting does not keep the process alive.
 * @throws TimeLimitError, or what the promise rejects with.
 */
export async function within<T>(promise: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TimeLimitError(limitMs)), limitMs).unref();
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for something to end, well or not, but no longer than the limit. @returns whether it has ended. */
export async function endedWithin(promise: Promise<unknown>, limitMs: number): Promise<boolean> {
  const ended = promise.then(
    () => true,
    () => true,
  );
  return within(ended, limitMs).catch(() => false);
}
