import { expect, test } from '@jest/globals';
import { type CpuProfile, timeBySteps } from '../../bench/cpu-profile.ts';
import { OTHER_STEP, RUN_STEPS } from '../../bench/profile-steps.ts';

// Proves that every busy microsecond of a profile is in exactly one step, and in whose.

const MODULES = 'file:///app/node_modules/';
const OURS = 'file:///app/dist/src/';

/** A profile of chains of calls, outermost first, each with the microseconds that its last call was found in. */
function profileOf(
  chains: readonly { calls: readonly (readonly [name: string, url: string])[]; time: number }[],
): CpuProfile {
  const nodes = [{ id: 1, callFrame: { functionName: '(root)', url: '' }, children: [] as number[] }];
  const samples: number[] = [];
  const timeDeltas: number[] = [];
  for (const { calls, time } of chains) {
    let caller = nodes[0]!;
    for (const [functionName, url] of calls) {
      const node = { id: nodes.length + 1, callFrame: { functionName, url }, children: [] };
      caller.children.push(node.id);
      nodes.push(node);
      caller = node;
    }
    samples.push(caller.id);
    timeDeltas.push(time);
  }
  return { nodes, samples, timeDeltas };
}

test('time counts for whose code it was in, what Node.js does for who asked for it, and waiting for nobody', () => {
  const profile = profileOf([
    { calls: [['(idle)', '']], time: 1_000 },
    { calls: [['(garbage collector)', '']], time: 1 },
    { calls: [['(program)', '']], time: 2 },
    { calls: [['simulateEmployee', `${OURS}domain/employee-outcome.js`]], time: 4 },
    {
      calls: [
        ['simulateEmployee', `${OURS}domain/employee-outcome.js`],
        ['hash', 'node:internal/crypto/hash'],
      ],
      time: 8,
    },
    { calls: [['asPromise', `${MODULES}got/dist/source/index.js`]], time: 16 },
    {
      calls: [
        ['asPromise', `${MODULES}got/dist/source/index.js`],
        ['emit', 'node:events'],
      ],
      time: 32,
    },
    {
      calls: [
        ['asPromise', `${MODULES}got/dist/source/index.js`],
        ['request', 'node:_http_client'],
      ],
      time: 64,
    },
    { calls: [['run', `${MODULES}bullmq/dist/esm/classes/worker.js`]], time: 128 },
    { calls: [['onStreamRead', 'node:internal/stream_base_commons']], time: 256 },
    {
      calls: [
        ['x', `${MODULES}ioredis/built/Redis.js`],
        ['writev', ''],
      ],
      time: 512,
    },
  ]);
  expect(Object.fromEntries(timeBySteps(profile, RUN_STEPS, OTHER_STEP))).toEqual({
    'Garbage collection': 1,
    'System calls and the engine itself': 2,
    'The decision: assignments, draws, completions, rows': 12,
    'HTTP client: got': 48,
    'HTTP client: Node.js': 64,
    'Queue: BullMQ': 128,
    'Redis client: ioredis': 512,
    [OTHER_STEP]: 256,
  });
});

test.each([
  [`${OURS}adapters/recommender-failure.js`, 'The recommender’s client, our part'],
  [`${OURS}adapters/employee-states.js`, 'The run store, our part'],
  [`${OURS}adapters/redis.js`, 'Sending to Redis'],
  [`${OURS}workers/non-completed-feed.js`, 'Writing the files, our part'],
  [`${OURS}producers/fan-out.js`, 'The fan-out, our part'],
  [`${OURS}workers/job-handler.js`, 'The rest of ours'],
  [`${MODULES}pino/lib/proto.js`, 'Other packages'],
])('a call into %s is in "%s"', (url, step) => {
  const profile = profileOf([{ calls: [['call', url]], time: 1 }]);
  expect([...timeBySteps(profile, RUN_STEPS, OTHER_STEP).keys()]).toEqual([step]);
});
