import { access, constants, mkdir } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Settings } from '../../config/settings.ts';
import { withTrainingRecords } from '../adapters/databricks.ts';
import { readEmployees } from '../adapters/employees-file.ts';
import { createRecommender } from '../adapters/recommender.ts';
import { assertSuitableRedis, safeLocation } from '../adapters/redis.ts';
import { withSftp } from '../adapters/sftp.ts';
import { parseCatalogFileName } from '../domain/catalog-file-name.ts';
import type { Employee } from '../domain/employees.ts';
import { BtcFakeError, systemCode } from '../domain/errors.ts';
import type { EmployeeId } from '../domain/ids.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { type Basics, openBasics, withSession } from './session.ts';
import { plural, printJson, printResult, styled } from './terminal.ts';

/** What came of one thing that was tried. */
interface Finding {
  readonly what: string;
  readonly state: 'fine' | 'not configured' | 'wrong';
  readonly detail: string;
  readonly remedy?: string;
}

type Trial = () => Promise<Pick<Finding, 'detail'> & Partial<Finding>>;

const ANY_EMPLOYEE = 1 as EmployeeId;

/** `btc-fake doctor`: tries everything that is configured. */
export function doctorCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('doctor')
    .description('try everything that is configured, and say for each: fine, not configured, or what to do')
    .option('--json', 'print one JSON array as the result')
    .addHelpText('after', '\nExample:\n  btc-fake doctor')
    .action(async ({ json }: { json?: boolean }) => {
      const basics = openBasics();
      const findings: Finding[] = [];
      for (const [what, trial] of trials(basics)) {
        const finding = await tryOut(what, trial);
        findings.push(finding);
        if (!json) printFinding(finding);
      }
      if (json) printJson(findings);
      done(findings.some(({ state }) => state === 'wrong') ? EXIT.error : EXIT.ok);
    });
}

async function tryOut(what: string, trial: Trial): Promise<Finding> {
  try {
    return { what, state: 'fine', ...(await trial()) };
  } catch (error) {
    const known = error instanceof BtcFakeError;
    const detail = known
      ? [error.message, ...error.lines.slice(0, 3)].join('; ')
      : error instanceof Error
        ? error.message
        : String(error);
    return { what, state: 'wrong', detail, ...(known && error.remedy ? { remedy: error.remedy } : {}) };
  }
}

function printFinding({ what, state, detail, remedy }: Finding): void {
  const marks = {
    fine: styled('green', 'fine          '),
    'not configured': styled('yellow', 'not configured'),
    wrong: styled('red', 'wrong         '),
  };
  printResult(`${what.padEnd(14)} ${marks[state]} ${detail}`);
  if (remedy) printResult(`${' '.repeat(30)}${remedy}`);
}

function trials({ settings, logger }: Basics): [string, Trial][] {
  const sftp =
    (side: 'sftpInbound' | 'sftpOutbound'): Trial =>
    async () => {
      const server = settings[side];
      if (!server)
        return {
          state: 'not configured',
          detail: side === 'sftpInbound' ? 'runs use the newest files in SFTP_LOCAL_DIR' : 'nothing is published',
        };
      const where = `${server.username}@${server.host}:${server.port}${server.remotePath}`;
      return withSftp(
        server,
        logger,
        async (session) => {
          const files = await session.listFiles(server.remotePath);
          const catalogs = files.filter(({ name }) => parseCatalogFileName(name) !== undefined).length;
          return { detail: `${where}: ${plural(catalogs, 'catalog file')}` };
        },
        { stallMs: server.stallMs },
      );
    };
  return [
    ['Redis', tryRedis],
    ['SFTP inbound', sftp('sftpInbound')],
    ['SFTP outbound', sftp('sftpOutbound')],
    ['Databricks', () => tryDatabricks(settings)],
    ['Recommender', () => tryRecommender(settings)],
    ['Employees file', () => tryEmployees(settings)],
    ['Template', () => tryTemplate(settings)],
    ['Folders', () => tryFolders(settings)],
  ];
}

async function tryRedis() {
  return withSession(async ({ redis, redisLocation, embedded }) => {
    const { version, evictionPolicy } = await assertSuitableRedis(redis);
    const where = embedded ? 'our own (REDIS_URL is not set)' : safeLocation(redisLocation);
    return { detail: `${version}, ${evictionPolicy}, ${where}` };
  });
}

async function tryDatabricks({ databricks }: Settings): Promise<Pick<Finding, 'detail'> & Partial<Finding>> {
  if (!databricks) return { state: 'not configured', detail: 'runs use new assignments only' };
  const tables = await withTrainingRecords(databricks, (records) => records.checkTables());
  return { detail: `${databricks.host}: ${tables.map(({ table }) => table).join(' and ')} can be read` };
}

async function tryRecommender(settings: Settings): Promise<Pick<Finding, 'detail'> & Partial<Finding>> {
  if (!settings.recommender) {
    const remedy = 'Set API_BASE_URL, for example https://recommender.example';
    return { state: 'wrong', detail: 'API_BASE_URL is not set, and no run can do without it', remedy };
  }
  const recommender = createRecommender({ ...settings.recommender, sockets: 1 });
  try {
    const employeeId = (await firstEmployee(settings))?.id ?? ANY_EMPLOYEE;
    const recommendations = await recommender.recommend(employeeId);
    return {
      detail: `${settings.recommender.baseUrl}: ${plural(recommendations.length, 'recommendation')} for employee ${employeeId}`,
    };
  } finally {
    recommender.close();
  }
}

async function firstEmployee(settings: Settings): Promise<Employee | undefined> {
  let first: Employee | undefined;
  const onBatch = (batch: readonly Employee[]) => {
    first ??= batch[0];
  };
  await readEmployees({ path: settings.files.employeesFile, skipInvalid: true, onBatch }).catch(() => {});
  return first;
}

async function tryEmployees({ files }: Settings) {
  const { employees } = await readEmployees({ path: files.employeesFile, skipInvalid: false, onBatch: () => {} });
  return { detail: `${files.employeesFile}: ${plural(employees, 'employee')}` };
}

async function tryTemplate({ files }: Settings): Promise<Pick<Finding, 'detail'> & Partial<Finding>> {
  const template = files.userCompletionTemplateFile;
  if (template === undefined) return { state: 'not configured', detail: 'no UserCompletion file is made' };
  await usable(template, constants.R_OK, 'FILE_UNREADABLE', 'Correct USER_COMPLETION_TEMPLATE_FILE.');
  return { detail: template };
}

async function tryFolders({ files }: Settings) {
  for (const [variable, folder] of [
    ['OUTPUT_DIR', files.outputDir],
    ['SFTP_LOCAL_DIR', files.downloadDir],
  ] as const) {
    await mkdir(folder, { recursive: true }).catch(() => {});
    await usable(folder, constants.W_OK, 'OUTPUT_UNWRITABLE', `Correct ${variable}, or the rights of the folder.`);
  }
  return { detail: `${files.outputDir} and ${files.downloadDir} can be written` };
}

async function usable(
  path: string,
  mode: number,
  code: 'FILE_UNREADABLE' | 'OUTPUT_UNWRITABLE',
  remedy: string,
): Promise<void> {
  try {
    await access(path, mode);
  } catch (cause) {
    throw new BtcFakeError(
      code,
      `${path} cannot be ${mode === constants.R_OK ? 'read' : 'written'} (${systemCode(cause)})`,
      { remedy, cause },
    );
  }
}
