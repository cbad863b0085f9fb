// Proves that a run is either there whole or not at all, and queued once.
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PopulationHash } from '../../src/adapters/run-store/population.ts';
import { POPULATION_CHUNK } from '../../src/adapters/run-store/record-codec.ts';
import type { RunId } from '../../src/domain/ids.ts';
import {
  createRun,
  createRunOfSlot,
  createRunOnce,
  enqueueRunStart,
  newRunId,
  type RunRequest,
} from '../../src/producers/create-run.ts';
import { addRunFlow } from '../../src/producers/run-flow.ts';
import { allOf } from '../support/all-of.ts';
import { failureOf } from '../support/failure-of.ts';
import { openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { people } from '../support/run-state.ts';

let fixture: RunFixture;
beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(() => fixture.reset());

const NOW = Date.UTC(2025, 9, 28, 11, 0, 0, 789);

function request(content: string, overrides: Partial<RunRequest> = {}): RunRequest {
  const employeesFile = join(fixture.folder, `${randomBytes(3).toString('hex')}.csv`);
  writeFileSync(employeesFile, content);
  return {
    employeesFile,
    skipInvalidEmployees: false,
    timeZone: 'America/Chicago',
    feedDateFormat: 'yy_MM_dd',
    publish: true,
    attempts: 7,
    now: NOW,
    ...overrides,
  };
}

test('a run is recorded as it was asked for, with the whole population, and put on its first queue', async () => {
  const employees = people(2 * POPULATION_CHUNK + 10);
  const rows = employees.map(({ id, type }) => `${id},${type}\n`).join('');
  const plan = await createRun(fixture.store, fixture.queues, request(`employee_id,employee_edu_type\n${rows}`));
  expect(plan).toEqual({
    id: expect.stringMatching(/^run-20251028T110000Z-[0-9a-f]{6}$/),
    seed: plan.id,
    asOf: Date.UTC(2025, 9, 28, 11, 0, 0),
    timeZone: 'America/Chicago',
    feedDateFormat: 'yy_MM_dd',
  });
  const run = await fixture.store.getRun(plan.id);
  expect(run).toMatchObject({ plan, createdAt: NOW, publish: true, employees: { employees: employees.length } });
  const chunks = await allOf(fixture.store.readPopulation(plan.id));
  expect(chunks.map(({ length }) => length)).toEqual([POPULATION_CHUNK, POPULATION_CHUNK, 10]);
  expect(chunks.flat()).toEqual(employees);
  const hash = new PopulationHash();
  for (const chunk of chunks) hash.add(chunk);
  expect(run.population).toEqual(hash.digest());
  const job = await fixture.job('run-start', plan.id);
  expect(job.data).toEqual({ version: 1, runId: plan.id });
  expect(job.opts).toMatchObject({ attempts: 7 });
});

test('the instant and the seed can be given; the fraction of a second is dropped', async () => {
  const given = { asOf: Date.UTC(2026, 0, 6, 1, 2, 3, 999), seed: 'my seed' };
  const plan = await createRun(fixture.store, fixture.queues, request('employee_id,employee_type\n1,a\n', given));
  expect(plan).toMatchObject({ seed: 'my seed', asOf: Date.UTC(2026, 0, 6, 1, 2, 3) });
});

describe('there is no run, and no job, no matter who asks, when', () => {
  test.each([
    ['the seed has a line break', { seed: 'two\nlines' }, /^The seed is not text on one line/],
    ['the seed has a line separator', { seed: 'two\u2028lines' }, /^The seed is not text on one line/],
    ['the seed has over 200 characters', { seed: 'x'.repeat(201) }, /^The seed is not text on one line/],
    ['the seed is blank', { seed: ' ' }, /^The seed is not text on one line/],
    ['the instant is before 1970', { asOf: -1 }, /outside the years 1970 to 9990$/],
    ['the instant is after 9990', { asOf: Date.UTC(9991, 0, 1) }, /outside the years 1970 to 9990$/],
  ])('%s', async (_what, wrong, message) => {
    const ask = request('employee_id,employee_type\n1,a\n', wrong);
    const make = [
      () => createRun(fixture.store, fixture.queues, ask),
      () => createRunOnce(fixture.store, fixture.queues, newRunId(NOW), ask),
    ];
    for (const work of make) {
      expect(await failureOf(work())).toMatchObject({ code: 'USAGE', message: expect.stringMatching(message) });
    }
    expect(await fixture.store.listRuns(10)).toEqual([]);
    expect(await fixture.queues.byName['run-start'].getWaitingCount()).toBe(0);
  });
});

test('two runs of the same second are two runs', async () => {
  const ask = request('employee_id,employee_type\n1,a\n');
  const [one, two] = await Promise.all([
    createRun(fixture.store, fixture.queues, ask),
    createRun(fixture.store, fixture.queues, ask),
  ]);
  expect(one!.id).not.toBe(two!.id);
  expect(await fixture.queues.byName['run-start'].getWaitingCount()).toBe(2);
});

test('the same request under one id, again and at once, makes one run with one population', async () => {
  const id = newRunId(NOW);
  const [one, other] = ['employee_id,employee_type\n1,a\n2,b\n', 'employee_id,employee_type\n3,f\n'].map((text) =>
    request(text),
  );
  const made = await Promise.all(
    [one!, other!, one!].map((ask) => createRunOnce(fixture.store, fixture.queues, id, ask)),
  );
  expect(made.filter(Boolean)).toHaveLength(1);
  const run = await fixture.store.getRun(id);
  const [chunk = []] = await allOf(fixture.store.readPopulation(id));
  expect([run.population.count, run.employees.employees]).toEqual([chunk.length, chunk.length]);
  expect(await createRunOnce(fixture.store, fixture.queues, id, other!)).toBe(false);
  // Nor is its file read again, which may be gone by then.
  expect(await createRunOnce(fixture.store, fixture.queues, id, { ...other!, employeesFile: '/nowhere' })).toBe(false);
  expect(await fixture.store.getRun(id)).toEqual(run);
  expect(await fixture.queues.byName['run-start'].getWaitingCount()).toBe(1);
  expect((await fixture.redis.keys('*draft*')).length).toBe(0);
});

test('the same request does not queue a run again that has begun', async () => {
  const id = newRunId(NOW);
  const ask = request('employee_id,employee_type\n1,a\n');
  await createRunOnce(fixture.store, fixture.queues, id, ask);
  await fixture.store.startStage(id, 'run-start', NOW);
  await (await fixture.job('run-start', id)).remove();
  await createRunOnce(fixture.store, fixture.queues, id, ask);
  expect(await fixture.queues.byName['run-start'].getWaitingCount()).toBe(0);
});

test('the same request can be made right after it was wrong', async () => {
  const id = newRunId(NOW);
  const wrong = createRunOnce(fixture.store, fixture.queues, id, request('employee_id,employee_type\nx,a\n'));
  expect((await failureOf(wrong)).code).toBe('EMPLOYEES_INVALID');
  expect(await fixture.redis.keys('*')).toEqual([]);
  expect(await createRunOnce(fixture.store, fixture.queues, id, request('employee_id,employee_type\n1,a\n'))).toBe(
    true,
  );
});

const MANY = Array.from({ length: 2_500 }, (_, i) => `${i + 1},a\n`).join('');
test.each([
  ['has a bad row after thousands of good ones', `employee_id,employee_type\n${MANY}x,a\n`, 'EMPLOYEES_INVALID'],
  ['is broken off in a quoted field', `employee_id,employee_type\n${MANY}"1`, 'EMPLOYEES_INVALID'],
  ['holds nobody', 'employee_id,employee_type\n#1,a\n', 'EMPLOYEES_INVALID'],
  ['is no employees file', 'a,b\n', 'EMPLOYEES_INVALID'],
])('of a file that %s nothing is left: no key, no job', async (_what, content, code) => {
  expect((await failureOf(createRun(fixture.store, fixture.queues, request(content)))).code).toBe(code);
  expect(await fixture.redis.keys('*')).toEqual([]);
});

test('of a file that is not there nothing is left', async () => {
  const ask = request('', { employeesFile: '/nowhere/employees.csv' });
  expect((await failureOf(createRun(fixture.store, fixture.queues, ask))).code).toBe('FILE_UNREADABLE');
  expect(await fixture.redis.keys('*')).toEqual([]);
});

test('bad rows that may be skipped are, and are on record', async () => {
  const ask = request('employee_id,employee_type\n1,a\nx,a\n2,b\n', { skipInvalidEmployees: true });
  const { id } = await createRun(fixture.store, fixture.queues, ask);
  const run = await fixture.store.getRun(id);
  expect(run.employees).toMatchObject({ employees: 2, invalid: { count: 1 } });
  expect(run.population.count).toBe(2);
});

test('to queue a run again adds nothing, also when it has begun', async () => {
  const run = await fixture.createRun(people(1));
  await enqueueRunStart(fixture.queues, run.plan.id, 3);
  await enqueueRunStart(fixture.queues, run.plan.id, 3);
  expect(await fixture.queues.byName['run-start'].getJobCounts('waiting', 'active', 'delayed')).toEqual({
    waiting: 1,
    active: 0,
    delayed: 0,
  });
});

test.each([false, true])('a flow is added whole and once, however often (published: %s)', async (publish) => {
  const run = await fixture.createRun(people(1), { publish });
  const { id } = run.plan;
  await Promise.all([addRunFlow(fixture.queues, run, 3), addRunFlow(fixture.queues, run, 3)]);
  await addRunFlow(fixture.queues, run, 3);
  const counts = (name: 'publish' | 'file-assembly' | 'assignment' | 'catalog-download') =>
    fixture.queues.byName[name].getJobCounts('waiting', 'waiting-children');
  expect(await counts('catalog-download')).toEqual({ waiting: 1, 'waiting-children': 0 });
  expect(await counts('assignment')).toEqual({ waiting: 0, 'waiting-children': 1 });
  expect(await counts('file-assembly')).toEqual({ waiting: 0, 'waiting-children': 1 });
  expect(await counts('publish')).toEqual({ waiting: 0, 'waiting-children': publish ? 1 : 0 });
  const parentOf = async (name: 'file-assembly' | 'assignment' | 'catalog-download') =>
    (await fixture.job(name, id)).parentKey?.split(':').slice(1).join(':');
  expect(await parentOf('catalog-download')).toBe(`assignment:${id}`);
  expect(await parentOf('assignment')).toBe(`file-assembly:${id}`);
  expect(await parentOf('file-assembly')).toBe(publish ? `publish:${id}` : undefined);
});

test('the employees file is only read', async () => {
  const ask = request('employee_id,employee_type\n1,a\n');
  const before = readFileSync(ask.employeesFile);
  await createRun(fixture.store, fixture.queues, ask);
  expect(readFileSync(ask.employeesFile)).toEqual(before);
});

describe('the run of a slot', () => {
  const SLOT = Date.UTC(2026, 10, 23, 6);
  const ID = 'run-20261123T060000Z-weekly' as RunId;
  const csv = (count: number, type: string) =>
    `employee_id,employee_type\n${Array.from({ length: count }, (_, i) => `${i + 1},${type}\n`).join('')}`;
  const population = async () => (await allOf(fixture.store.readPopulation(ID))).flat();

  test('is as of the slot, whenever it is made, and is on no queue by that', async () => {
    expect(await createRunOfSlot(fixture.store, SLOT, request(csv(3, 'a'), { now: NOW }))).toBe(true);
    const run = await fixture.store.getRun(ID);
    expect(run).toMatchObject({
      plan: { id: ID, seed: ID, asOf: SLOT, timeZone: 'America/Chicago', feedDateFormat: 'yy_MM_dd' },
      ...{ slot: SLOT, createdAt: NOW, publish: true, population: { count: 3 } },
    });
    expect(await fixture.store.listRuns(10)).toEqual([run]);
    expect(await fixture.queues.byName['run-start'].getJobCounts('waiting', 'delayed')).toEqual({
      waiting: 0,
      delayed: 0,
    });
  });

  test('that is there already stays as it is, whatever the employees file says by now', async () => {
    await createRunOfSlot(fixture.store, SLOT, request(csv(3, 'a')));
    const before = await fixture.store.getRun(ID);
    expect(await createRunOfSlot(fixture.store, SLOT, request(csv(5, 'f'), { now: NOW + 1 }))).toBe(false);
    expect(await createRunOfSlot(fixture.store, SLOT, request('no employees file'))).toBe(false);
    expect(await fixture.store.getRun(ID)).toEqual(before);
    expect(await population()).toHaveLength(3);
  });

  test('made by several at once from different readings of the file is that of one reading, whole, and nothing else is left', async () => {
    const files = [csv(2 * POPULATION_CHUNK + 1, 'a'), csv(3 * POPULATION_CHUNK, 'b'), csv(POPULATION_CHUNK, 'f')];
    const made = await Promise.all(files.map((file) => createRunOfSlot(fixture.store, SLOT, request(file))));
    expect(made.filter(Boolean)).toHaveLength(1);
    const run = await fixture.store.getRun(ID);
    const hash = new PopulationHash();
    for await (const chunk of fixture.store.readPopulation(ID)) hash.add(chunk);
    expect(hash.digest()).toEqual(run.population);
    expect(run.population.count).toBe(
      [2 * POPULATION_CHUNK + 1, 3 * POPULATION_CHUNK, POPULATION_CHUNK][made.indexOf(true)],
    );
    expect(new Set((await population()).map(({ type }) => type)).size).toBe(1);
    expect((await fixture.redis.keys('*draft*')).length).toBe(0);
  });

  test('of a file that is bad is not made, leaves nothing, and can be made when the file is good', async () => {
    const bad = request(`employee_id,employee_type\n${MANY}x,a\n`);
    expect((await failureOf(createRunOfSlot(fixture.store, SLOT, bad))).code).toBe('EMPLOYEES_INVALID');
    expect(await fixture.redis.keys('*')).toEqual([]);
    expect(await createRunOfSlot(fixture.store, SLOT, request(csv(1, 'a')))).toBe(true);
  });

  test('leaves nothing for ever, also when the process that makes it dies in the middle', async () => {
    await createRunOfSlot(fixture.store, SLOT, request(csv(3, 'a')));
    await fixture.store.putPopulationChunk(`${ID}-draft-1` as RunId, 0, people(3));
    for (const key of await fixture.redis.keys('*:run:*')) expect(await fixture.redis.ttl(key)).toBeGreaterThan(0);
  });
});
