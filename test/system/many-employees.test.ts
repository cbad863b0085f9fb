import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunReport } from '../../src/cli/run/report.ts';
import type { ContentId } from '../../src/domain/ids.ts';
import { type SandboxRecommender, startRecommender } from '../../src/sandbox/recommender-server.ts';
import { feedRows, type RunFiles, readRunFiles } from '../support/run-files.ts';
import { startWarehouse, type Warehouse } from '../support/warehouse/warehouse.ts';
import { type CatalogRow, makeWorkspace, type Workspace } from '../support/workspace.ts';

/**
 * Proves, for 2,000 employees with Databricks, that the files alone hold to the contract, whose rules are said once
 * more here in the plainest way, without the product's.
 * - What the manager gave comes from a second run with the same seed and only type F: assignments do not depend on
 *   the type.
 */
const AS_OF = '2025-10-28T11:00:00Z';
const CREATED = '2025-10-28T10:55:00Z';
const WEEK = { start: '2025-10-27T00:01:00Z', due: '2025-11-01T13:13:59Z' };
const DAY_MS = 86_400_000;
const CONTENTS = Array.from({ length: 60 }, (_, i) => 1_915_000 + 17 * i);
const COURSES = Array.from({ length: 20 }, (_, i) => 892_000 + 13 * i);
const UNKNOWN = 7_777_777;
/** Each is a day newer than the one before, so the manager takes the last three, the last first. */
const DOSES = CONTENTS.filter((_, i) => i % 7 === 0);
const CHOSEN = DOSES.slice(-3).reverse();
/** In no particular order of id. */
const EMPLOYEES = Array.from({ length: 2_000 }, (_, i) => ({
  id: 100_000 + ((i * 737) % 2_003),
  type: 'abf'.charAt(i % 3) as 'a' | 'b' | 'f',
}));

/** What Databricks holds of an employee. */
interface Known {
  /** In the order of their due dates. */
  readonly open: number[];
  readonly completed: Set<number>;
  readonly hasDoseThisWeek: boolean;
}

interface Completion {
  readonly content: number;
  /** Seconds. */
  readonly started: number;
  readonly completed: number;
}

let known: Map<number, Known>;
let warehouse: Warehouse;
let recommender: SandboxRecommender;
let workspace: Workspace;
let files: RunFiles;
let recommended: Map<number, number[]>;
/** From the files, by employee, in the order of the rows. */
let done: Map<number, Completion[]>;
let left: Map<number, number[]>;
let given: Map<number, number[]>;

beforeAll(async () => {
  [warehouse, recommender] = await Promise.all([
    startWarehouse(),
    startRecommender({ contentIds: [...CONTENTS, ...COURSES, UNKNOWN] as ContentId[] }),
  ]);
  known = await fillWarehouse(warehouse);
  const created = (i: number) => new Date(Date.parse('2025-07-01') + i * DAY_MS).toISOString().slice(0, 10);
  workspace = await makeWorkspace({
    employees: EMPLOYEES.map(({ id, type }) => `${id},${type}`),
    standAlone: CONTENTS.map((id, i): CatalogRow => [id, DOSES.includes(id), created(i)]),
    courses: COURSES.map((id): CatalogRow => [id, false, '2025-06-01']),
    recommenderUrl: recommender.url,
    warehouse,
    env: { LOG_LEVEL: 'error' },
  });
  const allOfTypeF = EMPLOYEES.map(({ id }) => `${id},f\n`).join('');
  await workspace.write('input/all-f.csv', `employee_id,employee_type\n${allOfTypeF}`);
  files = await run();
  given = contentsByEmployee((await run('--employees', 'input/all-f.csv')).nonCompleted);
  left = contentsByEmployee(files.nonCompleted);
  done = new Map(EMPLOYEES.map(({ id }) => [id, []]));
  for (const [user, content, started, completed] of feedRows(files.completions)) {
    const [from, to] = [seconds(started!), seconds(completed!)];
    done.get(Number(user))!.push({ content: ungrouped(content!), started: from, completed: to });
  }
  recommended = await askRecommender(recommender.url);
}, 60_000);

afterAll(async () => {
  await Promise.all([workspace?.remove(), warehouse?.close(), recommender?.close()]);
});

describe('a run of 2,000 employees', () => {
  test('completes all of type a in list order, exactly one of type b and none of type f', () => {
    const expected = new Map<number, number[]>();
    const found = new Map<number, number[]>();
    for (const { id, type } of EMPLOYEES) {
      const list = combined(id);
      const completed = done.get(id)!.map(({ content }) => content);
      found.set(id, completed);
      const one = completed.length === 1 && list.includes(completed[0]!) ? completed : ['one of', list];
      expected.set(id, type === 'a' ? list : type === 'f' || list.length === 0 ? [] : (one as number[]));
    }
    expect(found).toEqual(expected);
  });

  test('lets type b choose from the whole list, not always the same place in it', () => {
    const places = EMPLOYEES.filter(({ type }) => type === 'b').map(({ id }) => {
      const list = combined(id);
      return Math.floor((list.indexOf(done.get(id)![0]!.content) / list.length) * 4);
    });
    const quarters = [0, 1, 2, 3].map((quarter) => places.filter((place) => place === quarter).length);
    for (const times of quarters) expect(times).toBeGreaterThan(places.length / 8);
  });

  test('leaves open what was assigned and not completed, each once, and nothing else', () => {
    for (const { id } of EMPLOYEES) {
      const completed = new Set(done.get(id)!.map(({ content }) => content));
      expect([id, left.get(id) ?? []]).toEqual([id, given.get(id)!.filter((content) => !completed.has(content))]);
      expect([id, completed.size]).toEqual([id, done.get(id)!.length]);
    }
  });

  test('keeps what Databricks has open, and gives three Daily Doses, unless one is done or open this week, and one random content', () => {
    for (const { id } of EMPLOYEES) {
      const { open, completed, hasDoseThisWeek } = known.get(id)!;
      const had = (content: number) => open.includes(content) || completed.has(content);
      const all = given.get(id)!;
      const random = all.at(-1)!;
      const doses = hasDoseThisWeek ? [] : CHOSEN.filter((dose) => !had(dose));
      expect([id, all.slice(0, -1)]).toEqual([id, [...open, ...doses]]);
      expect([id, CONTENTS.includes(random), DOSES.includes(random), had(random)]).toEqual([id, true, false, false]);
    }
  });

  test('lets completions of 3 to 20 minutes follow one another, 1 to 30 minutes apart, all before the simulated instant', () => {
    const waits: number[] = [];
    const lengths: number[] = [];
    for (const list of done.values()) {
      let next = seconds(AS_OF);
      for (const { started, completed } of list.toReversed()) {
        waits.push(next - completed);
        lengths.push(completed - started);
        next = started;
      }
    }
    expect([Math.min(...waits) >= 60, Math.max(...waits) <= 1800]).toEqual([true, true]);
    expect([Math.min(...lengths) >= 180, Math.max(...lengths) <= 1200]).toEqual([true, true]);
    expect(new Set(lengths).size).toBeGreaterThan(900);
  });

  test('groups the rows by employee in input order, old assignments before new ones', () => {
    const rows = feedRows(files.nonCompleted);
    const firstNew = rows.findIndex((row) => row[1] === CREATED);
    expect(firstNew).toBeGreaterThan(0);
    expect(rows.slice(firstNew).every((row) => row[1] === CREATED)).toBe(true);
    const position = new Map(EMPLOYEES.map(({ id }, i) => [String(id), i]));
    for (const part of [feedRows(files.completions), rows.slice(0, firstNew), rows.slice(firstNew)]) {
      const positions = part.map(([user]) => position.get(user!)!);
      expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    }
  });

  test('writes user ids plain, content ids grouped, and the week of the simulated instant', () => {
    const time = String.raw`"2025-\d\d-\d\dT\d\d:\d\d:\d\dZ"`;
    const ids = String.raw`"\d{6}","\d{1,3}(,\d{3})+"`;
    const completion = new RegExp(`^${ids},${time},${time}$`);
    const oldOne = new RegExp(
      String.raw`^"\d{6}",${time},"\d{5,7}","\d{1,3}(,\d{3})+",${time},${time},"(Course|Media)"$`,
    );
    const newOne = new RegExp(
      String.raw`^"\d{6}","${CREATED}","\d{5,7}","\d{1,3}(,\d{3})+","${WEEK.start}","${WEEK.due}","Media"$`,
    );
    const [header, ...completions] = files.completions.trimEnd().split('\n');
    expect(header).toBe('"UserId","ContentId","DateStarted","DateCompleted"');
    expect(completions.filter((line) => !completion.test(line))).toEqual([]);
    const [titles, ...assignments] = files.nonCompleted.trimEnd().split('\n');
    expect(titles).toBe(
      '"UserID","CreateDate_text","RequestId","TrainingElementId","Start_Date_text","DueDate_text","ContentType"',
    );
    const wrong = (line: string) => !(line.includes(CREATED) ? newOne : oldOne).test(line);
    expect(assignments.filter(wrong)).toEqual([]);
  });

  test('gives a content that was assigned on the same day one RequestId, and no other that one', () => {
    const requests = new Map<string, Set<string>>();
    for (const [, created, request, content] of feedRows(files.nonCompleted)) {
      const key = `${content} on ${created!.slice(0, 10)}`;
      requests.set(key, (requests.get(key) ?? new Set()).add(request!));
    }
    const numbers = [...requests.values()].flatMap((found) => [...found]);
    expect(numbers.length).toBe(requests.size);
    expect(new Set(numbers).size).toBe(requests.size);
  });

  test('tells in the summary, by employee, what was completed and whose idea it was', () => {
    const expected = EMPLOYEES.map(({ id }) => {
      const items = done.get(id)!.map(({ content }) => {
        const source = given.get(id)!.includes(content) ? 'manager' : 'ai';
        return `${content.toLocaleString('en-US')} (${source})`;
      });
      return `${id}: ${items.join(', ') || 'none'}`;
    });
    expect(files.summary.split('\n').slice(0, EMPLOYEES.length)).toEqual(expected);
  });

  test('counts right in the manifest', () => {
    const { counts, assignments, outputs } = files.manifest;
    const all = [...recommended.values()].flat();
    const idsOf = (type: string) => EMPLOYEES.filter((employee) => employee.type === type).map(({ id }) => id);
    const tally = (type: string) => {
      const ids = idsOf(type);
      return { employees: ids.length, completions: ids.reduce((sum, id) => sum + done.get(id)!.length, 0) };
    };
    const completions = [...done].flatMap(([id, list]) => list.map(({ content }) => given.get(id)!.includes(content)));
    const manager = completions.filter((isManagers) => isManagers).length;
    expect(counts).toEqual({
      employees: 2_000,
      byType: { a: tally('a'), b: tally('b'), f: tally('f') },
      completionsBySource: { manager, ai: completions.length - manager },
      recommendations: all.length,
      unknownRecommendations: all.filter((content) => content === UNKNOWN).length,
    });
    const gotDose = (dose: number) => EMPLOYEES.filter(({ id }) => isNew(id, dose)).length;
    expect(assignments.dailyDose.map(({ contentId, assigned }) => [contentId, assigned])).toEqual(
      CHOSEN.map((dose) => [dose, gotDose(dose)]),
    );
    for (const { assigned, skipped } of assignments.dailyDose) {
      expect(assigned + Object.values(skipped).reduce((sum, n) => sum + n, 0)).toBe(2_000);
    }
    expect(assignments.random).toEqual({ assigned: 2_000, nothingLeft: 0 });
    const open = [...known.values()].reduce((sum, employee) => sum + employee.open.length, 0);
    expect(assignments.openAssignments).toBe(open);
    const remaining = [...left.values()].flat().length;
    expect(outputs.slice(0, 2).map(({ rows }) => rows)).toEqual([completions.length, remaining]);
  });
});

async function run(...more: string[]): Promise<RunFiles> {
  const result = await workspace.run(['run', '--json', '--as-of', AS_OF, '--seed', 'many', ...more]);
  if (result.code !== 0) throw new Error(result.stderr);
  return readRunFiles(result.json<RunReport>(), workspace.folder);
}

/** The manager's list, then the recommendations that it does not hold. */
function combined(id: number): number[] {
  const managers = given.get(id)!;
  return [...managers, ...recommended.get(id)!.filter((content) => !managers.includes(content))];
}

function isNew(id: number, content: number): boolean {
  return given.get(id)!.includes(content) && !known.get(id)!.open.includes(content);
}

/** What each employee has in a Non_Completed_Assignments feed, in the order of the rows. */
function contentsByEmployee(feed: string): Map<number, number[]> {
  const contents = new Map<number, number[]>();
  for (const [user, , , content] of feedRows(feed)) {
    const id = Number(user);
    contents.set(id, [...(contents.get(id) ?? []), ungrouped(content!)]);
  }
  return contents;
}

/**
 * Gives most employees some assignments and completions, of this week and of earlier ones, of Daily Doses and of
 * others.
 */
async function fillWarehouse({ load }: Warehouse): Promise<Map<number, Known>> {
  const assignments: string[] = [];
  const completions: string[] = [];
  const everybody = new Map<number, Known>();
  for (const [i, { id }] of EMPLOYEES.entries()) {
    const open: number[] = [];
    const completed = new Set<number>();
    let hasDoseThisWeek = false;
    const assign = (content: number, begin: string, due: string, type: string) =>
      assignments.push(
        `(${id}, ${content}, '${begin} 08:00', '${begin}', '${begin} 08:00', '${due} 08:00', '${type}')`,
      );
    for (let n = 0; n < i % 4; n += 1) {
      // Of due dates that are a day apart, so that their order is plain.
      const content = [...COURSES, ...CONTENTS.filter((one) => !DOSES.includes(one))][(i + 29 * n) % 71]!;
      assign(content, '2025-10-01', `2025-11-0${n + 1}`, n === 0 ? 'Course' : 'Media');
      open.push(content);
    }
    if (i % 5 === 1) {
      // A Daily Dose of another week is no obstacle to this week's; the one of this week is.
      const dose = DOSES[i % DOSES.length]!;
      assign(dose, i % 2 ? '2025-10-13' : '2025-10-26', i % 2 ? '2025-10-18' : '2025-10-27', 'Media');
      open.unshift(dose);
      if (i % 2 === 0) hasDoseThisWeek = true;
    }
    for (let n = 0; n < i % 3; n += 1) {
      const content = CONTENTS[(i * 7 + 11 * n) % CONTENTS.length]!;
      if (open.includes(content) || completed.has(content)) continue;
      const day = ['2025-10-26', '2025-10-27', '2025-10-28', '2025-10-29'][(i + n) % 4]!;
      // Sunday was last week, and Wednesday is after the simulated instant: neither is this week's.
      if (DOSES.includes(content) && (day === '2025-10-27' || day === '2025-10-28')) hasDoseThisWeek = true;
      completions.push(`(${id}, ${content}, '${day}')`);
      completed.add(content);
      // What was completed is no longer open.
      assign(content, '2025-10-01', '2025-12-01', 'Media');
    }
    everybody.set(id, { open, completed, hasDoseThisWeek });
  }
  // Somebody who is not ours.
  assignments.push(
    `(5, ${COURSES[0]}, '2025-10-01 08:00', '2025-10-01', '2025-10-01 08:00', '2025-12-01 08:00', 'Media')`,
  );
  await load(`INSERT INTO content_assignments VALUES ${assignments.join(', ')}`);
  await load(`INSERT INTO content_completion VALUES ${completions.join(', ')}`);
  return everybody;
}

async function askRecommender(url: string): Promise<Map<number, number[]>> {
  const answers = new Map<number, number[]>();
  for (let from = 0; from < EMPLOYEES.length; from += 50) {
    const some = EMPLOYEES.slice(from, from + 50);
    await Promise.all(some.map(async ({ id }) => answers.set(id, await ask(`${url}/public/api/v1/mltr/v3/run`, id))));
  }
  return answers;
}

async function ask(url: string, id: number): Promise<number[]> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify({ data: { ba_id: id } }) });
  const body = (await response.json()) as { response: { ml_recommendations: { recommended_content_id: number }[] } };
  return body.response.ml_recommendations.map((item) => item.recommended_content_id);
}

function ungrouped(content: string): number {
  return Number(content.replaceAll(',', ''));
}

function seconds(instant: string): number {
  return Date.parse(instant) / 1000;
}
