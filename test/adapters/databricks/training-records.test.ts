import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type DatabricksTrainingRecords,
  withTrainingRecords,
} from '../../../src/adapters/databricks/training-records.ts';
import type { EmployeeId } from '../../../src/domain/ids.ts';
import type { EmployeeIdRange } from '../../../src/domain/simulation/training-records.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { startWarehouse, type Warehouse } from '../../support/warehouse/warehouse.ts';

// What is read, in which order and as what: the real driver over HTTPS, DuckDB as the warehouse behind it.

let warehouse: Warehouse;
beforeAll(async () => {
  warehouse = await startWarehouse({ pageRows: 1_000 });
});
beforeEach(() => warehouse.load('TRUNCATE content_assignments; TRUNCATE content_completion;'));
afterAll(() => warehouse?.close());

const rangeOf = (from: number, to: number): EmployeeIdRange => ({ from: from as EmployeeId, to: to as EmployeeId });
const everybody = rangeOf(1, 999_999_999_999_999);

async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

function read<T>(work: (records: DatabricksTrainingRecords) => Promise<T>): Promise<T> {
  return withTrainingRecords(warehouse, work);
}

test('an assignment comes with its instants in whole seconds of UTC, cut down towards the past, nulls as null', async () => {
  await warehouse.load(`INSERT INTO content_assignments VALUES
    (104829, 1915085, '2026-03-08 07:30:00.123456', '2026-03-08', '1969-12-31 23:59:59.999999', '2026-11-01 06:15:00', 'Media'),
    (104830, 892298, NULL, NULL, NULL, NULL, NULL)`);
  expect(await read((records) => collect(records.openAssignments(everybody)))).toEqual([
    {
      employeeId: 104829,
      contentId: 1915085,
      assignedAt: Date.parse('2026-03-08T07:30:00Z'),
      beginsAt: -1000,
      dueAt: Date.parse('2026-11-01T06:15:00Z'),
      contentType: 'Media',
    },
    { employeeId: 104830, contentId: 892298, assignedAt: null, beginsAt: null, dueAt: null, contentType: null },
  ]);
});

test('a completion comes once, with its calendar date as it is written, oldest first', async () => {
  await warehouse.load(`INSERT INTO content_completion VALUES
    (7, 70, '2026-12-31'), (7, 70, NULL), (7, 70, '1999-01-01'), (7, 70, '2026-12-31'), (6, 71, '2024-02-29')`);
  expect(await read((records) => collect(records.completions(everybody)))).toEqual([
    { employeeId: 6, contentId: 71, completedOn: '2024-02-29' },
    { employeeId: 7, contentId: 70, completedOn: '1999-01-01' },
    { employeeId: 7, contentId: 70, completedOn: '2026-12-31' },
    { employeeId: 7, contentId: 70, completedOn: null },
  ]);
});

/** A row of either table as the property makes it up; days are of January 2026. */
interface MadeRow {
  ba: number;
  content: number;
  days: (number | null)[];
}

const dateOf = (day: number | null | undefined) => (day ? `2026-01-0${day}` : null);
const instantOf = (day: number | null | undefined) => (day ? Date.parse(`${dateOf(day)}T00:00:00Z`) : null);

async function insert(table: string, rows: MadeRow[]): Promise<void> {
  const literals = rows.map(({ ba, content, days }) =>
    [ba, content, ...days.map((day) => (day ? `'${dateOf(day)}'` : 'NULL'))].join(', '),
  );
  const columns = `ba_id, content_id, ${table === 'content_completion' ? 'completion_date' : ASSIGNMENT_DATES}`;
  await warehouse.load(`TRUNCATE ${table}`);
  if (rows.length > 0) await warehouse.load(`INSERT INTO ${table} (${columns}) VALUES (${literals.join('), (')})`);
}

const ASSIGNMENT_DATES = 'assignment_date, update_date, assignment_begin_date, assignment_due_date';

/** By employee, then content, then each day: the latest first, null last. */
function inOrder(a: MadeRow, b: MadeRow): number {
  const byDays = a.days.map((day, index) => (b.days[index] ?? 0) - (day ?? 0));
  return a.ba - b.ba || a.content - b.content || byDays.find((difference) => difference !== 0) || 0;
}

test('the streams are those of an independent reading, for any tables, range and order of insertion', async () => {
  const id = fc.integer({ min: 1, max: 4 });
  const rows = (dates: number) =>
    fc.array(
      fc.record({
        ba: id,
        content: id,
        days: fc.array(fc.option(fc.integer({ min: 1, max: 3 })), { minLength: dates, maxLength: dates }),
      }),
      { maxLength: 30 },
    );
  await read((records) =>
    fc.assert(
      fc.asyncProperty(rows(4), rows(1), id, id, async (assignments, completions, from, to) => {
        await insert('content_assignments', assignments);
        await insert('content_completion', completions);
        const inRange = ({ ba }: MadeRow) => ba >= from && ba <= to;
        const isOpen = (a: MadeRow) => !completions.some((c) => c.ba === a.ba && c.content === a.content);
        const open = assignments
          .filter((row) => inRange(row) && isOpen(row))
          .sort(inOrder)
          .map(({ ba, content, days: [assigned, , begins, due] }) => ({
            employeeId: ba,
            contentId: content,
            assignedAt: instantOf(assigned),
            beginsAt: instantOf(begins),
            dueAt: instantOf(due),
            contentType: null,
          }));
        const done = completions.filter(inRange).map((c) => `${c.ba} ${c.content} ${dateOf(c.days[0])}`);
        expect(await collect(records.openAssignments(rangeOf(from, to)))).toEqual(open);
        const completed = await collect(records.completions(rangeOf(from, to)));
        expect(completed.map((c) => `${c.employeeId} ${c.contentId} ${c.completedOn}`)).toEqual(
          [...new Set(done)].sort(),
        );
      }),
      { numRuns: 40 },
    ),
  );
});

test('rows whose content id is null or no positive integer are left out and counted', async () => {
  await warehouse.load(
    `INSERT INTO content_assignments (ba_id, content_id) VALUES (7, NULL), (7, 0), (7, -5), (7, 70)`,
  );
  await warehouse.load(`INSERT INTO content_completion VALUES (7, NULL, '2026-01-05'), (8, 80, '2026-01-05')`);
  await read(async (records) => {
    expect(records.skippedRows).toBe(0);
    expect((await collect(records.openAssignments(everybody))).map(({ contentId }) => contentId)).toEqual([70]);
    expect(records.skippedRows).toBe(3);
    expect((await collect(records.completions(everybody))).map(({ contentId }) => contentId)).toEqual([80]);
    expect(records.skippedRows).toBe(4);
  });
});

test('a null employee id is in no range', async () => {
  await warehouse.load('INSERT INTO content_assignments (ba_id, content_id) VALUES (NULL, 70), (0, 70), (-1, 70)');
  await read(async (records) => {
    expect(await collect(records.openAssignments(everybody))).toEqual([]);
    expect(records.skippedRows).toBe(0);
  });
});

test('the range is bound, not written into the SQL', async () => {
  const before = warehouse.statements.length;
  await read((records) => collect(records.openAssignments(rangeOf(88_563, 104_829))));
  await read((records) => collect(records.completions(rangeOf(88_563, 104_829))));
  const sent = warehouse.statements.slice(before);
  expect(sent.map(({ params }) => params)).toEqual([
    { first_ba_id: '88563', last_ba_id: '104829' },
    { first_ba_id: '88563', last_ba_id: '104829' },
  ]);
  expect(sent.filter(({ sql }) => /\d{3}/.test(sql))).toEqual([]);
});

test('both streams can be read side by side, over several pages each', async () => {
  await warehouse.load('INSERT INTO content_assignments (ba_id, content_id) SELECT i, 2 FROM range(1, 2501) t(i)');
  await warehouse.load('INSERT INTO content_completion (ba_id, content_id) SELECT i, 1 FROM range(1, 2501) t(i)');
  await read(async (records) => {
    const completions = records.completions(everybody)[Symbol.asyncIterator]();
    let count = 0;
    for await (const { employeeId } of records.openAssignments(everybody)) {
      const { value } = await completions.next();
      count += 1;
      if (employeeId !== count || value.employeeId !== count) throw new Error(`Row ${count} is another.`);
    }
    expect(count).toBe(2_500);
    expect((await completions.next()).done).toBe(true);
  });
});

test('a consumer that stops early closes its statement, while the session continues', async () => {
  await warehouse.load('INSERT INTO content_assignments (ba_id, content_id) SELECT i, 2 FROM range(1, 2501) t(i)');
  await read(async (records) => {
    for await (const row of records.openAssignments(everybody)) {
      expect(row.employeeId).toBe(1);
      expect(warehouse.openOperations()).toBe(1);
      break;
    }
    expect(warehouse.openOperations()).toBe(0);
    expect(warehouse.openSessions()).toBe(1);
    expect(await collect(records.completions(everybody))).toEqual([]);
  });
});

test('the session is closed when the work is done, and when it fails with its own error', async () => {
  expect(await read(async () => warehouse.openSessions())).toBe(1);
  expect(warehouse.openSessions()).toBe(0);
  const failure = new Error('of the work');
  const failing = read(async (records) => {
    for await (const _row of records.openAssignments(everybody)) break;
    throw failure;
  });
  await expect(failing).rejects.toBe(failure);
  expect(warehouse.openSessions()).toBe(0);
});

test('no connection is left open', async () => {
  await read(async (records) => {
    await collect(records.completions(everybody));
    expect(await warehouse.openConnections()).toBeGreaterThan(0);
  });
  // Sooner than the server itself would close an idle one, which is after five seconds.
  await waitUntil('all connections are closed', async () => (await warehouse.openConnections()) === 0, 1_000);
});

test('checkTables names both tables when every column is there', async () => {
  expect(await read((records) => records.checkTables())).toEqual([
    { table: 'retail_systems_dev.store_enablement.content_assignments', readable: true },
    { table: 'retail_systems_dev.store_enablement.content_completion', readable: true },
  ]);
});

test('a service principal gets a token for its id and secret, and reads with it', async () => {
  await warehouse.load('INSERT INTO content_assignments (ba_id, content_id) VALUES (7, 70)');
  const { token: _token, ...withoutToken } = warehouse;
  const ids = await withTrainingRecords(withoutToken, async (records) =>
    (await collect(records.openAssignments(everybody))).map(({ contentId }) => contentId),
  );
  expect(ids).toEqual([70]);
});

test('the host may be written as a URL', async () => {
  const asUrl = { ...warehouse, host: `https://${warehouse.host}/` };
  expect(await withTrainingRecords(asUrl, async () => 'open')).toBe('open');
});
