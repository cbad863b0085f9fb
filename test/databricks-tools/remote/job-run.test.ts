// Proves that the deployed job is found, started once, followed to its end and reported as it ended, over real HTTPS,
// whatever the workspace answers on the way.
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DatabricksRest } from '../../../src/adapters/databricks/rest.ts';
import type { WorkspaceLogin } from '../../../src/adapters/databricks/workspace-login.ts';
import { runJob } from '../../../src/databricks-tools/remote/job-run.ts';
import {
  type ApiFault,
  type DatabricksWorkspace,
  startDatabricksWorkspace,
} from '../../support/databricks-workspace.ts';
import { failureOf } from '../../support/failure-of.ts';
import { startForwardProxy } from '../../support/forward-proxy.ts';
import { waitUntil } from '../../support/wait-until.ts';

const LOOKS: readonly [number, number] = [5, 20];
const RUN_NOW = '/api/2.2/jobs/run-now';
const GET = '/api/2.2/jobs/runs/get';
const LIST = '/api/2.2/jobs/list';

let workspace: DatabricksWorkspace;
let caFile: string;
let said: string[];

beforeAll(async () => {
  workspace = await startDatabricksWorkspace();
  caFile = join(tmpdir(), `btc-fake-workspace-${process.pid}.pem`);
  await writeFile(caFile, workspace.caPem);
});
afterAll(async () => {
  await workspace.close();
  await rm(caFile);
});
beforeEach(() => {
  said = [];
  workspace.jobs = [{ job_id: '#1111398137104193#', name: 'btc-fake-dev' }];
  workspace.run = {
    states: ['QUEUED', 'RUNNING', 'TERMINATED'],
    tasks: [{ key: 'simulation', result: '{"drop":"/Volumes/x"}' }],
  };
});
afterEach(() => {
  workspace.calls.length = 0;
  workspace.faults.clear();
});

const fail = (path: string, ...faults: ApiFault[]) => workspace.faults.set(path, faults);
const started = () => workspace.calls.filter(({ path }) => path === RUN_NOW);

async function run(login: Partial<WorkspaceLogin> = {}, stop = new AbortController().signal, attempts = 6) {
  const { host, token } = workspace;
  const rest = await DatabricksRest.open({ host, token, caFile, ...login }, { stop, attempts });
  try {
    const choice = { job: 'btc-fake-dev', parameters: { seed: 'monday' } };
    return await runJob(rest, choice, { say: (line) => said.push(line.trim()), stop, looksMs: LOOKS });
  } finally {
    rest.close();
  }
}

describe('a run of the deployed job', () => {
  test('is started with its parameters, followed through its states, and gives what its notebooks ended with', async () => {
    const report = await run();
    expect(report).toMatchObject({ runId: '9007199254740993', results: { simulation: { drop: '/Volumes/x' } } });
    expect(started().map(({ body }) => body)).toEqual([
      {
        job_id: 1111398137104193,
        job_parameters: { seed: 'monday' },
        queue: { enabled: true },
        idempotency_token: expect.any(String),
      },
    ]);
    expect(said.map((line) => line.replace(/^\d+ \S+ +/, ''))).toEqual([
      `Run 9007199254740993 of btc-fake-dev: https://${workspace.host}/#job/1/run/1`,
      'btc-fake-dev: QUEUED',
      'simulation: QUEUED',
      'btc-fake-dev: RUNNING',
      'simulation: RUNNING',
      'btc-fake-dev: TERMINATED',
      'simulation: TERMINATED',
    ]);
  });

  test('is found behind a hundred others, by its exact name, or as a bundle in development mode calls it', async () => {
    const others = Array.from({ length: 250 }, (_, i) => ({ job_id: i, name: `btc-fake-dev-${i}` }));
    workspace.jobs = [...others, { job_id: 7, name: '[dev ada] btc-fake-dev' }];
    await run();
    workspace.jobs = [...workspace.jobs, { job_id: 8, name: 'btc-fake-dev' }];
    await run();
    expect(started().map(({ body }) => body.job_id)).toEqual([7, 8]);
  });

  test('with a hundred and more tasks and repeated attempts is known whole', async () => {
    const tasks = Array.from({ length: 103 }, (_, i) => ({
      key: `t${i}`,
      result: `"${i}"`,
      attempts: i === 102 ? 3 : 1,
    }));
    workspace.run = { states: ['TERMINATED'], tasks };
    const { results } = await run();
    expect(Object.keys(results)).toHaveLength(103);
    expect(said.at(-1)).toMatch(/t102: TERMINATED \(retry 2\)$/);
  });

  test('whose employees failed says so, with what the task says and where to look', async () => {
    const error = '2 employees failed (RECOMMENDER_REJECTED): 7, 8. /x lists them; repair the run\ntraceback';
    workspace.run = {
      states: ['TERMINATED'],
      code: 'RUN_EXECUTION_ERROR',
      message: 'Task simulation failed',
      tasks: [{ key: 'simulation', error }],
    };
    expect(await failureOf(run())).toMatchObject({
      code: 'RUN_INCOMPLETE',
      message: 'The run 9007199254740993 of btc-fake-dev ended as RUN_EXECUTION_ERROR: Task simulation failed',
      lines: ['simulation: 2 employees failed (RECOMMENDER_REJECTED): 7, 8. /x lists them; repair the run'],
      remedy: expect.stringContaining('https://localhost'),
    });
  });

  test.each(['USER_CANCELED', 'MAX_JOB_QUEUE_SIZE_EXCEEDED', 'CLOUD_FAILURE', ''])(
    'that ended as %j is an error',
    async (code) => {
      workspace.run = { states: ['TERMINATED'], code, tasks: [{ key: 'simulation', error: 'no reason' }] };
      expect(await failureOf(run())).toMatchObject({
        code: 'DATABRICKS_JOB',
        message: expect.stringContaining('ended as'),
      });
    },
  );

  test('continues when watching is stopped, and the way to end it is said', async () => {
    workspace.run = { ...workspace.run, states: ['RUNNING'] };
    const stop = new AbortController();
    const watching = failureOf(run({}, stop.signal));
    while (!said.some((line) => line.endsWith('RUNNING'))) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    expect(await watching).toMatchObject({
      code: 'RUN_STATE',
      message: expect.stringContaining('continues on Databricks'),
      remedy: 'To end it: databricks jobs cancel-run 9007199254740993',
    });
  });
});

describe('a run that cannot be followed', () => {
  const OUTPUT = '/api/2.2/jobs/runs/get-output';

  test('is not started when the stop comes while its job is looked for', async () => {
    const stop = new AbortController();
    let answer = () => {};
    fail(LIST, { until: new Promise((resolve) => (answer = resolve)) });
    const running = failureOf(run({}, stop.signal));
    await waitUntil('the jobs are listed', () => workspace.calls.some(({ path }) => path === LIST));
    stop.abort();
    answer();
    expect(await running).toMatchObject({ code: 'RUN_STATE', message: 'Stopped before btc-fake-dev was started' });
    expect(started()).toEqual([]);
  });

  test('is named also when the stop comes while it is started', async () => {
    const stop = new AbortController();
    let answer = () => {};
    fail(RUN_NOW, { until: new Promise((resolve) => (answer = resolve)) });
    const running = failureOf(run({}, stop.signal));
    await waitUntil('the start was asked for', () => started().length > 0);
    stop.abort();
    answer();
    expect(await running).toMatchObject({
      code: 'RUN_STATE',
      message: 'Stopped watching; the run 9007199254740993 of btc-fake-dev continues on Databricks',
    });
  });

  test('may have begun when the stop comes and its start was not answered', async () => {
    const stop = new AbortController();
    fail(RUN_NOW, 'cut');
    const running = failureOf(run({}, stop.signal));
    await waitUntil('the start was asked for', () => started().length > 0);
    stop.abort();
    expect(await running).toMatchObject({
      code: 'RUN_STATE',
      message: expect.stringContaining('a run may have begun'),
    });
  });

  test('continues when the workspace is lost, and the error says so', async () => {
    fail(GET, 'cut', 'cut');
    expect(await failureOf(run({}, undefined, 2))).toMatchObject({
      code: 'DATABRICKS_UNREACHABLE',
      message: expect.stringMatching(/; the run 9007199254740993 of btc-fake-dev continues on Databricks$/),
    });
  });

  test('of which the workspace names no state is an error, and is not waited for', async () => {
    fail(GET, { status: 200, body: { run_id: 1 } });
    expect(await failureOf(run())).toMatchObject({
      code: 'DATABRICKS_API',
      message: expect.stringContaining('does not say in which state the run 9007199254740993'),
    });
  });

  test('that failed is told of as failed, also where its result may not be read', async () => {
    workspace.run = { states: ['TERMINATED'], code: 'RUN_EXECUTION_ERROR', tasks: [{ key: 'simulation' }] };
    fail(OUTPUT, { status: 403, body: {} });
    expect(await failureOf(run())).toMatchObject({
      code: 'DATABRICKS_JOB',
      message: 'The run 9007199254740993 of btc-fake-dev ended as RUN_EXECUTION_ERROR',
      lines: [expect.stringContaining('does not allow reading the result of the task simulation')],
    });
  });

  test('that succeeded is told of as succeeded where its result may not be read', async () => {
    fail(OUTPUT, { status: 403, body: {} });
    expect(await failureOf(run())).toMatchObject({
      code: 'DATABRICKS_JOB',
      message: expect.stringContaining('succeeded, and its result cannot be read: '),
      remedy: expect.stringContaining('https://localhost'),
    });
  });
});

describe('the workspace', () => {
  test('that has no such job, or two, is told of by its name', async () => {
    workspace.jobs = [{ job_id: 1, name: 'BTC-fake-dev' }];
    expect(await failureOf(run())).toMatchObject({
      code: 'DATABRICKS_JOB',
      message: expect.stringContaining('has no job btc-fake-dev'),
    });
    workspace.jobs = [1, 2].map((job_id) => ({ job_id, name: 'btc-fake-dev' }));
    expect(await failureOf(run())).toMatchObject({
      code: 'DATABRICKS_JOB',
      message: expect.stringContaining('has 2 jobs btc-fake-dev: 1, 2'),
    });
    expect(started()).toEqual([]);
  });

  test('that is busy, fails for a moment, or cuts the connection is asked again, and starts the job once', async () => {
    fail(LIST, { status: 429, retryAfter: '0' }, 'cut');
    fail(RUN_NOW, { status: 503, retryAfter: '0' });
    fail(GET, { status: 500 });
    await run();
    const tokens = new Set(started().map(({ body }) => body.idempotency_token));
    expect([started().length, tokens.size]).toEqual([2, 1]);
  });

  test.each<[status: number, code: string, said: string]>([
    [400, 'DATABRICKS_API', 'refused starting the job btc-fake-dev (HTTP 400): INVALID: Parameter seed'],
    [
      403,
      'DATABRICKS_LOGIN_REFUSED',
      'does not allow starting the job btc-fake-dev (HTTP 403): INVALID: Parameter seed',
    ],
    [404, 'DATABRICKS_API', 'refused starting the job btc-fake-dev (HTTP 404): INVALID: Parameter seed'],
  ])('that answers %i is shown with what it says, and not with a secret', async (status, code, message) => {
    fail(RUN_NOW, { status, body: { error_code: 'INVALID', message: `Parameter seed ${workspace.token}\nmore` } });
    const error = await failureOf(run());
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(error.message + error.lines.join() + error.remedy).not.toContain(workspace.token);
  });

  test('that answers with a page is an error, not an empty list', async () => {
    fail(LIST, ...[1, 2].map((): ApiFault => ({ status: 200, body: '<html>' })));
    expect(await failureOf(run({}, undefined, 2))).toMatchObject({
      code: 'DATABRICKS_UNREACHABLE',
      message: expect.stringContaining('no JSON'),
    });
  });

  test('refuses a wrong token, and lets a service principal in, whose access token is asked for again when it is over', async () => {
    expect(await failureOf(run({ token: 'wrong' }))).toMatchObject({ code: 'DATABRICKS_LOGIN_REFUSED' });
    const { clientId, clientSecret, host } = workspace;
    const rest = await DatabricksRest.open({ host, clientId, clientSecret, caFile });
    const call = { method: 'GET', path: LIST, doing: 'listing' } as const;
    await rest.call(call);
    workspace.expireTokens();
    await rest.call(call);
    rest.close();
    expect(workspace.calls.filter(({ path }) => path === '/oidc/v1/token')).toHaveLength(2);
  });

  test('that is always busy is an error that says so, after as many calls as are allowed', async () => {
    fail(RUN_NOW, ...[1, 2, 3, 4].map((): ApiFault => ({ status: 429, retryAfter: '0' })));
    expect(await failureOf(run({}, undefined, 3))).toMatchObject({
      code: 'DATABRICKS_UNREACHABLE',
      message: expect.stringContaining('starting the job btc-fake-dev: it answered HTTP 429'),
    });
    expect(started()).toHaveLength(3);
  });

  test('is reached through a proxy with a login, and a proxy that refuses is named', async () => {
    const proxy = await startForwardProxy({ login: { user: 'robot', password: 'canary-of-the-proxy' } });
    try {
      await run({ proxyUrl: proxy.url });
      expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${workspace.host}`]));
      const error = await failureOf(run({ proxyUrl: proxy.name }));
      expect(error).toMatchObject({ code: 'PROXY_REFUSED', message: expect.stringContaining('407') });
      expect(error.message).not.toContain('canary');
    } finally {
      await proxy.close();
    }
  });

  test('that nobody knows is unreachable at once', async () => {
    const error = await failureOf(run({ host: 'nowhere.test' }));
    expect(error).toMatchObject({ code: 'DATABRICKS_UNREACHABLE', message: expect.stringContaining('nowhere.test') });
  });

  test('is not trusted without its authority', async () => {
    const { host, token } = workspace;
    const rest = await DatabricksRest.open({ host, token });
    const error = await failureOf(rest.call({ method: 'GET', path: LIST, doing: 'listing' }));
    rest.close();
    expect(error).toMatchObject({
      code: 'DATABRICKS_UNREACHABLE',
      remedy: expect.stringContaining('DATABRICKS_CA_FILE'),
    });
  });
});
