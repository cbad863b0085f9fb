import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { completionRow } from '../../src/domain/feeds/rows.ts';
import type { EmployeeId, RunId } from '../../src/domain/ids.ts';
import { type RunPlan, weekOf } from '../../src/domain/run/plan.ts';
import { simulateEmployee } from '../../src/domain/simulation/employee-outcome.ts';
import { assignEmployee } from '../../src/domain/simulation/manager-assignments.ts';
import { managerChoice } from '../../src/domain/simulation/manager-choice.ts';
import { seededDraw } from '../../src/domain/simulation/seeded-draw.ts';
import { benchRecommender } from '../baselines/bare-recommender-loop.ts';
import { AS_OF, CONTENTS, FIRST_EMPLOYEE, SEED, typeAt } from '../workload.ts';

/**
 * A week the way it was done before there was a queue: one employee after the other, each asked for (by got), decided
 * and written before the next. Arguments: URL, employees, the file to write.
 */
const [url, employees, path] = process.argv.slice(2);
const plan: RunPlan = {
  id: 'run-20251028T110000Z-bench0' as RunId,
  seed: SEED,
  asOf: AS_OF,
  timeZone: 'UTC',
  feedDateFormat: 'yyyy_M_d',
};
const choice = managerChoice(CONTENTS);
const week = weekOf(plan);
const recommender = benchRecommender(url!, 'got', 1);
const file = createWriteStream(path!);
for (let i = 0; i < Number(employees); i++) {
  const employee = { id: (FIRST_EMPLOYEE + i) as EmployeeId, type: typeAt(i) };
  const draw = seededDraw(plan.seed, employee.id);
  const assignments = assignEmployee({ open: [], completions: [] }, choice, week, draw);
  const result = simulateEmployee(plan, employee, assignments, await recommender.recommend(employee.id));
  for (const completion of result.completions) {
    file.write(
      `${completionRow(employee.id, completion)
        .map((cell) => `"${cell}"`)
        .join(',')}\n`,
    );
  }
}
recommender.close();
file.end();
await finished(file);
process.stdout.write('{}\n');
