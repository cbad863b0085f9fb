import type { RunRecord } from '../../src/domain/run/record.ts';
import type { Employee } from '../../src/domain/simulation/employees.ts';
import type { RunRequest } from '../../src/producers/create-run.ts';
import { startWorkers } from '../../src/workers/runtime/runtime.ts';
import { recommends, startFaultyRecommender } from './faulty-recommender.ts';
import type { RunFixture } from './run-fixture.ts';
import { waitUntil } from './wait-until.ts';

/** A run of these employees that real workers have finished; everybody was recommended two contents. */
export async function finishedRun(
  fixture: RunFixture,
  employees: readonly Employee[],
  request: Partial<RunRequest> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<RunRecord> {
  const recommender = await startFaultyRecommender({ answer: () => recommends(910_001, 555) });
  const workers = startWorkers({
    ...fixture,
    settings: fixture.settingsWith({ API_BASE_URL: recommender.url, ...env }),
  });
  try {
    const { plan } = await fixture.createRun(employees, request);
    const isFinished = async () => (await fixture.store.getRun(plan.id)).stageFinishedAt['file-assembly'] !== undefined;
    await waitUntil('the run has its files', isFinished, 15_000);
    return await fixture.store.getRun(plan.id);
  } finally {
    await workers.stop(2_000);
    await recommender.close();
  }
}
