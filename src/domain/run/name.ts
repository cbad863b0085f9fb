import { parseRunId, type RunId } from '../ids.ts';
import { parseRunFileName } from './file-names.ts';

/** What somebody calls a run. A text of six characters can be an id as well as a RAND. */
export interface RunName {
  readonly runId?: RunId;
  /** RAND: the six characters that the names of all files of a run share (contract section 5). */
  readonly token?: string;
}

const TOKEN = /^[0-9a-f]{6}$/i;
/** The population as it is published (contract section 6). */
const POPULATION_FILE = /^employees_([0-9a-f]{6})\.csv$/i;

/**
 * A run by its id, by a file of it (with or without a path) or by its files' six characters; undefined for any other
 * text.
 */
export function parseRunName(given: string): RunName | undefined {
  const text = given.trim();
  const runId = parseRunId(text);
  const token = tokenOf(text);
  if (runId === undefined && token === undefined) return undefined;
  return { ...(runId === undefined ? {} : { runId }), ...(token === undefined ? {} : { token }) };
}

function tokenOf(text: string): string | undefined {
  if (TOKEN.test(text)) return text.toLowerCase();
  const name = text.slice(text.search(/[^/\\]*$/));
  const tail = parseRunFileName(name)?.tail ?? POPULATION_FILE.exec(name)?.[1];
  return tail?.slice(-6).toLowerCase();
}
