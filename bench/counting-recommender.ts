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

/** The recommender that all measurements call. */
export interface CountingRecommender {
  readonly url: string;
  count(): Promise<CountedCalls>;
  stop(): Promise<void>;
}

/** Starts `recommender-process.ts`. */
export async function startCountingRecommender(): Promise<CountingRecommender> {
  const program = fileURLToPath(new URL('./recommender-process.js', import.meta.url));
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => (await lines.next()).value;
  return {
    url: await nextLine(),
    count: async () => {
      child.stdin.write('count\n');
      return JSON.parse(await nextLine()) as CountedCalls;
    },
    stop: async () => {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}
