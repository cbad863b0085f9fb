import type { RunStore } from '../adapters/run-store/store.ts';
import { type PlacedEmployee, placed } from '../domain/run/placed-employee.ts';
import type { RunRecord } from '../domain/run/record.ts';

/**
 * A run's employees without a result who are not left out on purpose, in input order, a chunk of the population at a
 * time. The assembly waits for them or refuses; a retry queues those whose jobs are gone.
 */
export async function* missingEmployees(store: RunStore, run: RunRecord): AsyncGenerator<readonly PlacedEmployee[]> {
  const runId = run.plan.id;
  if ((await store.countResults(runId)) === run.population.count) return;
  const without = new Set(run.without.map(({ employeeId }) => employeeId));
  let firstPosition = 0;
  for await (const employees of store.readPopulation(runId)) {
    const expected = placed(employees, firstPosition).filter(({ employee }) => !without.has(employee.id));
    const done = await store.positionsWithResult(
      runId,
      expected.map(({ position }) => position),
    );
    yield expected.filter(({ position }) => !done.has(position));
    firstPosition += employees.length;
  }
}
