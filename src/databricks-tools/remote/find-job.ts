import type { DatabricksRest } from '../../adapters/databricks/rest.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { listed } from '../../domain/wording.ts';
import { anArray, anObject, aText } from './json-values.ts';

interface Job {
  readonly id: string;
  readonly name: string;
}

const SHOWN_JOBS = 5;

/**
 * The id of the job with a name. A bundle in development mode puts `[dev somebody] ` in front, so such a one counts
 * when there is no other.
 * @throws BtcFakeError DATABRICKS_JOB when there is none, or more than one; and what `DatabricksRest` throws.
 */
export async function findJob(rest: DatabricksRest, name: string): Promise<string> {
  const jobs = await allJobs(rest, name);
  const exact = jobs.filter((job) => job.name === name);
  const found =
    exact.length > 0 ? exact : jobs.filter((job) => /^\[[^\]]*\] /.test(job.name) && job.name.endsWith(`] ${name}`));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only.id;
  if (only === undefined) {
    throw new BtcFakeError(
      'DATABRICKS_JOB',
      `The workspace at ${rest.endpoint} has no job ${name} that this login sees`,
      {
        remedy: 'Deploy it first: btc-fake databricks export, then as the README in the export says.',
      },
    );
  }
  const ids = listed(
    found.map(({ id }) => id),
    SHOWN_JOBS,
  );
  throw new BtcFakeError(
    'DATABRICKS_JOB',
    `The workspace at ${rest.endpoint} has ${found.length} jobs ${name}: ${ids}`,
    {
      remedy: 'Remove all but one of them.',
    },
  );
}

async function allJobs(rest: DatabricksRest, name: string): Promise<Job[]> {
  const jobs: Job[] = [];
  for (let page = ''; ; ) {
    const answer = anObject(
      await rest.call({
        method: 'GET',
        path: '/api/2.2/jobs/list',
        query: { limit: 100, ...(page === '' ? {} : { page_token: page }) },
        doing: `looking for the job ${name}`,
      }),
    );
    for (const job of anArray(answer.jobs).map(anObject)) {
      jobs.push({ id: aText(job.job_id), name: aText(anObject(job.settings).name) });
    }
    page = aText(answer.next_page_token);
    if (page === '') return jobs;
  }
}
