import { mkdir, mkdtemp, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { secretsOf } from '../../../config/secrets.ts';
import type { Settings, SftpServerSettings } from '../../../config/settings.ts';
import { withTrainingRecords } from '../../adapters/databricks/training-records.ts';
import { readEmployees, takeEmployees } from '../../adapters/disk/employees-file.ts';
import { fileSha256 } from '../../adapters/disk/feed-files.ts';
import { FOLDER_MODE } from '../../adapters/disk/file-modes.ts';
import { isFolder } from '../../adapters/object-stores/store-address.ts';
import { secretCutter } from '../../adapters/process/secret-cutter.ts';
import { createRecommender } from '../../adapters/recommender/client.ts';
import type { RedisConnection } from '../../adapters/redis/client.ts';
import { redisRefusal } from '../../adapters/redis/failure.ts';
import { assertSuitableRedis, assertWritableRedis, type RedisFacts } from '../../adapters/redis/suitability.ts';
import { withSftp } from '../../adapters/sftp/session.ts';
import { clockIsOff, WorkerRegistry } from '../../adapters/shared-state/worker-registry.ts';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';
import type { EmployeeId } from '../../domain/ids.ts';
import type { WeeklySchedule } from '../../domain/schedule/slots.ts';
import type { Employee } from '../../domain/simulation/employees.ts';
import { duration, plural } from '../../domain/wording.ts';
import type { Finding, Outcome } from './finding.ts';
import { tryInbound } from './inbound.ts';
import { tryLakehouse } from './lakehouse.ts';
import { tryLandingStore } from './landing.ts';
import { describeProxies, via } from './proxies.ts';

/** One thing that can be tried. */
export interface ConnectionCheck {
  readonly what: string;
  /** Tries it for real. Never rejects. */
  run(): Promise<Finding>;
}

/** What checks work with. */
export interface CheckDependencies {
  readonly settings: Settings;
  readonly logger: Logger;
  /** Tries Redis: a command opens a connection for that, a page has one. */
  readonly redis: () => Promise<Outcome>;
  /** The queue's schedule; undefined: none is applied. Absent: what is described for Databricks is not looked at. */
  readonly appliedSchedule?: () => Promise<WeeklySchedule | undefined>;
}

const ANY_EMPLOYEE = 1 as EmployeeId;
const SHOWN_LINES = 3;

/** Everything that runs depend on, to be tried in this order or at once. */
export function connectionChecks({ settings, logger, redis, appliedSchedule }: CheckDependencies): ConnectionCheck[] {
  const cutSecrets = secretCutter(secretsOf(settings));
  const isProxied = settings.proxies.length > 0;
  const proxies: [string, () => Promise<Outcome>][] = isProxied
    ? [['Proxies', async () => describeProxies(settings)]]
    : [];
  const lakehouse: [string, () => Promise<Outcome>][] = appliedSchedule
    ? [['lakehouse.yaml', () => tryLakehouse(appliedSchedule)]]
    : [];
  const { lakehouseUrl } = settings;
  const landing: [string, () => Promise<Outcome>][] =
    lakehouseUrl === undefined ? [] : [['Landing', () => tryLanding(lakehouseUrl, settings)]];
  const checks: [string, () => Promise<Outcome>][] = [
    ['Redis', redis],
    ['SFTP inbound', () => tryInbound(settings, logger)],
    ['SFTP outbound', () => tryOutbound(settings, logger)],
    ['Databricks', () => tryDatabricks(settings)],
    ['Recommender', () => tryRecommender(settings)],
    ...proxies,
    ['Employees file', () => tryEmployees(settings)],
    ['Template', () => tryTemplate(settings)],
    ['OUTPUT_DIR', () => tryFolder('OUTPUT_DIR', settings.files.outputDir)],
    ['SFTP_LOCAL_DIR', () => tryFolder('SFTP_LOCAL_DIR', settings.files.downloadDir)],
    ...landing,
    ...lakehouse,
  ];
  return checks.map(([what, check]) => ({
    what,
    run: async () => {
      const outcome = await check().catch(wrong);
      return { what, ...outcome, detail: cutSecrets(outcome.detail) };
    },
  }));
}

/**
 * What can be said of a Redis that answers, and of the clocks of this machine and of those with workers beside its own:
 * by them jobs wake up that wait.
 * @param clock this machine's, epoch milliseconds.
 * @throws BtcFakeError REDIS_UNSUITABLE, or what Redis refuses: REDIS_REFUSED, REDIS_REFUSES_WRITES, REDIS_FULL.
 */
export async function tryRedis(
  redis: RedisConnection,
  place: string,
  clock: () => number = Date.now,
): Promise<Outcome> {
  const { version, evictionPolicy } = await suitableRedis(redis).catch((error: unknown) => {
    throw redisRefusal(error) ?? error;
  });
  const detail = `${version}, ${evictionPolicy}, ${place}`;
  const registry = new WorkerRegistry(redis);
  const here = { what: 'this machine', clockDifferenceMs: await registry.clockDifferenceMs(clock) };
  const workers = (await registry.list()).map(({ host, pid, clockDifferenceMs }) => ({
    what: `${host}, process ${pid}`,
    clockDifferenceMs,
  }));
  const wrongClocks = [here, ...workers].filter(clockIsOff).map(({ what, clockDifferenceMs }) => {
    const by = duration(Math.abs(clockDifferenceMs ?? 0));
    return `the clock of ${what} is ${by} ${(clockDifferenceMs ?? 0) > 0 ? 'ahead of' : 'behind'} Redis'`;
  });
  if (wrongClocks.length === 0) return fine(detail);
  const remedy = 'Let all machines keep the time (NTP): jobs that wait wake up by it.';
  return { state: 'wrong', detail: `${detail}; ${wrongClocks.slice(0, SHOWN_LINES).join('; ')}`, remedy };
}

async function suitableRedis(redis: RedisConnection): Promise<RedisFacts> {
  const facts = await assertSuitableRedis(redis);
  await assertWritableRedis(redis);
  return facts;
}

function fine(detail: string): Outcome {
  return { state: 'fine', detail };
}

function notConfigured(detail: string): Outcome {
  return { state: 'not configured', detail };
}

function wrong(error: unknown): Outcome {
  if (!(error instanceof BtcFakeError)) {
    return { state: 'wrong', detail: error instanceof Error ? error.message : String(error) };
  }
  const detail = [error.message, ...error.lines.slice(0, SHOWN_LINES)].join('; ');
  return { state: 'wrong', detail, ...(error.remedy ? { remedy: error.remedy } : {}) };
}

async function tryOutbound(settings: Settings, logger: Logger): Promise<Outcome> {
  const { sftpOutbound: server } = settings;
  if (!server) return notConfigured('nothing is published');
  const { stallMs } = server;
  await withSftp(server, logger, (session) => session.listFiles(server.remotePath), { stallMs });
  return fine(`${placeOf(server)}: the folder can be listed`);
}

function placeOf({ username, host, port, remotePath }: SftpServerSettings): string {
  return `${username}@${host}:${port}${remotePath}`;
}

async function tryDatabricks({ databricks }: Settings): Promise<Outcome> {
  if (!databricks) return notConfigured('runs use new assignments only');
  const tables = await withTrainingRecords(databricks, (records) => records.checkTables());
  return fine(
    `${databricks.host}: ${tables.map(({ table }) => table).join(' and ')} can be read${via(databricks.proxyUrl)}`,
  );
}

async function tryRecommender(settings: Settings): Promise<Outcome> {
  if (!settings.recommender) {
    const remedy = 'Set API_BASE_URL, for example https://recommender.example';
    return { state: 'wrong', detail: 'API_BASE_URL is not set, and no run can do without it', remedy };
  }
  const recommender = createRecommender({ ...settings.recommender, sockets: 1 });
  try {
    const employeeId = (await firstEmployee(settings))?.id ?? ANY_EMPLOYEE;
    const recommendations = await recommender.recommend(employeeId);
    const answer = `${plural(recommendations.length, 'recommendation')} for employee ${employeeId}`;
    return fine(`${settings.recommender.baseUrl}: ${answer}${via(settings.recommender.proxyUrl)}`);
  } finally {
    recommender.close();
  }
}

/** Whom the recommender is asked about; undefined when the file cannot be read, which its own check says. */
async function firstEmployee({ files }: Settings): Promise<Employee | undefined> {
  try {
    for await (const [first] of readEmployees({ path: files.employeesFile, skipInvalid: true })) return first;
  } catch (error) {
    if (!(error instanceof BtcFakeError)) throw error;
  }
  return undefined;
}

async function tryEmployees({ files }: Settings): Promise<Outcome> {
  const { employees } = await takeEmployees({ path: files.employeesFile, skipInvalid: false });
  const detail = `${files.employeesFile}: ${plural(employees, 'employee')}`;
  return employees > 0
    ? fine(detail)
    : { state: 'wrong', detail, remedy: 'Give each employee a line such as "104829,a".' };
}

async function tryTemplate({ files }: Settings): Promise<Outcome> {
  const template = files.userCompletionTemplateFile;
  if (template === undefined) return notConfigured('no UserCompletion file is made');
  await fileSha256(template);
  return fine(`${template}: can be read`);
}

/** A folder is tried like any other, and a store as far as it can be without leaving something there. */
async function tryLanding(root: string, settings: Settings): Promise<Outcome> {
  return isFolder(root) ? tryFolder('LAKEHOUSE_URL', root) : tryLandingStore(root, settings);
}

/** Really makes something in the folder: rights alone do not tell whether the disk lets it. */
async function tryFolder(variable: string, folder: string): Promise<Outcome> {
  try {
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    await rmdir(await mkdtemp(join(folder, '.doctor-')));
  } catch (cause) {
    throw new BtcFakeError('OUTPUT_UNWRITABLE', `${folder} cannot be written (${systemCode(cause)})`, {
      remedy: `Correct ${variable}, or the rights of the folder.`,
      cause,
    });
  }
  return fine(`${folder} can be written`);
}
