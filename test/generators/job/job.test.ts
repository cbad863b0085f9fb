// Proves that the Jobs API and a bundle take the job, by the public SDK's types, our schema of databricks.yml and the
// rules of Databricks' docs, for all kinds of descriptions, and that no text becomes a reference.

import type { jobs } from '@databricks/sdk-experimental';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseDescription } from '../../../src/domain/description/parse.ts';
import { bundleText } from '../../../src/generators/job/bundle.ts';
import { jobSettings } from '../../../src/generators/job/settings.ts';
import { bundleProblems, deployedJob, jobProblems } from '../../support/job-oracle.ts';

const FILES = ['btc_simulation.py', 'btc_simulation.ipynb'];

/** A description of a few targets, each with settings of its own. */
const anyDescription = fc
  .record({
    managed_by: fc.constantFrom('bundle', 'terraform', 'hand'),
    targets: fc.dictionary(
      fc.constantFrom('dev', 'qa', 'prod'),
      fc.record({
        host: fc.constantFrom('adb-1.workspace.example', 'adb-2.workspace.example'),
        catalog: fc.constantFrom('a', 'live_2'),
        schedule: fc.record({
          cron: fc.constantFrom('0 6 * * 1', '30 2 * * *', '*/15 * 1 * *', '0 22 * 1-3 5-6'),
          time_zone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/Los_Angeles'),
          paused: fc.boolean(),
        }),
        notifications: fc.record({ on_failure: fc.subarray(['a@team.example', 'b@team.example']) }),
        job: fc.oneof(
          fc.constant({ compute: 'serverless' }),
          fc.record({
            compute: fc.constant('cluster'),
            cluster: fc.record({ node_type: fc.constant('m5.large'), workers: fc.constantFrom(0, 3) }),
          }),
        ),
        simulation: fc.record({
          catalog_date_formats: fc.constantFrom('', "d/M/yyyy; yyyy-MM-dd'T'HH:mm", 'yyyy-MM-dd \'#: "x"\''),
          employees_file: fc.constantFrom('input/employees.csv', '- a: b', "it's", '"', 'no', '# x'),
        }),
      }),
      { minKeys: 1 },
    ),
  })
  .map((one) =>
    parseDescription(
      JSON.stringify({ version: 1, simulation: { recommender: { url: 'https://recommender.example/run' } }, ...one }),
      'lakehouse.yaml',
    ),
  );

describe('the native job', () => {
  test('is what the Jobs API takes, for each target', () =>
    fc.assert(
      fc.property(anyDescription, (description) => {
        for (const target of description.targets) {
          const settings = jobSettings(description, target, {
            version: '1.2.3',
            notebookPath: (notebook) => `${target.workspace_folder}/${notebook}`,
          }) satisfies jobs.CreateJob;
          expect(jobProblems(settings, 'api', FILES)).toEqual([]);
        }
      }),
    ));

  test('is what a bundle deploys, for each target, as the Jobs API has it', () =>
    fc.assert(
      fc.property(anyDescription, fc.constantFrom('py', 'ipynb'), (description, ending) => {
        const [first] = description.targets;
        if (first === undefined) throw new Error('no target');
        const text = bundleText({ description, byDefault: first, ending, wheel: undefined, version: '1.2.3' });
        expect(bundleProblems(text, FILES)).toEqual([]);
        for (const target of description.targets) {
          const deployed = deployedJob(text, target.name);
          expect(deployed).toEqual(
            jobSettings(description, target, {
              version: '1.2.3',
              notebookPath: (notebook) => `./${notebook}.${ending}`,
            }),
          );
        }
      }),
    ));

  test('keeps the start of a run as its as-of, and takes the id of the run, so that a repaired run makes the same bytes', () => {
    const description = parseDescription('{version: 1, simulation: {recommender: {mode: table, table: a.b.c}}}', '');
    const [target] = description.targets;
    if (target === undefined) throw new Error('no target');
    const { parameters } = jobSettings(description, target, { version: '1.2.3', notebookPath: (notebook) => notebook });
    expect(parameters).toContainEqual({ name: 'as_of', default: '{{job.start_time.iso_datetime}}' });
    expect(parameters).toContainEqual({ name: 'run_id', default: 'native-{{job.run_id}}' });
  });
});
