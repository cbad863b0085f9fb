// Proves that periodic periodicTasks are done again and again, never twice at once, that their failing is told once,
// and that they never keep a process from stopping.
import { afterEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { BtcFakeError } from '../../../src/domain/errors.ts';
import {
  type PeriodicTask,
  type RunningTasks,
  startPeriodicTasks,
} from '../../../src/workers/periodic/periodic-task.ts';
import type { LogLine } from '../../support/run-fixture.ts';
import { waitUntil } from '../../support/wait-until.ts';

const log: LogLine[] = [];
const logger = pino({ base: null }, { write: (line: string) => log.push(JSON.parse(line)) });
const started: RunningTasks[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((running) => running.stop()));
  log.length = 0;
});

function start(...tasks: PeriodicTask[]): RunningTasks {
  const running = startPeriodicTasks(tasks, logger);
  started.push(running);
  return running;
}

/** A task that counts, and does what one can change while it continues. */
function countingTask(name = 'counting') {
  const task = {
    name,
    everyMs: 5,
    times: 0,
    atOnce: 0,
    mostAtOnce: 0,
    work: async () => {},
    async run() {
      task.times += 1;
      task.atOnce += 1;
      task.mostAtOnce = Math.max(task.mostAtOnce, task.atOnce);
      try {
        await task.work();
      } finally {
        task.atOnce -= 1;
      }
    },
  };
  return task;
}

test('each task is done at once, and again and again', async () => {
  const [one, other] = [countingTask(), countingTask()];
  start(one, other);
  expect([one.times, other.times]).toEqual([1, 1]);
  await waitUntil('both are done five times', () => one.times >= 5 && other.times >= 5);
});

test('a task that takes long is done once at a time and holds up no other', async () => {
  const [slow, quick] = [countingTask(), countingTask()];
  let finish = (): void => {};
  slow.work = () =>
    new Promise((resolve) => {
      finish = resolve;
    });
  start(slow, quick);
  await waitUntil('the quick one is done ten times', () => quick.times >= 10);
  expect(slow.times).toBe(1);
  finish();
  await waitUntil('the slow one is done again', () => slow.times === 2);
  expect([slow.mostAtOnce, quick.mostAtOnce]).toEqual([1, 1]);
  finish();
});

describe('a failure', () => {
  test('is told once, and once more, with a count, when it is over', async () => {
    const task = countingTask('the task');
    task.work = () => Promise.reject(new BtcFakeError('REDIS_UNREACHABLE', 'Redis is away'));
    start(task);
    await waitUntil('it has failed four times', () => task.times > 4);
    expect(log).toMatchObject([{ level: 50, task: 'the task', reason: 'REDIS_UNREACHABLE: Redis is away' }]);
    const failures = task.times;
    task.work = async () => {};
    await waitUntil('its end is told', () => log.length > 1);
    expect(log[1]).toMatchObject({ level: 40, msg: 'The periodic tasks are done again' });
    expect(log[1]?.failures).toBeGreaterThanOrEqual(failures - 1);
    task.work = () => Promise.reject(new Error('no'));
    await waitUntil('the next one is told', () => log.length > 2);
    expect(log[2]).toMatchObject({ level: 50, reason: 'INTERNAL: no' });
  });

  test('of several tasks at once is one, and is over when all are done again', async () => {
    const [one, other] = [countingTask('one'), countingTask('other')];
    for (const task of [one, other]) task.work = () => Promise.reject(new Error('no'));
    start(one, other);
    await waitUntil('both have failed', () => one.times > 2 && other.times > 2);
    one.work = async () => {};
    const { times } = one;
    await waitUntil('one is done again', () => one.times > times + 2);
    expect(log).toHaveLength(1);
    other.work = async () => {};
    await waitUntil('the end is told', () => log.length === 2);
  });

  test('that is thrown before there is anything to wait for is a failure too', async () => {
    const task: PeriodicTask = {
      name: 'throws',
      everyMs: 5,
      run() {
        throw new Error('at once');
      },
    };
    start(task);
    await waitUntil('it is told', () => log.length === 1);
  });
});

describe('stopping', () => {
  test('waits for what is being done, then does what is left to do, and begins nothing any more', async () => {
    const done: string[] = [];
    const task = countingTask();
    const end = async () => void done.push('end');
    let finish = (): void => {};
    task.work = () =>
      new Promise((resolve) => {
        finish = () => {
          done.push('work');
          resolve();
        };
      });
    const running = startPeriodicTasks([{ ...task, end }], logger);
    const stopped = running.stop();
    finish();
    await stopped;
    expect(done).toEqual(['work', 'end']);
    const { times } = task;
    const other = countingTask();
    start(other);
    await waitUntil('time goes by', () => other.times > 5);
    expect(task.times).toBe(times);
  });

  test('does not wait for ever for what never ends, nor for an end that does not, and says nothing of their failing', async () => {
    let fail = (_error: Error): void => {};
    const task = countingTask();
    task.work = () =>
      new Promise((_resolve, reject) => {
        fail = reject;
      });
    const running = startPeriodicTasks([{ ...task, end: () => new Promise(() => {}) }], logger);
    await running.stop();
    fail(new Error('the connection is closed'));
    await new Promise(setImmediate);
    expect(log).toEqual([]);
  });

  test('is fine when an end fails, and when it is done twice', async () => {
    const running = startPeriodicTasks([{ ...countingTask(), end: () => Promise.reject(new Error('no')) }], logger);
    await Promise.all([running.stop(), running.stop()]);
  });
});
