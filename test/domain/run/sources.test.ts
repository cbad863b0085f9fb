import { describe, expect, test } from '@jest/globals';
import {
  type FrozenSources,
  type RunSources,
  SOURCE_NAMES,
  sourceDifferences,
  sourcesForManifest,
  sourceText,
} from '../../../src/domain/run/sources.ts';

const SFTP = { host: 'sftp.vendor.example', port: 22, user: 'reader', path: '/outgoing' };
const TABLES = { host: 'adb-1.workspace.example', httpPath: '/sql/1.0/warehouses/1a', catalog: 'c', schema: 's' };
const OWN: RunSources = {
  recommender: 'https://recommender.example/run',
  sftpInbound: SFTP,
  databricks: TABLES,
  sftpOutbound: { ...SFTP, path: '/incoming' },
  lakehouse: '/srv/lakehouse',
};
const NONE: RunSources = {
  recommender: null,
  sftpInbound: null,
  databricks: null,
  sftpOutbound: null,
  lakehouse: null,
};

test.each([
  ['recommender', 'recommender https://recommender.example/run', 'no recommender'],
  [
    'sftpInbound',
    'SFTP server sftp://reader@sftp.vendor.example:22/outgoing',
    'no SFTP server, the local catalog files',
  ],
  ['databricks', 'Databricks adb-1.workspace.example/sql/1.0/warehouses/1a, c.s', 'no Databricks'],
  ['sftpOutbound', 'publishing to sftp://reader@sftp.vendor.example:22/incoming', 'no SFTP server to publish to'],
] as const)(
  'people read the source %s with all that tells it from another, or that there is none',
  (name, some, none) => {
    expect([sourceText(name, OWN[name]), sourceText(name, null)]).toEqual([some, none]);
  },
);

describe('a process differs from a run', () => {
  test('in nothing that is not settled, and in nothing that is the same', () => {
    expect(sourceDifferences({}, OWN, SOURCE_NAMES)).toEqual([]);
    expect(sourceDifferences(OWN, OWN, SOURCE_NAMES)).toEqual([]);
    expect(sourceDifferences(NONE, NONE, SOURCE_NAMES)).toEqual([]);
  });

  test('only in the sources that are asked about', () => {
    expect(sourceDifferences(OWN, NONE, ['databricks'])).toEqual([
      { wanted: sourceText('databricks', TABLES), here: 'no Databricks' },
    ]);
    expect(sourceDifferences(NONE, OWN, SOURCE_NAMES)).toHaveLength(SOURCE_NAMES.length);
  });

  test.each<FrozenSources>([
    { sftpInbound: { ...SFTP, host: 'SFTP.Vendor.example' } },
    { sftpInbound: { ...SFTP, path: '/outgoing//' } },
    { databricks: { ...TABLES, host: 'ADB-1.workspace.example:443' } },
  ])('not by what names the same: %j', (frozen) => {
    expect(sourceDifferences(frozen, OWN, SOURCE_NAMES)).toEqual([]);
  });

  test.each<FrozenSources>([
    { recommender: 'https://recommender.example/run/' },
    { sftpInbound: { ...SFTP, port: 2222 } },
    { sftpInbound: { ...SFTP, user: 'other' } },
    { sftpInbound: { ...SFTP, path: 'outgoing' } },
    { sftpInbound: { ...SFTP, path: '/' } },
    { sftpInbound: { ...SFTP, host: '::1' } },
    { databricks: { ...TABLES, httpPath: '/sql/1.0/warehouses/1A' } },
    { databricks: { ...TABLES, schema: 't' } },
    { databricks: { ...TABLES, catalog: 'd' } },
  ])('by whatever names another: %j', (frozen) => {
    expect(sourceDifferences(frozen, OWN, SOURCE_NAMES)).toHaveLength(1);
  });
});

test('the manifest names the three sources, and null for what a run did without', () => {
  expect(sourcesForManifest(OWN)).toEqual({ recommender: OWN.recommender, sftp: SFTP, databricks: TABLES });
  expect(sourcesForManifest({})).toEqual({ recommender: null, sftp: null, databricks: null });
});
