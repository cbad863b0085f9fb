import type { Warehouse } from './warehouse/warehouse.ts';

/** What a run reads, made from a number: awkward where people's files are, and the same each time. */
export interface SparkWorld {
  readonly employees: string;
  readonly standAlone: string;
  readonly courses: string;
  /** SQL of DuckDB that fills both tables. */
  readonly records: string;
  readonly contentIds: readonly number[];
}

const FIRST_ID = 700_000;
const FIRST_CONTENT = 1_915_000;
const CONTENTS = 40;
const DATE_FORMS = [
  (day: number) => `2025-10-${two(day)}`,
  (day: number) => `10/${day}/2025 8:15 AM`,
  (day: number) => `${day}-Oct-2025`,
  (day: number) => `2025-10-${two(day)}T23:30:00-07:00`,
  () => '',
  () => '45958',
];
const FLAGS = ['TRUE', 'false', 'Y', '0', '', 'maybe', 'T', 'No'];
const TITLES = ['Safe lifting', 'Say ""hello""', 'Größe, Maß', 'Line\nbreak', '  blanks  ', '安全', "O'Brien"];

/** A world of so many employees. */
export function sparkWorld(seed: number, employees: number): SparkWorld {
  const draw = generator(seed);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(draw() * values.length)] as T;
  const contentIds = Array.from({ length: CONTENTS }, (_, i) => FIRST_CONTENT + i * 7);
  return {
    employees: employeesFile(employees, pick),
    standAlone: catalogFile(contentIds.slice(0, 25), pick, draw),
    courses: `CourseId,Title\n${contentIds
      .slice(20)
      .map((id) => `${id},"Course ${id}"\n`)
      .join('')}`,
    records: recordsSql(seed, employees, contentIds.length),
    contentIds: [...contentIds, 555],
  };
}

/** Fills the tables of a warehouse, and writes the same rows as Parquet files for Spark. */
export async function loadRecords(
  warehouse: Warehouse,
  world: SparkWorld,
  files: readonly [string, string],
): Promise<void> {
  await warehouse.load(world.records);
  await warehouse.load(
    `COPY content_assignments TO '${files[0]}' (FORMAT parquet); COPY content_completion TO '${files[1]}' (FORMAT parquet)`,
  );
}

function employeesFile(count: number, pick: <T>(values: readonly T[]) => T): string {
  const lines = ['\uFEFFEmployee ID,name,employee_edu_type', '# a comment with a lone " quote'];
  for (let i = 0; i < count; i += 1) {
    // Ids in no order: 7919 is prime, so that each comes once.
    const id = FIRST_ID + ((i * 7919) % count) * 3;
    const type = pick(['a', 'b', 'f', 'A', '"b"', ' f ']);
    lines.push(i % 97 === 0 ? `"${id}","O""Brien, Ann",${type}` : `${id},Somebody,${type}`);
    if (i % 501 === 0) lines.push('', ' ,,');
  }
  return `${lines.join('\r\n')}\r\n`;
}

function catalogFile(ids: readonly number[], pick: <T>(values: readonly T[]) => T, draw: () => number): string {
  const rows = ids.map((id, i) => {
    const shown = i % 3 === 0 ? `"${id.toLocaleString('en-US')}"` : i % 3 === 1 ? `${id}.0` : String(id);
    return `${shown},"${pick(TITLES)}",${pick(FLAGS)},"${pick(DATE_FORMS)(1 + Math.floor(draw() * 28))}"`;
  });
  const awkward = [`${ids[0]},Again,TRUE,2025-10-28`, 'to follow,No id,TRUE,2025-10-01', '1,2,3,4,5,6', ''];
  return `${['ContentId,Title,Daily_Dose_BA,CreateDate', ...rows, ...awkward].join('\n')}\n`;
}

/**
 * Rows of the population and of others, with repeated pairs, missing dates, microseconds and ids that belong to no
 * content.
 */
function recordsSql(seed: number, employees: number, contents: number): string {
  const last = employees + 50;
  const chance = (salt: number) => `(hash(e * 1000003 + c * 7919 + ${seed} + ${salt}) % 1000)`;
  const content = `${FIRST_CONTENT} + c * 7`;
  return `
  INSERT INTO content_assignments
    SELECT ${FIRST_ID} + e * 3, CASE WHEN ${chance(1)} < 3 THEN NULL WHEN ${chance(1)} < 5 THEN -1 ELSE ${content} END,
      CASE WHEN ${chance(2)} < 50 THEN NULL ELSE TIMESTAMPTZ '2025-10-01 00:00:00.25+00' + to_seconds(${chance(3)} * 2400) END,
      DATE '2025-10-20' + CAST(${chance(4)} % 3 AS INTEGER),
      CASE WHEN ${chance(5)} < 100 THEN NULL ELSE TIMESTAMPTZ '2025-10-20 00:01:00+00' + to_days(CAST(${chance(6)} % 14 AS INTEGER)) END,
      CASE WHEN ${chance(7)} < 100 THEN NULL ELSE TIMESTAMPTZ '2025-10-25 13:13:59+00' + to_days(CAST(${chance(8)} % 14 AS INTEGER)) END,
      CASE WHEN ${chance(9)} < 100 THEN NULL WHEN ${chance(9)} < 200 THEN 'Quoted "Media", too' ELSE 'Media' END
    FROM range(-20, ${last}) p(e), range(${contents}) t(c), range(2) twice(r) WHERE ${chance(10)} < 80 AND (r = 0 OR ${chance(11)} < 200);
  INSERT INTO content_completion
    SELECT ${FIRST_ID} + e * 3, CASE WHEN ${chance(20)} < 3 THEN NULL ELSE ${content} END,
      CASE WHEN ${chance(21)} < 30 THEN NULL ELSE DATE '2025-10-15' + CAST(${chance(22)} % 15 AS INTEGER) END
    FROM range(-20, ${last}) p(e), range(${contents}) t(c) WHERE ${chance(23)} < 60;`;
}

/** Numbers from 0 to 1 (mulberry32): the same for the same seed. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}
