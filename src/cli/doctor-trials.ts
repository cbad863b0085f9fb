import { mkdir, mkdtemp, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings, SftpServerSettings } from '../../config/settings.ts';
import { listLocalCatalogFiles } from '../adapters/catalog-files.ts';
import { withTrainingRecords } from '../adapters/databricks.ts';
import { readEmployees } from '../adapters/employees-file.ts';
import { fileSha256 } from '../adapters/feed-files.ts';
import { createRecommender } from '../adapters/recommender.ts';
import { assertSuitableRedis, safeLocation } from '../adapters/redis.ts';
import { withSftp } from '../adapters/sftp.ts';
import type { Employee } from '../domain/employees.ts';
import { BtcFakeError, systemCode } from '../domain/errors.ts';
import type { EmployeeId } from '../domain/ids.ts';
import { plural } from '../domain/wording.ts';
import { listRemoteCatalogFiles, newestOfEachKind, withInboundSftp } from '../workers/catalog-download.ts';
import { type Basics, openBasics, withSession } from './session.ts';

/** What came of one thing that was tried. */
export interface Finding {
  readonly what: string;
  readonly state: 'fine' | 'not configured' | 'wrong';
  readonly detail: string;
  readonly remedy?: string;
}

type Outcome = Omit<Finding, 'what'>;

const ANY_EMPLOYEE = 1 as EmployeeId;
const SHOWN_LINES = 3;

/** Tries everything that is configured, one after the other. Never throws for what it tries. @throws CONFIG_INVALID. */
export async function* examine(): AsyncGenerator<Finding> {
  const basics = openBasics();
  const { settings } = basics;
  const trials: [string, () => Promise<Outcome>][] = [
    ['Redis', () => tryRedis(basics)],
    ['SFTP inbound', () => tryInbound(basics)],
    ['SFTP outbound', () => tryOutbound(basics)],
    ['Databricks', () => tryDatabricks(settings)],
    ['Recommender', () => tryRecommender(settings)],
    ['Employees file', () => tryEmployees(settings)],
    ['Template', () => tryTemplate(settings)],
    ['OUTPUT_DIR', () => tryFolder('OUTPUT_DIR', settings.files.outputDir)],
    ['SFTP_LOCAL_DIR', () => tryFolder('SFTP_LOCAL_DIR', settings.files.downloadDir)],
  ];
  for (const [what, trial] of trials) yield { what, ...(await trial().catch(wrong)) };
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

function tryRedis(basics: Basics): Promise<Outcome> {
  return withSession(basics, async ({ redis, redisLocation, embedded }) => {
    const { version, evictionPolicy } = await assertSuitableRedis(redis);
    const where = embedded ? 'our own (REDIS_URL is not set)' : safeLocation(redisLocation);
    return fine(`${version}, ${evictionPolicy}, ${where}`);
  });
}

async function tryInbound({ settings, logger }: Basics): Promise<Outcome> {
  const { sftpInbound: server } = settings;
  if (!server) {
    const { downloadDir } = settings.files;
    const files = newestOfEachKind(await listLocalCatalogFiles(downloadDir), downloadDir);
    const names = files.map(({ name }) => name).join(' and ');
    return notConfigured(`runs use the newest files in ${downloadDir}: ${names}`);
  }
  const files = await withInboundSftp(server, logger, (session) => listRemoteCatalogFiles(session, server.remotePath));
  const newest = newestOfEachKind(files, placeOf(server));
  return fine(
    `${placeOf(server)}: ${plural(files.length, 'catalog file')}, the newest of ${newest.map(({ date }) => date).join(' and ')}`,
  );
}

async function tryOutbound({ settings, logger }: Basics): Promise<Outcome> {
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
  return fine(`${databricks.host}: ${tables.map(({ table }) => table).join(' and ')} can be read`);
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
    return fine(`${settings.recommender.baseUrl}: ${answer}`);
  } finally {
    recommender.close();
  }
}

async function firstEmployee({ files }: Settings): Promise<Employee | undefined> {
  let first: Employee | undefined;
  const onBatch = (batch: readonly Employee[]) => {
    first ??= batch[0];
  };
  await readEmployees({ path: files.employeesFile, skipInvalid: true, onBatch }).catch(() => {});
  return first;
}

async function tryEmployees({ files }: Settings): Promise<Outcome> {
  const { employees } = await readEmployees({ path: files.employeesFile, skipInvalid: false, onBatch: () => {} });
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

/** Really makes something in the folder: rights alone do not tell whether the disk lets it. */
async function tryFolder(variable: string, folder: string): Promise<Outcome> {
  try {
    await mkdir(folder, { recursive: true });
    await rmdir(await mkdtemp(join(folder, '.doctor-')));
  } catch (cause) {
    throw new BtcFakeError('OUTPUT_UNWRITABLE', `${folder} cannot be written (${systemCode(cause)})`, {
      remedy: `Correct ${variable}, or the rights of the folder.`,
      cause,
    });
  }
  return fine(`${folder} can be written`);
}
