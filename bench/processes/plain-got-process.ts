import got from 'got';
import { FIRST_EMPLOYEE, TIMEOUT_MS } from '../workload.ts';

/**
 * The bare loop's calls by got as its documentation shows it, without what the recommender's client does to make a call cheaper.
 * Arguments: URL, client (always got), employees, concurrency.
 */
const [base, , employees, concurrency] = process.argv.slice(2);
const url = `${base}/public/api/v1/mltr/v3/run`;
let next = 0;
const lane = async () => {
  while (next < Number(employees)) {
    const json = { data: { ba_id: FIRST_EMPLOYEE + next++ } };
    await got.post(url, { json, timeout: { request: TIMEOUT_MS }, retry: { limit: 0 } }).json();
  }
};
await Promise.all(Array.from({ length: Number(concurrency) }, lane));
process.stdout.write('{}\n');
