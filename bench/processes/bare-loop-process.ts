import { bareLoop } from '../bare-recommender-loop.ts';

/** The bare loop in a process of its own, as cold as a run's process is. Arguments: URL, employees, concurrency. */
const [url, employees, concurrency] = process.argv.slice(2);
await bareLoop(url!, Number(employees), Number(concurrency));
process.stdout.write('{}\n');
