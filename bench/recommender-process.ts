import { startRecommender } from '../src/sandbox/recommender-server.ts';
import { CONTENT_IDS } from './workload.ts';

/** A recommender that answers at once, in a process of its own; it prints its URL and ends with its parent. */
const { url } = await startRecommender({ contentIds: CONTENT_IDS });
process.stdout.write(`${url}\n`);
process.stdin.on('end', () => process.exit(0)).resume();
