import got from 'got';
import { callForEach, ENDPOINT } from '../baselines/bare-recommender-loop.ts';
import { TIMEOUT_MS } from '../workload.ts';

/**
 * The bare loop's calls by got as its documentation shows it, without what the recommender's client does to make a call
 * cheaper. Arguments: URL, employees, concurrency.
 */
const [url, employees, concurrency] = process.argv.slice(2);
await callForEach(Number(employees), Number(concurrency), (employeeId) =>
  got
    .post(`${url}${ENDPOINT}`, {
      json: { data: { ba_id: employeeId } },
      timeout: { request: TIMEOUT_MS },
      retry: { limit: 0 },
    })
    .json(),
);
process.stdout.write('{}\n');
