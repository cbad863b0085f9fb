import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startWarehouse, type Warehouse } from '../support/warehouse/warehouse.ts';

// What only shows in a process of its own: its memory, its time zone, what it prints, what it loads.

const BUILT = pathToFileURL(join(import.meta.dirname, '../../dist/src/adapters/databricks/training-records.js')).href;
const MB = 1024 * 1024;

/** Reads all open assignments and completions, and tells what came and how far the process grew meanwhile. */
const READER = `
  import { createRequire } from 'node:module';
  import { withTrainingRecords } from ${JSON.stringify(BUILT)};
  const loaded = () => Object.keys(createRequire(${JSON.stringify(BUILT)}).cache).some((path) => path.includes('@databricks'));
  const everybody = { from: 1, to: 999999999 };
  const told = { loadedEarly: loaded(), assignments: 0, completions: 0, first: [], grownBytes: 0,
    heldBytes: { assignments: [], completions: [] } };
  const heldBytes = () => { gc(); return process.memoryUsage().heapUsed; };
  await withTrainingRecords(JSON.parse(process.argv[1]), async (records) => {
    await records.checkTables();
    const before = process.memoryUsage.rss();
    for (const kind of ['assignments', 'completions']) {
      const rows = kind === 'assignments' ? records.openAssignments(everybody) : records.completions(everybody);
      for await (const row of rows) {
        if (told[kind] === 0) told.first.push(row);
        told[kind] += 1;
        if (told[kind] % 50_000 === 0) told.heldBytes[kind].push(heldBytes());
        if (told[kind] % 1000 === 0) told.grownBytes = Math.max(told.grownBytes, process.memoryUsage.rss() - before);
      }
    }
  }).catch((error) => { told.failed = error.code; told.reason = error.message; });
  told.loadedLate = loaded();
  console.log(JSON.stringify(told));
`;

let warehouse: Warehouse;
beforeAll(async () => {
  warehouse = await startWarehouse();
});
afterAll(() => warehouse?.close());

async function readInChild(env: Record<string, string> = {}, overrides: object = {}) {
  const { host, httpPath, catalog, schema, token, caFile } = warehouse;
  const settings = JSON.stringify({ host, httpPath, catalog, schema, token, caFile, ...overrides });
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', '--input-type=module', '-e', READER, settings],
    { env: { ...process.env, ...env } },
  );
  return { told: JSON.parse(stdout), stderr };
}

test('200,000 assignments stream through without the process growing by more than 100 MB or keeping them', async () => {
  await warehouse.load(`INSERT INTO content_assignments SELECT i // 8 + 1, 1900000 + i % 8, TIMESTAMP '2026-01-05 05:01:00',
    DATE '2026-01-05', TIMESTAMP '2026-01-05 05:01:00', TIMESTAMP '2026-01-10 18:13:59', 'Media' FROM range(200000) t(i)`);
  await warehouse.load(`INSERT INTO content_completion SELECT i + 1, 5, DATE '2026-01-04' FROM range(50000) t(i)`);
  const { told } = await readInChild();
  expect(told).toMatchObject({ assignments: 200_000, completions: 50_000 });
  expect(told.grownBytes / MB).toBeLessThan(100);
  const [early, ...later] = told.heldBytes.assignments;
  expect(later).toHaveLength(3);
  expect((Math.max(...later) - early) / MB).toBeLessThan(4);
}, 90_000);

test.each(['America/New_York', 'Pacific/Kiritimati'])(
  'the time zone of the process, %s, shifts nothing',
  async (TZ) => {
    await warehouse.load(`TRUNCATE content_assignments; TRUNCATE content_completion`);
    await warehouse.load(`INSERT INTO content_assignments VALUES
    (7, 70, '2026-03-08 07:30:00', '2026-03-08', '2026-01-05 00:01:00', '2026-11-01 23:59:59.999', NULL)`);
    await warehouse.load(`INSERT INTO content_completion VALUES (7, 71, '2026-03-08')`);
    const { told } = await readInChild({ TZ });
    expect(told.first).toEqual([
      {
        employeeId: 7,
        contentId: 70,
        assignedAt: Date.UTC(2026, 2, 8, 7, 30),
        beginsAt: Date.UTC(2026, 0, 5, 0, 1),
        dueAt: Date.UTC(2026, 10, 1, 23, 59, 59),
        contentType: null,
      },
      { employeeId: 7, contentId: 71, completedOn: '2026-03-08' },
    ]);
  },
);

test('nothing is printed and the driver is loaded only for a read, whether that works or fails', async () => {
  warehouse.faults.clear();
  const fine = await readInChild();
  expect(fine.told.reason).toBeUndefined();
  expect(fine).toMatchObject({ stderr: '', told: { loadedEarly: false, loadedLate: true } });
  const refused = await readInChild({}, { token: 'dapi-of-somebody-else' });
  expect(refused).toMatchObject({ stderr: '', told: { failed: 'DATABRICKS_LOGIN_REFUSED' } });
});
