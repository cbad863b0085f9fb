import type { RecommenderClient } from '../../src/adapters/recommender.ts';
import { bareLoop } from '../bare-recommender-loop.ts';

/** The bare loop in a process of its own, as cold as a run's process is. Arguments: URL, client, employees, concurrency. */
const [url, client, employees, concurrency] = process.argv.slice(2);
await bareLoop(url!, client as RecommenderClient, Number(employees), Number(concurrency));
process.stdout.write('{}\n');
