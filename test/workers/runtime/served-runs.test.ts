import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { configuredSources } from '../../../src/queries/own-sources.ts';
import { RunNotServed, ServedRuns } from '../../../src/workers/runtime/served-runs.ts';
import { runStartHandler } from '../../../src/workers/stages/run-start.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { people } from '../../support/run-state.ts';

const SFTP = {
  SFTP_INBOUND_HOST: 'sftp.vendor.example',
  SFTP_INBOUND_USER: 'reader',
  SFTP_INBOUND_PASSWORD: 'secret-of-sftp',
  SFTP_INBOUND_REMOTE_PATH: '/outgoing',
};
const DATABRICKS = {
  DATABRICKS_HOST: 'adb-1.workspace.example',
  DATABRICKS_HTTP_PATH: '/sql/1.0/warehouses/1a',
  DATABRICKS_TOKEN: 'secret-of-databricks',
};

let fixture: RunFixture;
beforeAll(async () => {
  fixture = await openRunFixture();
});
beforeEach(() => fixture.reset());
afterAll(() => fixture?.close());

const servedBy = (env: Record<string, string> = {}, onLack?: () => void) =>
  new ServedRuns(fixture.settingsWith(env), fixture, onLack);
const newRun = (env: Record<string, string> = {}, outputDir?: string) =>
  fixture.createRun(people(2), {
    sources: configuredSources(fixture.settingsWith(env)),
    ...(outputDir === undefined ? {} : { outputDir }),
  });

/** Has a worker with these settings start a run. */
async function start(runId: string, env: Record<string, string>, only?: Parameters<typeof runStartHandler>[0]['only']) {
  const handler = runStartHandler({ ...fixture, settings: fixture.settingsWith(env), only });
  await handler((await fixture.job('run-start', runId)) as never, new AbortController().signal, 'token');
}

describe('the sources of a run', () => {
  test('are those that are configured where it is started, and for the rest those of the worker that takes run-start', async () => {
    const { plan, sources } = await newRun(SFTP);
    expect(sources).toEqual({
      recommender: 'http://127.0.0.1:9/public/api/v1/mltr/v3/run',
      sftpInbound: { host: 'sftp.vendor.example', port: 22, user: 'reader', path: '/outgoing' },
    });
    await start(plan.id, { ...DATABRICKS, SFTP_INBOUND_HOST: 'other.example', API_BASE_URL: 'http://127.0.0.1:10' });
    expect((await fixture.store.getRun(plan.id)).sources).toEqual(
      configuredSources(fixture.settingsWith({ ...SFTP, ...DATABRICKS })),
    );
  });

  test('are settled once, also that there are none', async () => {
    const { plan } = await newRun();
    await start(plan.id, {});
    await start(plan.id, { ...SFTP, ...DATABRICKS });
    expect((await fixture.store.getRun(plan.id)).sources).toMatchObject({ sftpInbound: null, databricks: null });
  });

  test('are left open by a worker that serves only run-start, for the worker that takes the stage', async () => {
    const { plan } = await newRun();
    await start(plan.id, { API_BASE_URL: '' }, ['run-start']);
    const settled = async () => (await fixture.store.getRun(plan.id)).sources!;
    expect(Object.keys(await settled())).toEqual(['recommender']);
    await servedBy(SFTP).take(await fixture.store.getRun(plan.id), 'catalog-download');
    expect(await settled()).toMatchObject({ sftpInbound: { host: 'sftp.vendor.example' } });
    const run = await fixture.store.getRun(plan.id);
    await expect(servedBy().take(run, 'catalog-download')).rejects.toThrow(RunNotServed);
  });

  test('hold no secret', async () => {
    const { plan } = await newRun({ ...SFTP, ...DATABRICKS });
    expect(JSON.stringify(await fixture.redis.hgetall(`{btc-fake}:run:${plan.id}`))).not.toContain('secret-of');
  });

  test('are never settled in a run that an earlier build made, and any process serves it', async () => {
    const run = await fixture.createRun(people(2));
    await start(run.plan.id, SFTP);
    const now = await fixture.store.getRun(run.plan.id);
    expect([now.sources, now.outputDir]).toEqual([undefined, undefined]);
    for (const stage of ['catalog-download', 'assignment', 'file-assembly'] as const) await servedBy().take(now, stage);
  });
});

describe('a process serves a stage', () => {
  const refusalOf = async (env: Record<string, string>, stage: Parameters<ServedRuns['take']>[1], runId: string) => {
    const run = await fixture.store.getRun(runId as never);
    return servedBy(env)
      .take(run, stage)
      .then(
        () => undefined,
        (error: unknown) => error as RunNotServed,
      );
  };

  test('whose sources are its own, whatever those of other stages are', async () => {
    const { plan } = await newRun({ ...SFTP, ...DATABRICKS });
    expect(await refusalOf({}, 'employee-simulation', plan.id)).toBeUndefined();
    expect(await refusalOf({}, 'file-assembly', plan.id)).toBeUndefined();
    expect(await refusalOf(SFTP, 'catalog-download', plan.id)).toBeUndefined();
    expect(await refusalOf(DATABRICKS, 'assignment', plan.id)).toBeUndefined();
    const refusal = await refusalOf({ API_BASE_URL: 'http://127.0.0.1:10' }, 'employee-simulation', plan.id);
    expect(refusal).toBeInstanceOf(RunNotServed);
    expect(refusal?.message).toBe(
      'the run has recommender http://127.0.0.1:9/public/api/v1/mltr/v3/run; ' +
        'this process has recommender http://127.0.0.1:10/public/api/v1/mltr/v3/run',
    );
  });

  test('with another password or token for the same source', async () => {
    const { plan } = await newRun({ ...SFTP, ...DATABRICKS });
    const env = { ...SFTP, ...DATABRICKS, SFTP_INBOUND_PASSWORD: 'new', DATABRICKS_TOKEN: 'dapi-new' };
    expect(await refusalOf(env, 'catalog-download', plan.id)).toBeUndefined();
    expect(await refusalOf(env, 'assignment', plan.id)).toBeUndefined();
  });

  test('and settles its OUTPUT_DIR, absolute, when it makes the assignments; another warehouse settles nothing', async () => {
    const { plan } = await newRun(DATABRICKS);
    expect(await refusalOf({ OUTPUT_DIR: 'elsewhere' }, 'assignment', plan.id)).toBeInstanceOf(RunNotServed);
    expect((await fixture.store.getRun(plan.id)).outputDir).toBeUndefined();
    expect(await refusalOf({ ...DATABRICKS, OUTPUT_DIR: 'feeds' }, 'assignment', plan.id)).toBeUndefined();
    expect((await fixture.store.getRun(plan.id)).outputDir).toBe(resolve('feeds'));
    expect(existsSync('feeds')).toBe(false);
  });

  test('with files only where their folder is there or is its own OUTPUT_DIR, and says which it lacks', async () => {
    const folder = join(fixture.folder, 'asked-for');
    const { plan } = await newRun({}, folder);
    let told = 0;
    const served = servedBy({}, () => {
      told += 1;
    });
    const take = async () => served.take(await fixture.store.getRun(plan.id), 'assignment');
    await expect(take()).rejects.toThrow(`the run has the folder ${folder}; this process has no such folder`);
    await expect(take()).rejects.toThrow(RunNotServed);
    expect([told, served.lacksFolders]).toEqual([1, [folder]]);
    expect(await refusalOf({ OUTPUT_DIR: folder }, 'assignment', plan.id)).toBeUndefined();
    await mkdir(folder);
    await take();
    expect(served.lacksFolders).toEqual([]);
  });
});
