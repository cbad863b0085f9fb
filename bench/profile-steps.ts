import type { ProfileStep } from './cpu-profile.ts';

/** What a run's process does, as far as a profile tells it apart. The first step that holds a call has it. */
export const RUN_STEPS: readonly ProfileStep[] = [
  { name: 'Garbage collection', holds: (name) => name === '(garbage collector)' },
  { name: 'System calls and the engine itself', holds: (name) => name === '(program)' },
  ours('The decision: assignments, draws, completions, rows', 'src/domain/'),
  ours('The recommender’s client, our part', 'src/adapters/recommender'),
  ours('The run store, our part', 'src/adapters/(run-store|employee-|run-record)'),
  ours('Sending to Redis', 'src/adapters/redis'),
  ours('Writing the files, our part', 'src/adapters/feed-files|src/workers/(assemble-feeds|non-completed-feed)'),
  ours('The fan-out, our part', 'src/producers/'),
  ours('The rest of ours', '(src|config)/'),
  // What got stands on does its work alone here.
  packages(
    'HTTP client: got',
    'got|@sindresorhus|@szmarczak|http-timer|cacheable-|lowercase-keys|responselike|decompress',
  ),
  { name: 'HTTP client: Node.js', holds: (_name, url) => /^node:(_http|http|internal\/http)/.test(url) },
  packages('Queue: BullMQ', 'bullmq|msgpackr|cron-parser|semver|uuid'),
  packages(
    'Redis client: ioredis',
    'ioredis|@ioredis|redis-parser|redis-errors|standard-as-callback|denque|cluster-key-slot',
  ),
  packages('CSV: fast-csv', '@fast-csv|fast-csv'),
  { name: 'Other packages', holds: (_name, url) => url.includes('/node_modules/') },
  {
    name: 'Loading the program',
    holds: (_name, url) => /^node:internal\/(modules|bootstrap|main|process\/execution)/.test(url),
  },
];

/** What Node.js does by itself, for nobody that a profile could name. */
export const OTHER_STEP = 'Sockets, streams and timers of Node.js';

function ours(name: string, paths: string): ProfileStep {
  const pattern = new RegExp(`^(?!.*/node_modules/).*/dist/(${paths})`);
  return { name, holds: (_function, url) => pattern.test(url) };
}

function packages(name: string, names: string): ProfileStep {
  const pattern = new RegExp(`/node_modules/(${names})`);
  return { name, holds: (_function, url) => pattern.test(url) };
}
