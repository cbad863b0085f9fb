// Proves that what is read does not depend on how another system types its columns or orders its rows: everything, or
// an error.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DatabricksTrainingRecords, withTrainingRecords } from '../../src/adapters/databricks/training-records.ts';
import { BtcFakeError } from '../../src/domain/errors.ts';
import type { EmployeeId } from '../../src/domain/ids.ts';
import { recordsByEmployee } from '../../src/domain/simulation/records-by-employee.ts';
import { allOf } from '../support/all-of.ts';
import { failureOf } from '../support/failure-of.ts';
import { startWarehouse, type Warehouse } from '../support/warehouse/warehouse.ts';

/** Each of the many statements takes its time on a busy machine. */
const PROPERTY_LIMIT_MS = 120_000;

let warehouse: Warehouse;
beforeAll(async () => {
  warehouse = await startWarehouse({ pageRows: 3 });
});
beforeEach(() => warehouse.faults.clear());
afterAll(() => warehouse?.close());

const grouped = (id: number) => `'${id.toLocaleString('en')}'`;
/** How a column is declared, and how an id stands in it. DOUBLE prints 12345678 as 1.2345678E7. */
const ID_COLUMNS = {
  INT: String,
  BIGINT: String,
  'DECIMAL(18,0)': String,
  'DECIMAL(18,2)': String,
  DOUBLE: String,
  STRING: (id: number) => `'${id}'`,
  'STRING with commas': grouped,
  'STRING with a fraction of zero': (id: number) => `'${id}.0'`,
  'STRING with blanks': (id: number) => `' ${id} '`,
} as const;
type IdColumn = keyof typeof ID_COLUMNS;
const typeOf = (column: IdColumn) => column.replace(/ with .*/, '');

/** Their order as text is not their order as numbers. */
const EMPLOYEES = [5, 40, 300, 1_915_085, 12_345_678, 20_000_000] as EmployeeId[];
const CONTENTS = [9, 70, 800, 1_915_085, 10_000_000];
const everybody = { from: EMPLOYEES[0]!, to: EMPLOYEES.at(-1)! };

interface Pair {
  readonly ba: number;
  readonly content: number;
}
const anyPairs = fc.array(
  fc.record({
    ba: fc.constantFrom(...EMPLOYEES, 1 as EmployeeId, 90_000_000 as EmployeeId),
    content: fc.constantFrom(...CONTENTS),
  }),
  { maxLength: 12 },
);
const anyColumn = fc.constantFrom(...(Object.keys(ID_COLUMNS) as IdColumn[]));
const columnsOfBoth = fc.tuple(anyColumn, anyColumn, anyColumn, anyColumn);

async function load(
  pairs: readonly Pair[],
  done: readonly Pair[],
  columns: readonly [IdColumn, IdColumn, IdColumn, IdColumn],
) {
  const [ba, content, doneBa, doneContent] = columns;
  await warehouse.load(`
    CREATE OR REPLACE TABLE content_assignments (ba_id ${typeOf(ba)}, content_id ${typeOf(content)}, assignment_date TIMESTAMPTZ,
      update_date DATE, assignment_begin_date TIMESTAMPTZ, assignment_due_date TIMESTAMPTZ, content_type STRING);
    CREATE OR REPLACE TABLE content_completion (ba_id ${typeOf(doneBa)}, content_id ${typeOf(doneContent)}, completion_date DATE)`);
  const insert = async (table: string, rows: readonly Pair[], [first, second]: readonly [IdColumn, IdColumn]) => {
    const values = rows.map((row) => `(${ID_COLUMNS[first](row.ba)}, ${ID_COLUMNS[second](row.content)})`).join(', ');
    if (rows.length > 0) await warehouse.load(`INSERT INTO ${table} (ba_id, content_id) VALUES ${values}`);
  };
  await insert('content_assignments', pairs, [ba, content]);
  await insert('content_completion', done, [doneBa, doneContent]);
}

/** What a run sees: the records of each employee. */
async function dealt(records: DatabricksTrainingRecords) {
  const entries = await allOf(
    recordsByEmployee(EMPLOYEES, records.openAssignments(everybody), records.completions(everybody)),
  );
  return entries.map(({ employeeId, records: { open, completions } }) => ({
    employeeId,
    open: open.map(({ contentId }) => contentId),
    completed: completions.map(({ contentId }) => contentId),
  }));
}

/** The same, by an independent reading of the rows as they were made up. */
function expected(pairs: readonly Pair[], done: readonly Pair[]) {
  const ascending = (ids: Iterable<number>) => [...ids].sort((a, b) => a - b);
  return EMPLOYEES.map((employeeId) => {
    const completed = new Set(done.filter(({ ba }) => ba === employeeId).map(({ content }) => content));
    const open = pairs.filter(({ ba, content }) => ba === employeeId && !completed.has(content));
    return { employeeId, open: ascending(open.map(({ content }) => content)), completed: ascending(completed) };
  });
}

test(
  'any types of the id columns, in either table, and any order of insertion give every employee their records',
  async () => {
    await withTrainingRecords(warehouse, (records) =>
      fc.assert(
        fc.asyncProperty(anyPairs, anyPairs, columnsOfBoth, async (pairs, done, columns) => {
          await load(pairs, done, columns);
          expect(await dealt(records)).toEqual(expected(pairs, done));
        }),
        { numRuns: 20 },
      ),
    );
  },
  PROPERTY_LIMIT_MS,
);

test(
  'a warehouse that answers in any other order gives everything, or the read stops; never less',
  async () => {
    let refused = 0;
    const anyOrder = fc.array(fc.nat(), { minLength: 12, maxLength: 12 });
    await withTrainingRecords(warehouse, (records) =>
      fc.assert(
        fc.asyncProperty(anyPairs, anyPairs, columnsOfBoth, anyOrder, async (pairs, done, columns, keys) => {
          await load(pairs, done, columns);
          const arrange = (rows: unknown[][]) =>
            rows
              .map((row, i) => ({ row, key: keys[i]! }))
              .sort((a, b) => a.key - b.key)
              .map(({ row }) => row);
          warehouse.faults.clear();
          warehouse.faults.add({ on: 'ExecuteStatement', times: 2, kind: 'reorder', arrange });
          try {
            expect(await dealt(records)).toEqual(expected(pairs, done));
          } catch (error) {
            if (!(error instanceof BtcFakeError)) throw error;
            expect([error.code, error.message]).toEqual([
              'DATABRICKS_VALUE',
              expect.stringMatching(/not in the range and order/),
            ]);
            refused += 1;
          }
        }),
        { numRuns: 20 },
      ),
    );
    expect(refused).toBeGreaterThan(0);
  },
  PROPERTY_LIMIT_MS,
);

describe('what cannot be read as an id or a date stops the read, with table, column and value', () => {
  const row = { ba_id: "'7'", content_id: "'70'", assignment_date: "'2025-10-28 05:01:00'", update_date: "''" };

  test.each([
    ['ba_id', '1.2345678E7'],
    ['ba_id', '1,91'],
    ['ba_id', '7.5'],
    ['ba_id', 'seven'],
    ['ba_id', '99999999999999999999'],
    ['content_id', '1e3'],
    ['content_id', 'Fire safety'],
    ['assignment_date', '5 January'],
    ['assignment_date', '20251028'],
    ['update_date', 'soon'],
  ])('%s is %j', async (column, value) => {
    const values = Object.entries({ ...row, [column]: `'${value}'` });
    await warehouse.load(`CREATE OR REPLACE TABLE content_assignments AS SELECT
      ${values.map(([name, literal]) => `${literal} AS ${name}`).join(', ')},
      NULL::TIMESTAMPTZ AS assignment_begin_date, NULL::TIMESTAMPTZ AS assignment_due_date, 'Media' AS content_type`);
    const failure = await failureOf(
      withTrainingRecords(warehouse, (records) => allOf(records.openAssignments(everybody))),
    );
    expect([failure.code, failure.message]).toEqual([
      'DATABRICKS_VALUE',
      `retail_systems_dev.store_enablement.content_assignments holds ${JSON.stringify(value)} in ${column}, which is not a value of its type.`,
    ]);
  });

  test.each([
    ['a number that DOUBLE cannot be an id of', 'DOUBLE', '7.5'],
    ['infinity', 'DOUBLE', "'Infinity'"],
    ['a fraction', 'DECIMAL(10,2)', '7.25'],
  ])('ba_id is %s', async (_what, type, value) => {
    await load([], [], ['INT', 'INT', 'INT', 'INT']);
    await warehouse.load(`ALTER TABLE content_assignments ALTER ba_id TYPE ${type};
      INSERT INTO content_assignments (ba_id, content_id) VALUES (${value}, 70)`);
    const failure = await failureOf(
      withTrainingRecords(warehouse, (records) => allOf(records.openAssignments(everybody))),
    );
    expect([failure.code, failure.message]).toEqual(['DATABRICKS_VALUE', expect.stringMatching(/ in ba_id, /)]);
  });
});

test('instants that a CSV load left as text or date are read in UTC, whatever zone the workspace has set', async () => {
  await warehouse.load(`CREATE OR REPLACE TABLE content_assignments AS SELECT '7' AS ba_id, '1,915,085' AS content_id,
    '2025-10-28 05:01:00.9' AS assignment_date, '' AS update_date, DATE '2025-10-27' AS assignment_begin_date,
    '2025-11-08T13:13:59-05:00' AS assignment_due_date, 'Media' AS content_type`);
  expect(await withTrainingRecords(warehouse, (records) => allOf(records.openAssignments(everybody)))).toMatchObject([
    {
      employeeId: 7,
      contentId: 1_915_085,
      assignedAt: Date.parse('2025-10-28T05:01:00Z'),
      beginsAt: Date.parse('2025-10-27T00:00:00Z'),
      dueAt: Date.parse('2025-11-08T18:13:59Z'),
    },
  ]);
});

describe('an instant', () => {
  const read = async (seconds: string) => {
    await load([], [], ['INT', 'INT', 'INT', 'INT']);
    await warehouse.load(
      `INSERT INTO content_assignments (ba_id, content_id, assignment_date) VALUES (7, 70, to_timestamp(${seconds}))`,
    );
    return withTrainingRecords(warehouse, (records) => allOf(records.openAssignments(everybody)));
  };

  test.each([
    ['-0.000001', '1969-12-31T23:59:59Z'],
    ['-62135596800', '0001-01-01T00:00:00Z'],
    ['253402300799.5', '9999-12-31T23:59:59Z'],
  ])('%s seconds from 1970 is %s', async (seconds, instant) => {
    expect(await read(seconds)).toMatchObject([{ assignedAt: Date.parse(instant) }]);
  });

  test.each([
    ['253402300800', '+010000-01-01T00:00:00.000Z'],
    ['-62135596801', '0000-12-31T23:59:59.000Z'],
  ])('%s seconds from 1970 is outside the years that a feed can write', async (seconds, shown) => {
    expect(await failureOf(read(seconds))).toMatchObject({
      code: 'DATABRICKS_VALUE',
      message: `retail_systems_dev.store_enablement.content_assignments holds ${shown} in assignment_date, outside the years 0001 to 9999.`,
    });
  });
});
