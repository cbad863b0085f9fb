// Proves that a recommender that asks for fewer calls is logged when it begins and once a minute with a count, not once
// a call.
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { ThrottleLog } from '../../../src/workers/runtime/throttle-log.ts';

test('once at first, then once a minute with the count since', () => {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });
  let now = 0;
  const log = new ThrottleLog(logger, () => now);
  const refused = (times: number, runId = 'run-x') => {
    for (let i = 0; i < times; i++) log.refused({ queue: 'employee-simulation', job: 'a', runId }, 500, '429');
  };
  refused(50);
  expect(lines).toEqual([
    expect.objectContaining({
      level: 40,
      queue: 'employee-simulation',
      runId: 'run-x',
      pauseMs: 500,
      refusals: 1,
      msg: '429',
    }),
  ]);
  now = 59_999;
  refused(50);
  expect(lines).toHaveLength(1);
  now = 60_000;
  refused(3, 'run-y');
  expect(lines[1]).toMatchObject({ runId: 'run-y', refusals: 100 });
  expect(lines).toHaveLength(2);
});
