import { FLAG, listOf, NUMBER, nullable, objectOf, oneOf, TEXT } from '../redis/stored-record.ts';

/** What the fields of a run's hash hold, as this version and those before have written them. */

const NOTICE = objectOf({ code: TEXT, text: TEXT }, { count: NUMBER });
const FAILED = objectOf({ employeeId: NUMBER, reason: TEXT });
const SKIPPED = objectOf({
  'completed-this-week': NUMBER,
  'open-this-week': NUMBER,
  'already-open': NUMBER,
  'already-completed': NUMBER,
});
const TALLY = objectOf({
  dailyDose: listOf(objectOf({ contentId: NUMBER, assigned: NUMBER, skipped: SKIPPED })),
  random: objectOf({ assigned: NUMBER, nothingLeft: NUMBER }),
  openAssignments: NUMBER,
});
const EMPLOYEES = objectOf({
  name: TEXT,
  sha256: TEXT,
  employees: NUMBER,
  invalid: objectOf({ count: NUMBER, first: listOf(TEXT) }),
});
const CATALOG = objectOf(
  { kind: TEXT, name: TEXT, bytes: NUMBER, sha256: TEXT, contents: NUMBER, skippedRows: NUMBER, from: TEXT },
  { dateFormats: listOf(TEXT) },
);
const DATABRICKS = objectOf({
  catalog: TEXT,
  schema: TEXT,
  openAssignments: NUMBER,
  completions: NUMBER,
  skippedRows: NUMBER,
});

/** Field by field; a field that is missing has not happened yet. */
export const RUN_FIELDS = {
  plan: objectOf({
    id: TEXT,
    seed: TEXT,
    asOf: NUMBER,
    timeZone: TEXT,
    feedDateFormat: oneOf(['yyyy_M_d', 'yy_MM_dd']),
  }),
  createdAt: NUMBER,
  publish: FLAG,
  landing: FLAG,
  employees: EMPLOYEES,
  population: objectOf({ count: NUMBER, sha256: TEXT }),
  fannedOut: NUMBER,
  without: listOf(FAILED),
  slot: NUMBER,
  catalogs: objectOf({ inputs: listOf(CATALOG), notices: listOf(NOTICE) }),
  assignments: objectOf({ tally: TALLY, databricks: nullable(DATABRICKS), notices: listOf(NOTICE) }),
  outputDir: TEXT,
  manifest: objectOf({
    manifestVersion: NUMBER,
    runId: TEXT,
    seed: TEXT,
    asOf: TEXT,
    counts: objectOf({ employees: NUMBER }),
    failedEmployees: listOf(FAILED),
    notices: listOf(NOTICE),
    outputs: listOf(objectOf({ name: TEXT, rows: NUMBER, bytes: NUMBER, sha256: TEXT })),
  }),
  written: objectOf({ folder: TEXT, host: TEXT }),
  finishedAt: NUMBER,
  publishedAt: NUMBER,
  landedAt: NUMBER,
  cancelled: objectOf({ at: NUMBER, by: TEXT, stage: TEXT, employees: NUMBER, done: NUMBER, failed: NUMBER }),
} as const;

/** A source of a run: an address, a server, tables, or that there is none. */
export const SOURCE = { type: ['string', 'object', 'null'] };

/** One list of a catalog's contents. */
export const CONTENTS = listOf(objectOf({ id: NUMBER, title: TEXT, dailyDose: FLAG, createdAt: nullable(NUMBER) }));
