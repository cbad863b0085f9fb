import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

/** How a process logs. */
export interface LogOptions {
  readonly level: string;
  /** Values that must never be seen: they are cut out of every line, wherever they stand. */
  readonly secrets: readonly string[];
  /** One line for a person instead of JSON. */
  readonly pretty: boolean;
  readonly colour: boolean;
}

const CUT = '[secret]';

/** Makes the process's logger; it writes to standard error, so that results on standard output stay clean. */
export function createLogger({ level, secrets, pretty: forPeople, colour }: LogOptions): Logger {
  // A secret may stand in a line as it is, or as JSON writes it.
  const needles = [...new Set(secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]))];
  const streamWrite = (line: string) => needles.reduce((text, needle) => text.replaceAll(needle, CUT), line);
  const options = { level, base: null, hooks: { streamWrite }, timestamp: pino.stdTimeFunctions.isoTime };
  if (!forPeople) return pino(options, pino.destination({ dest: 2, sync: true }));
  const stream = pretty({
    colorize: colour,
    destination: 2,
    sync: true,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss',
  });
  return pino(options, stream);
}
