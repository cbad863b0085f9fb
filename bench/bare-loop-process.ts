import { bareLoop } from './bare-recommender-loop.ts';
import { TIMEOUT_MS } from './workload.ts';

/** The bare loop in a process of its own, as cold as a run's process is; it prints its result as JSON. */
const [url, employees, concurrency] = process.argv.slice(2);
const result = await bareLoop({
  url: url!,
  employees: Number(employees),
  concurrency: Number(concurrency),
  timeoutMs: TIMEOUT_MS,
});
process.stdout.write(`${JSON.stringify(result)}\n`);
