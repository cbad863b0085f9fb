/**
 * Names of fields whose values nobody may see, whatever they are: passwords, tokens, keys, and addresses that are
 * secrets.
 */
const NAME =
  'pass(?:word|phrase|wd)|secret|token|authorization|cookie|credential|api[-_]?key|private[-_]?key|(?:redis|webhook)_?url';
const SECRET_NAME = new RegExp(`(?:${NAME})$`, 'i');

/** Whether a line of JSON may have such a field; most have none, and asking costs a microsecond. */
const MAY_HAVE_ONE = new RegExp(`(?:${NAME})\\\\*"\\s*:`, 'i');

const CUT = '[secret]';

/**
 * Cuts the values of fields that are named like secrets out of a line of JSON, at any depth. (pino's own `redact` needs
 * every path written out, and takes 140 µs a line.)
 */
export function cutSecretFields(line: string): string {
  if (!MAY_HAVE_ONE.test(line)) return line;
  const end = line.endsWith('\n') ? '\n' : '';
  const cut = (name: string, value: unknown) => (SECRET_NAME.test(name) && value !== null ? CUT : value);
  try {
    return `${JSON.stringify(JSON.parse(line, cut))}${end}`;
  } catch {
    // Whatever this is, a log is no reason to fail.
    return line;
  }
}
