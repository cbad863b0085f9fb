import type { RecommenderClient } from '../../src/adapters/recommender/client.ts';
import { benchRecommender, callForEach } from '../baselines/bare-recommender-loop.ts';

/**
 * The calls of a run by the same client, in a process of its own, as cold as a run's process is. Arguments: URL,
 * client, employees, concurrency.
 */
const [url, client, employees, concurrency] = process.argv.slice(2);
const recommender = benchRecommender(url!, client as RecommenderClient, Number(concurrency));
await callForEach(Number(employees), Number(concurrency), (employeeId) => recommender.recommend(employeeId));
recommender.close();
process.stdout.write('{}\n');
