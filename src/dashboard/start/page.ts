import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Settings } from '../../../config/settings.ts';
import { findEmployeesFile, listEmployeesFiles } from '../../adapters/disk/employees-folder.ts';
import { StartTokens } from '../../adapters/shared-state/start-tokens.ts';
import { BtcFakeError, type ErrorCode } from '../../domain/errors.ts';
import type { RunId } from '../../domain/ids.ts';
import { asOfInstant } from '../../domain/run/as-of.ts';
import { createRunOnce, newRunId } from '../../producers/create-run.ts';
import { configuredSources } from '../../queries/own-sources.ts';
import type { DashboardContext } from '../dashboard-context.ts';
import { withOutcome } from '../page/action-notices.ts';
import { layout } from '../page/layout.ts';
import { runPath } from '../runs/address.ts';
import { type StartValues, startForm } from './form.ts';
import { acceptUploads, UPLOAD_LIMIT_BYTES, type UploadedForm, withUploadedForm } from './uploaded-form.ts';

/** What is the sender's to put right, with the form before them. */
const OF_THE_FORM: readonly ErrorCode[] = ['EMPLOYEES_INVALID', 'FILE_UNREADABLE', 'USAGE', 'OUTPUT_UNWRITABLE'];

const TOKEN = /^[0-9a-f-]{36}$/;

/** Starts runs: a form, and what is done with it. Everything is checked before anything of a run is visible. */
export async function startRoutes(app: FastifyInstance, context: DashboardContext): Promise<void> {
  const { settings } = context.loaded;
  await app.register(async (scope) => {
    await acceptUploads(scope);

    scope.get('/start', (_request, reply) => sendForm(reply, settings, emptyForm(settings)));

    scope.post('/start', async (request, reply) => {
      let values = emptyForm(settings);
      try {
        // Answered only when the upload is gone again.
        const { runId, isNew } = await withUploadedForm(request, (form) => {
          values = valuesOf(form, settings);
          return startRun(context, values, form);
        });
        return reply.redirect(withOutcome(runPath(runId), isNew ? 'run-made' : 'run-made-before'), 303);
      } catch (error) {
        const problem = problemOf(error);
        if (problem === undefined) throw error;
        return sendForm(reply.code(422), settings, values, problem);
      }
    });
  });
}

async function startRun(context: DashboardContext, values: StartValues, uploaded: UploadedForm) {
  const { loaded, redis, store, queues, now } = context;
  const { run, queues: queueSettings } = loaded.settings;
  if (!TOKEN.test(values.token))
    throw new BtcFakeError('USAGE', 'the form was not complete', { remedy: 'Send it again.' });
  const { timeZone, feedDateFormat } = run;
  const asOf = values.asOf === '' ? undefined : asOfInstant(values.asOf, timeZone, 'As of');
  const employeesFile = await employeesFileOf(values, uploaded, loaded.settings);
  const runId: RunId = await new StartTokens(redis).claim(values.token, newRunId(now()));
  const isNew = await createRunOnce(store, queues, runId, {
    employeesFile,
    skipInvalidEmployees: values.skipInvalid,
    ...(asOf === undefined ? {} : { asOf }),
    ...(values.seed === '' ? {} : { seed: values.seed }),
    timeZone,
    feedDateFormat,
    publish: values.publish,
    landing: loaded.settings.lakehouseUrl !== undefined,
    sources: configuredSources(loaded.settings),
    attempts: queueSettings.jobAttempts,
    now: now(),
  });
  return { runId, isNew };
}

async function employeesFileOf(
  { source, file }: StartValues,
  { path: uploaded, isCut }: UploadedForm,
  { files }: Settings,
): Promise<string> {
  if (isCut) {
    throw new BtcFakeError('USAGE', `the file is larger than ${UPLOAD_LIMIT_BYTES / 2 ** 20} MiB`, {
      remedy: `Put it beside ${files.employeesFile} and choose it there.`,
    });
  }
  if (uploaded !== undefined) return uploaded;
  if (source === 'upload') {
    throw new BtcFakeError('USAGE', 'no file was uploaded', {
      remedy: 'Choose the file to upload.',
    });
  }
  const path = await findEmployeesFile(files.employeesFile, file);
  if (path !== undefined) return path;
  throw new BtcFakeError('USAGE', 'the employees file is not here any more', { remedy: 'Choose another one.' });
}

function emptyForm({ files, publish }: Settings): StartValues {
  return {
    token: randomUUID(),
    source: 'listed',
    file: basename(files.employeesFile),
    seed: '',
    asOf: '',
    publish: publish.enabled,
    skipInvalid: false,
  };
}

function valuesOf({ fields, path }: UploadedForm, { sftpOutbound }: Settings): StartValues {
  const text = (name: string) => fields.get(name)?.trim() ?? '';
  return {
    token: text('token'),
    source: path !== undefined || text('source') === 'upload' ? 'upload' : 'listed',
    file: text('file'),
    seed: text('seed'),
    asOf: text('as-of'),
    publish: sftpOutbound !== undefined && text('publish') === 'yes',
    skipInvalid: text('skip-invalid') === 'yes',
  };
}

/** What to tell beside the form; undefined for what is not the sender's to put right. */
function problemOf(error: unknown): Pick<BtcFakeError, 'message' | 'remedy' | 'lines'> | undefined {
  if (!(error instanceof BtcFakeError) || !OF_THE_FORM.includes(error.code)) return undefined;
  const { message, lines } = error;
  const skippable = error.code === 'EMPLOYEES_INVALID' && lines.length > 0;
  const remedy = skippable ? 'Fix the file, or tick "Leave out invalid rows".' : error.remedy;
  return { message, lines, remedy };
}

async function sendForm(
  reply: FastifyReply,
  settings: Settings,
  values: StartValues,
  error?: Pick<BtcFakeError, 'message' | 'remedy' | 'lines'>,
): Promise<FastifyReply> {
  const choices = await listEmployeesFiles(settings.files.employeesFile);
  // A token that cannot be right would never be.
  const token = TOKEN.test(values.token) ? values.token : randomUUID();
  const body = startForm({ values: { ...values, token }, choices, settings, error });
  return reply.type('text/html; charset=utf-8').send(layout({ title: 'Start a run', section: '/start', body }));
}
