import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What a recommender in a process of its own has answered since it was last asked. */
export interface CountedCalls {
  readonly calls: number;
  /** From the first call to the last. */
  readonly seconds: number;
}

/** The recommender that a measurement calls. */
export interface CountingRecommender {
  readonly url: string;
  /** Calls a second since it was last asked, from the first call to the last, as the server saw them. */
  perSecond(): Promise<number>;
}

/** Does something with a recommender in a process of its own that takes `latencyMs` for each answer. */
export async function withRecommender<T>(
  latencyMs: number,
  work: (recommender: CountingRecommender) => Promise<T>,
): Promise<T> {
  const program = fileURLToPath(new URL('../processes/recommender-process.js', import.meta.url));
  const child = spawn(process.execPath, [program, String(latencyMs)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error('The recommender has ended');
    return value;
  };
  try {
    return await work({
      url: await nextLine(),
      perSecond: async () => {
        child.stdin.write('count\n');
        const { calls, seconds } = JSON.parse(await nextLine()) as CountedCalls;
        return calls / seconds;
      },
    });
  } finally {
    child.stdin.end();
    if (child.exitCode === null) await once(child, 'exit');
  }
}
