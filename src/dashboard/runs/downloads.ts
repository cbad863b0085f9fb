import type { FastifyInstance } from 'fastify';
import { ZipFile } from 'yazl';
import type { OpenOutput } from '../../adapters/disk/output-files.ts';
import type { OutputFile } from '../../domain/run/manifest.ts';
import type { RunRecord } from '../../domain/run/record.ts';
import type { DashboardContext } from '../dashboard-context.ts';
import { sendError } from '../page/error-page.ts';
import { runIdFrom } from './address.ts';
import { fileOfRun, filesOfRun } from './outputs.ts';
import type { RunViews } from './views.ts';

interface FileRoute {
  Params: { id: string; name: string };
}

const MEDIA_TYPES: readonly (readonly [ending: string, type: string])[] = [
  ['.csv', 'text/csv; charset=utf-8'],
  ['.txt', 'text/plain; charset=utf-8'],
  ['.json', 'application/json; charset=utf-8'],
];

/** Feeds are mostly repetition: the fastest compression already makes a tenth of them. */
const ZIP_LEVEL = 1;

/**
 * Hands out the files of a run, one by one or all as a ZIP: only those that its manifest names, and only when they are,
 * byte for byte, those that it names.
 */
export function runDownloadRoutes(app: FastifyInstance, { store, logger }: DashboardContext, views: RunViews): void {
  app.get<FileRoute>('/runs/:id/files/:name', { exposeHeadRoute: false }, async ({ params }, reply) => {
    const run = await store.getRun(runIdFrom(params.id));
    const file = fileOfRun(run, params.name);
    if (!file) return sendError(reply, 404, noSuchFile(run));
    const open = await views.outputsOf(run).open(file);
    return reply
      .type(mediaType(file.name))
      .header('content-length', file.bytes)
      .header('content-disposition', `attachment; filename="${file.name}"`)
      .send(open.read());
  });

  app.get<FileRoute>('/runs/:id/files.zip', { exposeHeadRoute: false }, async ({ params }, reply) => {
    const run = await store.getRun(runIdFrom(params.id));
    const files = filesOfRun(run);
    if (files.length === 0) return sendError(reply, 404, noSuchFile(run));
    const outputs = views.outputsOf(run);
    // What is wrong with any of them has to be said before the first byte is sent.
    for (const file of files) await (await outputs.open(file)).close();
    const zip = zipOf(files, run.finishedAt ?? run.createdAt, (file) => outputs.open(file));
    zip.once('error', (error) => logger.warn({ err: error, runId: run.plan.id }, 'A ZIP was broken off'));
    return reply
      .type('application/zip')
      .header('content-disposition', `attachment; filename="${run.plan.id}.zip"`)
      .send(zip);
  });
}

/** What is said of a file that a run does not have. */
export function noSuchFile({ plan, manifest }: RunRecord): { message: string; remedy: string } {
  return manifest
    ? { message: `Run ${plan.id} has no such file`, remedy: 'Its page lists those that it has.' }
    : { message: `Run ${plan.id} has no files yet`, remedy: 'The files are written when every employee is done.' };
}

/**
 * A ZIP of files as a stream: one file is open at a time, and none any more when the stream is destroyed.
 * @param modifiedAt epoch milliseconds.
 */
function zipOf(files: readonly OutputFile[], modifiedAt: number, open: (file: OutputFile) => Promise<OpenOutput>) {
  const zip = new ZipFile();
  const output = zip.outputStream as NodeJS.ReadableStream & { destroy(error?: Error): void; destroyed: boolean };
  zip.on('error', (error) => output.destroy(error));
  for (const file of files) {
    const options = { size: file.bytes, mtime: new Date(modifiedAt), mode: 0o100644, compressionLevel: ZIP_LEVEL };
    zip.addReadStreamLazy(file.name, options, (give) => {
      open(file).then(
        (opened) => {
          const bytes = opened.read();
          bytes.once('error', (error) => output.destroy(error));
          output.once('close', () => bytes.destroy());
          if (output.destroyed) bytes.destroy();
          else give(null, bytes);
        },
        (error) => output.destroy(error),
      );
    });
  }
  zip.end();
  return output;
}

function mediaType(name: string): string {
  return MEDIA_TYPES.find(([ending]) => name.endsWith(ending))?.[1] ?? 'application/octet-stream';
}
