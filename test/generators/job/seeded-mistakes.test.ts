// Proves that the oracles can fail: each mistake that people make in jobs and bundles is refused by the SDK's types
// under tsc, by the schema of databricks.yml, or by the rules of the documentation.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseDescription } from '../../../src/domain/description/parse.ts';
import { bundleText } from '../../../src/generators/job/bundle.ts';
import { jobSettings } from '../../../src/generators/job/settings.ts';
import { bundleProblems, jobProblems } from '../../support/job-oracle.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FILES = ['btc_simulation.py'];
const description = parseDescription(
  '{version: 1, simulation: {recommender: {url: "https://recommender.example/run"}}, targets: {dev: {}, prod: {host: adb-1.example}}}',
  'lakehouse.yaml',
);
const [dev] = description.targets;
if (dev === undefined) throw new Error('no target');
const JOB = JSON.stringify(
  jobSettings(description, dev, { version: '1.2.3', notebookPath: (notebook) => `/Workspace/Shared/${notebook}` }),
);
const BUNDLE = bundleText({ description, byDefault: dev, ending: 'py', wheel: undefined, version: '1.2.3' });

/** The job with something put in another's place; fails when it is not there. */
function spoiled(text: string, from: string | RegExp, to: string): string {
  const changed = text.replace(from, () => to);
  if (changed === text) throw new Error(`${from} is not in the text`);
  return changed;
}

const TASK = '"task_key":"simulation"';

describe('mistakes in a job', () => {
  test.each([
    ['no tasks', spoiled(JOB, /"tasks":\[.*\]/, '"tasks":[]'), 'no task'],
    [
      'a task that depends on itself',
      spoiled(JOB, TASK, `${TASK},"depends_on":[{"task_key":"simulation"}]`),
      'a cycle of tasks',
    ],
    ['a dependency on no task', spoiled(JOB, TASK, `${TASK},"depends_on":[{"task_key":"other"}]`), 'no task other'],
    ['a missing notebook', spoiled(JOB, '/btc_simulation"', '/btc_simulaton"'), 'does not exist'],
    ['a notebook path with .py', spoiled(JOB, '/btc_simulation"', '/btc_simulation.py"'), 'with ending'],
    ['a notebook path that is not absolute', spoiled(JOB, '/Workspace/Shared/', 'Shared/'), 'is not absolute'],
    ['five fields as Quartz', spoiled(JOB, '0 0 6 ? * MON', '0 6 * * 1'), 'six or seven fields'],
    ['no ? in a Quartz expression', spoiled(JOB, '0 0 6 ? * MON', '0 0 6 * * MON'), 'exactly one ?'],
    ['Sunday as 0 in Quartz', spoiled(JOB, '0 0 6 ? * MON', '0 0 6 ? * 0'), 'from 1 to 7'],
    ['an unknown zone', spoiled(JOB, '"UTC"', '"Europe/Berln"'), 'unknown zone'],
    ['no queue', spoiled(JOB, '"queue":{"enabled":true},', ''), 'queue.enabled is not said'],
    ['a parameter twice', spoiled(JOB, '"name":"schema"', '"name":"catalog"'), 'a parameter twice'],
    ['a text that a job evaluates', spoiled(JOB, '"btc_fake"', '"{{job.id}}"'), 'evaluated: {{job.id}}'],
    ['a text that a bundle evaluates', spoiled(JOB, '"btc_fake"', `"\${var.x}"`), 'evaluated: $'],
    ['a cluster that is not there', spoiled(JOB, TASK, `${TASK},"job_cluster_key":"big"`), 'no such cluster'],
  ])('are refused: %s', (_what, text, problem) => {
    expect(jobProblems(JSON.parse(text), 'api', FILES)).toContainEqual(expect.stringContaining(problem));
  });
});

describe('mistakes in a bundle', () => {
  test.each([
    [
      'an unknown key',
      spoiled(BUNDLE, '\nvariables:', '\nvariabels: {}\nvariables:'),
      'must NOT have additional properties',
    ],
    ['a variable that nobody gives a value', spoiled(BUNDLE, /\n {6}catalog: .*/, ''), 'unresolved var.catalog'],
    [
      'a reference to nothing',
      spoiled(BUNDLE, 'resources.schemas.btc_fake.name', 'resources.schemas.other.name'),
      'unresolved',
    ],
    ['a notebook path without .py', spoiled(BUNDLE, './btc_simulation.py', './btc_simulation'), 'without ending'],
    [
      'a notebook path of the workspace',
      spoiled(BUNDLE, './btc_simulation.py', '/Workspace/btc_simulation.py'),
      'does not exist',
    ],
    [
      'a host with a path',
      spoiled(BUNDLE, 'https://adb-1.example', 'https://adb-1.example/jobs'),
      'must match pattern',
    ],
    [
      'two default targets',
      spoiled(BUNDLE, 'mode: production', 'mode: production\n    default: true'),
      'not one default',
    ],
    ['an unknown mode', spoiled(BUNDLE, 'mode: production', 'mode: prod'), 'must be equal to one of'],
    [
      'dependencies as strings',
      spoiled(BUNDLE, '- task_key: simulation', '- task_key: simulation\n              depends_on: [simulation]'),
      'must be object',
    ],
  ])('are refused: %s', (_what, text, problem) => {
    expect(bundleProblems(text, FILES)).toContainEqual(expect.stringContaining(problem));
  });
});

describe('mistakes that only types see', () => {
  let folder: string;
  // Below the project, so that the SDK is found.
  beforeAll(async () => {
    folder = await mkdtemp(join(ROOT, 'coverage-types-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const MISTAKES: readonly (readonly [what: string, text: string])[] = [
    ['a field that does not exist', spoiled(JOB, '"max_concurrent_runs"', '"max_concurent_runs"')],
    ['dependencies as strings', spoiled(JOB, TASK, `${TASK},"depends_on":["simulation"]`)],
    ['a schedule without its zone', spoiled(JOB, '"timezone_id":"UTC",', '')],
    ['a task without its key', spoiled(JOB, `${TASK},`, '')],
    ['a time-out as text', spoiled(JOB, '"timeout_seconds":14400,"schedule"', '"timeout_seconds":"14400","schedule"')],
    ['five fields under the name of cron', spoiled(JOB, '"quartz_cron_expression"', '"cron_expression"')],
  ];

  test('are refused, each of them, and the job itself is not', async () => {
    const texts = [...MISTAKES, ['right', JOB] as const];
    await Promise.all(
      texts.map(([, text], i) =>
        writeFile(
          join(folder, `job-${i}.ts`),
          `import type { jobs } from '@databricks/sdk-experimental';\nexport const job = ${text} satisfies jobs.CreateJob;\n`,
        ),
      ),
    );
    const tsconfig = { extends: '../tsconfig.json', include: ['*.ts'] };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    const { stdout } = await promisify(execFile)(tsc, ['-p', folder, '--pretty', 'false'], { cwd: ROOT }).catch(
      (error: { stdout: string }) => error,
    );
    const wrong = texts.map(([what], i) => [what, new RegExp(`job-${i}\\.ts\\(`).test(stdout)]);
    expect(wrong).toEqual(texts.map(([what]) => [what, what !== 'right']));
  });
});
