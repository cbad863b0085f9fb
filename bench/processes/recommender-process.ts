import { startRecommender } from '../../src/sandbox/recommender-server.ts';
import { CONTENTS } from '../workload.ts';

/**
 * A recommender in a process of its own, which ends with its parent. It takes as many milliseconds for each answer as
 * its argument says, and prints its URL.
 * - For each line on its input it prints how many calls it has answered since the line before, and in how many
 *   seconds from the first to the last of them.
 */
const SAMPLE_EVERY_MS = 5;

const recommender = await startRecommender({
  contentIds: CONTENTS.map(({ id }) => id),
  latencyMs: Number(process.argv[2]),
});
let before = 0;
let seen = 0;
let firstAt = 0;
let lastAt = 0;
setInterval(() => {
  if (recommender.calls === seen) return;
  lastAt = performance.now();
  if (seen === before) firstAt = lastAt;
  seen = recommender.calls;
}, SAMPLE_EVERY_MS);

process.stdin.on('data', () => {
  process.stdout.write(`${JSON.stringify({ calls: seen - before, seconds: (lastAt - firstAt) / 1000 })}\n`);
  before = seen;
});
process.stdin.on('end', () => process.exit(0));
process.stdout.write(`${recommender.url}\n`);
