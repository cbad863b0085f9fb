import { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import { secretCutter } from './secret-cutter.ts';
import { cutSecretFields } from './secret-fields.ts';

/** How a process logs. */
export interface LogOptions {
  readonly level: string;
  /** Values that must never be seen: they are cut out of every line, wherever they stand. */
  readonly secrets: readonly string[];
  /** JSON for machines; for people a line of text, with the time of day alone where they look at it as it comes. */
  readonly format: 'json' | 'text' | 'terminal';
  readonly colour: boolean;
  /** Called before each line for a person. */
  readonly beforeLine?: () => void;
}

/** What is kept of a log whose disk is full, until it has free space again. */
const KEPT_BYTES = 1024 * 1024;

/** Makes the process's logger; it writes to standard error, so that results on standard output stay clean. */
export function createLogger({ level, secrets, format, colour, beforeLine }: LogOptions): Logger {
  const cutSecrets = secretCutter(secrets);
  const streamWrite = (line: string) => cutSecrets(cutSecretFields(line));
  const options = { level, base: null, hooks: { streamWrite }, timestamp: pino.stdTimeFunctions.isoTime };
  const destination = standardError();
  if (format === 'json') return pino(options, destination);
  const stream = pretty({
    colorize: colour,
    destination: new Writable({
      write: (line: Buffer, _encoding, done) => {
        beforeLine?.();
        destination.write(line.toString());
        done();
      },
    }),
    ignore: 'pid,hostname',
    singleLine: true,
    translateTime: format === 'terminal' ? 'SYS:HH:MM:ss' : "UTC:yyyy-mm-dd'T'HH:MM:ss'Z'",
  });
  return pino(options, stream);
}

/**
 * Standard error. Where its disk is full or its reader is gone, lines are lost, and the work continues: a log is no
 * reason to fail.
 */
function standardError() {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: KEPT_BYTES });
  destination.on('error', () => {});
  return destination;
}
