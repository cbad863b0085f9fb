import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunReport } from '../../src/cli/run/report.ts';
import { type SandboxRecommender, startRecommender } from '../../src/sandbox/recommender-server.ts';
import { startVendorSftpServer, type VendorSftpServer } from '../../src/sandbox/vendor-sftp-server.ts';
import { freePort, type OpenSshServer, startOpenSshServer } from '../support/openssh-server.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { startWarehouse, type Warehouse } from '../support/warehouse/warehouse.ts';
import { makeWorkspace, sftpEnvironment, type Workspace } from '../support/workspace.ts';

// What this file proves: when something outside fails, the run ends with exit code 1 and the reason. What may pass is
// tried again, what cannot is not, and a run never continues with older files or fewer facts than it was told to get.

let place: Workspace;
let redis: TestRedis;
let recommender: SandboxRecommender;
let openssh: OpenSshServer;
let vendor: VendorSftpServer;
let warehouse: Warehouse;

beforeAll(async () => {
  [redis, recommender, openssh, warehouse] = await Promise.all([
    startTestRedis(),
    startRecommender({ contentIds: [] }),
    startOpenSshServer(),
    startWarehouse(),
  ]);
  vendor = await startVendorSftpServer({ files: openssh.folder, username: 'reader', password: 'right-password' });
  // The download folder holds good files all the time: nobody may fall back on them.
  place = await makeWorkspace({ employees: ['104829,a'], redisUrl: redis.url, recommenderUrl: recommender.url });
});
afterAll(async () => {
  await place.remove();
  await Promise.all([vendor.close(), warehouse.close(), openssh.stop(), recommender.close()]);
  await redis.stop();
});

/**
 * Runs to a failed stage; checks all that is the same for each, and returns the report and how often the job was tried.
 */
async function failingRun(env: Record<string, string>) {
  const { code, stdout, stderr, json } = await place.run(['run', '--json', '--with-workers'], env);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  const report = json<RunReport>();
  expect({ code, state: report.state, files: report.files }).toEqual({ code: 1, state: 'failed', files: [] });
  expect(stderr).not.toMatch(/^\s*at |\\n\s+at /m);
  expect(stderr).toContain(report.reason);
  return { report, stderr, attempts: stderr.match(/"attempt":/g)?.length ?? 0 };
}

const inbound = (changes: Partial<OpenSshServer['login']> & { remotePath?: string } = {}) =>
  sftpEnvironment('SFTP_INBOUND', { ...openssh.login, remotePath: openssh.folder, ...changes });

test('a wrong SFTP password is not tried again, and not shown', async () => {
  const { port, hostFingerprint } = vendor;
  const server = {
    host: '127.0.0.1',
    port,
    hostFingerprint,
    username: 'reader',
    password: 'wrong-password',
    remotePath: '/',
  };
  const { report, stderr, attempts } = await failingRun(sftpEnvironment('SFTP_INBOUND', server));
  expect(attempts).toBe(1);
  expect(report).toMatchObject({
    stage: 'catalog-download',
    reason: `SFTP_LOGIN_REFUSED: 127.0.0.1:${port} refused the login of reader. Check SFTP_INBOUND_USER and SFTP_INBOUND_PASSWORD or SFTP_INBOUND_PRIVATE_KEY_FILE.`,
  });
  expect(stderr + JSON.stringify(report)).not.toContain('wrong-password');
});

test('another host key than the pinned one is refused at once, with both', async () => {
  const pinned = `SHA256:${'A'.repeat(43)}`;
  const { report, attempts } = await failingRun(inbound({ hostFingerprint: pinned }));
  expect(attempts).toBe(1);
  expect(report.reason).toBe(
    `SFTP_HOST_KEY_MISMATCH: 127.0.0.1:${openssh.login.port} showed the host key ${openssh.fingerprint} (ssh-ed25519), but ${pinned} is pinned. Ask the server's operator which key is theirs; set SFTP_INBOUND_HOST_FINGERPRINT to it if the key was changed on purpose.`,
  );
});

test('a remote folder that is not there is refused at once', async () => {
  const { report, attempts } = await failingRun(inbound({ remotePath: '/nowhere/at/all' }));
  expect(attempts).toBe(1);
  expect(report.reason).toBe(
    `SFTP_PATH: 127.0.0.1:${openssh.login.port} has no such file or folder (listing "/nowhere/at/all"). Check the remote path.`,
  );
});

test('a remote folder without catalog files fails, though there are files here', async () => {
  const { report, attempts } = await failingRun(inbound());
  expect(attempts).toBe(1);
  expect(report.reason).toBe(
    `CATALOG_MISSING: 127.0.0.1:${openssh.folder}: no CourseCatalog and no StandAloneContent file. Put one there (such as StandAloneContent_v2_2026_1_6_1_77434e.csv), or set the SFTP_INBOUND_ variables.`,
  );
});

test('an SFTP server that cannot be reached is tried as often as JOB_ATTEMPTS says, with a pause between', async () => {
  const port = await freePort();
  const before = Date.now();
  const { report, stderr, attempts } = await failingRun({ ...inbound({ port }), JOB_ATTEMPTS: '2' });
  expect(attempts).toBe(2);
  expect(Date.now() - before).toBeGreaterThan(500);
  expect(stderr).toContain('"attempt":1,"attempts":2');
  expect(report.reason).toBe(
    `SFTP_UNREACHABLE: No SFTP session with 127.0.0.1:${port}: the connection was refused. Check SFTP_INBOUND_HOST and SFTP_INBOUND_PORT, and that this machine may connect there.`,
  );
});

const databricks = () => ({
  DATABRICKS_HOST: warehouse.host,
  DATABRICKS_HTTP_PATH: warehouse.httpPath,
  DATABRICKS_TOKEN: warehouse.token,
  DATABRICKS_CA_FILE: warehouse.caFile,
});

test('a wrong Databricks token is not tried again, and not shown', async () => {
  const { report, stderr, attempts } = await failingRun({ ...databricks(), DATABRICKS_TOKEN: 'dapi-wrong-token' });
  expect(attempts).toBe(1);
  expect(report).toMatchObject({ stage: 'assignment' });
  expect(report.reason).toMatch(
    /^DATABRICKS_LOGIN_REFUSED: Databricks at localhost:\d+ refused the login \(HTTP 40[13]\)\. Check DATABRICKS_TOKEN /,
  );
  expect(stderr + JSON.stringify(report)).not.toContain('dapi-wrong-token');
});

test('a table that is not there is reported in the words of Databricks', async () => {
  const { report, attempts } = await failingRun({ ...databricks(), DATABRICKS_SCHEMA: 'nowhere', JOB_ATTEMPTS: '1' });
  expect(attempts).toBe(1);
  expect(report.reason).toMatch(
    /^DATABRICKS_QUERY: Databricks at localhost:\d+ failed reading retail_systems_dev\.nowhere\.content_assignments: .+ Check DATABRICKS_CATALOG and DATABRICKS_SCHEMA, /,
  );
});

test('an OUTPUT_DIR that cannot be written fails the run before anybody is simulated', async () => {
  await writeFile(place.path('a-file'), '');
  const outputDir = join('a-file', 'feeds');
  const callsBefore = recommender.calls;
  const { report } = await failingRun({ OUTPUT_DIR: outputDir, JOB_ATTEMPTS: '1' });
  expect(report.stage).toBe('assignment');
  expect(report.reason).toMatch(
    /^OUTPUT_UNWRITABLE: a-file\/feeds\/Non_Completed_Assignments_V2_\S+: a part of the path is a file\. /,
  );
  expect(recommender.calls).toBe(callsBefore);
});

const TEMPLATE = 'later.csv';
const NO_TEMPLATE = `btc-fake: USER_COMPLETION_TEMPLATE_FILE: ${TEMPLATE}: there is no such file (FILE_UNREADABLE)\n  Check the path, and that this user may read it.\n`;

test.each(['run --with-workers', 'worker', 'worker --only file-assembly'])(
  'a template that is not there is told by btc-fake %s at its start, and no run is made',
  async (command) => {
    const runsBefore = (await place.run(['runs', '--json'])).stdout;
    const { code, stderr, stdout } = await place.run(command.split(' '), { USER_COMPLETION_TEMPLATE_FILE: TEMPLATE });
    expect({ code, stderr, stdout }).toEqual({ code: 1, stderr: NO_TEMPLATE, stdout: '' });
    expect((await place.run(['runs', '--json'])).stdout).toBe(runsBefore);
  },
);

test('a template that vanishes later fails the run; when it is there again, retry writes the files', async () => {
  const env = { USER_COMPLETION_TEMPLATE_FILE: TEMPLATE };
  await writeFile(place.path(TEMPLATE), '"UserId"\n');
  const worker = place.start(['worker'], env);
  await worker.waitForStderr('Working; stop with');
  await rm(place.path(TEMPLATE));
  const failed = await place.run(['run', '--json'], env);
  worker.signal('SIGTERM');
  await worker.ended;
  const report = failed.json<RunReport>();
  expect(report).toMatchObject({
    stage: 'file-assembly',
    reason: `FILE_UNREADABLE: ${TEMPLATE}: there is no such file. Check the path, and that this user may read it.`,
  });
  await writeFile(place.path(TEMPLATE), '"UserId"\n"1"\n');
  const retried = await place.run(['retry', '--json', '--with-workers', report.runId], env);
  expect(retried.code).toBe(0);
  const names = retried.json<RunReport>().files.map(({ name }) => name.replace(/_[vV]2_.*/, ''));
  expect(names).toContain('UserCompletion');
});

test('what failed stays readable: status says the stage, the reason and how to continue', async () => {
  const { report } = await failingRun(inbound({ remotePath: '/nowhere/at/all' }));
  const { code, stdout, stderr } = await place.run(['status', report.runId]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(stdout).toContain(`State    failed (catalog-download)\n`);
  expect(stdout).toContain(`The stage catalog-download failed: ${report.reason}\n`);
  expect(stdout).toContain(`btc-fake retry ${report.runId}\n`);
});
