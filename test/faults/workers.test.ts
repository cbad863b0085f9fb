import { afterAll, beforeAll, test } from '@jest/globals';
import { judge } from '../support/fault-oracle.ts';
import { type FaultRoom, openFaultRoom } from '../support/fault-room.ts';
import { letLocksExpire } from '../support/stalled-jobs.ts';

/** W: what is done to workers. */
let room: FaultRoom;
const slow = true;

beforeAll(async () => {
  room = await openFaultRoom({
    employees: 60,
    env: { EMPLOYEE_CONCURRENCY: '5', SHUTDOWN_TIMEOUT: '5' },
  });
});

afterAll(() => room?.close());

test('W1: a worker that is killed again and again loses nobody', async () => {
  const runId = await room.begin();
  for (const done of [5, 20, 35]) {
    const worker = room.start(['worker']);
    await room.done(runId, done);
    worker.signal('SIGKILL');
    await worker.ended;
    await letLocksExpire(room.connection);
  }
  room.start(['worker']);
  await room.reaches(runId, 'finished');
  await judge(room, runId, { extraCalls: () => 3 });
});
