import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RedisConnection } from '../../../src/adapters/redis/client.ts';
import { connectRedis } from '../../../src/adapters/redis/connection.ts';
import { FrozenSourcesStore } from '../../../src/adapters/run-store/frozen-sources.ts';
import { RunStore } from '../../../src/adapters/run-store/store.ts';
import type { RunSources } from '../../../src/domain/run/sources.ts';
import { planOf } from '../../support/domain-values.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';
import { ASSIGNMENT_FACTS, CATALOG_FACTS, newRun, people } from '../../support/run-state.ts';

let server: TestRedis;
let redis: RedisConnection;
let store: RunStore;
let frozen: FrozenSourcesStore;
beforeAll(async () => {
  server = await startTestRedis();
  redis = await connectRedis(server.url, 'command');
  store = new RunStore(redis, 60_000);
  frozen = new FrozenSourcesStore(redis);
});
beforeEach(() => redis.flushall());
afterAll(async () => {
  redis?.disconnect();
  await server?.stop();
});

const RUN = newRun(planOf(), people(3));
const ID = RUN.plan.id;
const SFTP = { host: 'sftp.vendor.example', port: 22, user: 'reader', path: '/outgoing' };
const SOURCES: RunSources = {
  recommender: 'https://recommender.example/run',
  sftpInbound: SFTP,
  databricks: null,
  sftpOutbound: null,
  lakehouse: null,
};

describe('what a run froze', () => {
  test('is read as it was made, and what is absent is still open', async () => {
    await store.createRun({ ...RUN, sources: { recommender: SOURCES.recommender }, outputDir: '/feeds' });
    expect(await store.getRun(ID)).toMatchObject({
      sources: { recommender: SOURCES.recommender },
      outputDir: '/feeds',
    });
  });

  test('stands: of many that settle what is open at once, the first counts for each', async () => {
    await store.createRun({ ...RUN, sources: {} });
    const hosts = Array.from({ length: 20 }, (_, i) => `host-${i}.example`);
    await Promise.all(
      hosts.map((host) => frozen.settle(ID, { sources: { sftpInbound: { ...SFTP, host } }, outputDir: `/${host}` })),
    );
    const { sources, outputDir } = await store.getRun(ID);
    expect(outputDir).toBe(`/${sources!.sftpInbound!.host}`);
    await frozen.settle(ID, { sources: SOURCES, outputDir: '/other' });
    expect(await store.getRun(ID)).toMatchObject({
      sources: { ...SOURCES, sftpInbound: sources!.sftpInbound },
      outputDir,
    });
  });

  test('is nothing in a run of an earlier build, and nothing comes back of an expired run', async () => {
    await store.createRun(RUN);
    await frozen.settle(ID, { sources: SOURCES, outputDir: '/feeds' });
    expect(await store.getRun(ID)).not.toHaveProperty('sources');
    expect(await store.getRun(ID)).not.toHaveProperty('outputDir');
    await redis.flushall();
    await frozen.settle(ID, { sources: SOURCES, outputDir: '/feeds' });
    await frozen.noteWritten(ID, { folder: '/feeds', host: 'worker-1' });
    expect(await redis.dbsize()).toBe(0);
  });

  test('can be settled again by the stage that failed, and only while the run has nothing from there', async () => {
    await store.createRun({ ...RUN, sources: SOURCES });
    await frozen.settle(ID, { outputDir: '/feeds' });
    const open = async () => {
      const { sources, outputDir } = await store.getRun(ID);
      return { names: Object.keys(sources!), outputDir };
    };
    await frozen.unsettleUnused(ID, 'employee-simulation');
    await frozen.unsettleUnused(ID, 'file-assembly');
    expect(await open()).toEqual({
      names: ['recommender', 'sftpInbound', 'databricks', 'sftpOutbound', 'lakehouse'],
      outputDir: '/feeds',
    });
    await frozen.unsettleUnused(ID, 'catalog-download');
    expect((await open()).names).toEqual(['recommender', 'databricks', 'sftpOutbound', 'lakehouse']);
    await frozen.unsettleUnused(ID, 'assignment');
    expect(await open()).toEqual({ names: ['recommender', 'sftpOutbound', 'lakehouse'], outputDir: undefined });

    await frozen.settle(ID, { sources: SOURCES, outputDir: '/feeds' });
    await store.putCatalogs(ID, { StandAloneContent: [], CourseCatalog: [] }, CATALOG_FACTS);
    await store.freezeAssignments(ID, ASSIGNMENT_FACTS);
    await store.finishStage(ID, 'assignment', 1);
    for (const stage of ['catalog-download', 'assignment'] as const) await frozen.unsettleUnused(ID, stage);
    expect(await store.getRun(ID)).toMatchObject({ sources: SOURCES, outputDir: '/feeds' });
  });

  test('keeps the folder that somebody asked for', async () => {
    await store.createRun({ ...RUN, sources: SOURCES, outputDir: '/asked-for' });
    await frozen.unsettleUnused(ID, 'assignment');
    expect((await store.getRun(ID)).outputDir).toBe('/asked-for');
  });
});
