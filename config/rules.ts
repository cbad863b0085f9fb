/**
 * What settings must be true together. Each rule looks at which settings were given (rightly or wrongly written), so
 * that its findings stand beside those of the formats, and gives one line per finding.
 */
import { quotedValue } from '../src/domain/quoted-value.ts';
import type { GivenText } from './given.ts';
import type { SettingProblem } from './problem.ts';
import { unreadableExceptions } from './proxy-choice.ts';
import { SCHEMA, type SettingName, type Values } from './schema.ts';

type Texts = ReadonlyMap<SettingName, GivenText>;
type Side = 'SFTP_INBOUND' | 'SFTP_OUTBOUND';

/** That a setting is not set: `is not set, but WHY, for example EXAMPLE`. */
export function missing(name: SettingName, why: string): SettingProblem {
  return { subject: name, what: `is not set, but ${why}, for example ${SCHEMA[name].example}` };
}

function isNeeded(because: SettingName, texts: Texts): string {
  return `${because} is (${texts.get(because)?.where})`;
}

/** With a password or key, everything else for a login and a folder is needed too. Without, nothing is. */
function serverIsWhole(texts: Texts, side: Side): SettingProblem[] {
  const findings: SettingProblem[] = [];
  const credential = ([`${side}_PASSWORD`, `${side}_PRIVATE_KEY_FILE`] as const).find((name) => texts.has(name));
  if (credential !== undefined) {
    for (const name of [`${side}_HOST`, `${side}_USER`, `${side}_REMOTE_PATH`] as const) {
      if (!texts.has(name)) findings.push(missing(name, isNeeded(credential, texts)));
    }
  }
  if (texts.has(`${side}_PRIVATE_KEY_PASSPHRASE`) && !texts.has(`${side}_PRIVATE_KEY_FILE`)) {
    findings.push(missing(`${side}_PRIVATE_KEY_FILE`, isNeeded(`${side}_PRIVATE_KEY_PASSPHRASE`, texts)));
  }
  return findings;
}

/** Contract section 6: enabled without credentials is an error before the run starts. */
function publishingIsPossible(texts: Texts, enabled: boolean): SettingProblem[] {
  if (!enabled) return [];
  const why = 'SFTP_PUBLISH_ENABLED is true';
  const credential = texts.has('SFTP_OUTBOUND_PASSWORD') || texts.has('SFTP_OUTBOUND_PRIVATE_KEY_FILE');
  if (!credential) {
    const needed = ['SFTP_OUTBOUND_HOST', 'SFTP_OUTBOUND_USER', 'SFTP_OUTBOUND_REMOTE_PATH'] as const;
    return [
      ...needed.filter((name) => !texts.has(name)).map((name) => missing(name, why)),
      {
        subject: 'SFTP_OUTBOUND_PASSWORD',
        what: `is not set, nor is SFTP_OUTBOUND_PRIVATE_KEY_FILE, but ${why}; set one of them`,
      },
    ];
  }
  return []; // with a credential, `serverIsWhole` has named what else is missing
}

/** Of use only together. */
const PAIRS = [
  ['DATABRICKS_CLIENT_ID', 'DATABRICKS_CLIENT_SECRET'],
  ['DASHBOARD_USER', 'DASHBOARD_PASSWORD'],
] as const;

function pairIsWhole(texts: Texts, pair: (typeof PAIRS)[number]): SettingProblem[] {
  const absent = pair.filter((name) => !texts.has(name));
  const [name] = absent;
  if (absent.length !== 1 || name === undefined) return [];
  return [missing(name, isNeeded(name === pair[0] ? pair[1] : pair[0], texts))];
}

function mostCoversLeast(texts: Texts, { EMPLOYEE_CONCURRENCY: least, EMPLOYEE_CONCURRENCY_MAX: most }: Values) {
  if (most === null || most >= least) return [];
  const where = texts.get('EMPLOYEE_CONCURRENCY_MAX')?.where;
  const what = `${most} is less than EMPLOYEE_CONCURRENCY, ${least}; set more, or leave it out (${where})`;
  return [{ subject: 'EMPLOYEE_CONCURRENCY_MAX', what }];
}

/** All findings of all rules. @param values what was readable, and defaults for the rest. */
export function brokenRules(texts: Texts, values: Values): SettingProblem[] {
  return [
    ...PAIRS.flatMap((pair) => pairIsWhole(texts, pair)),
    ...serverIsWhole(texts, 'SFTP_INBOUND'),
    ...serverIsWhole(texts, 'SFTP_OUTBOUND'),
    ...publishingIsPossible(texts, values.SFTP_PUBLISH_ENABLED),
    ...mostCoversLeast(texts, values),
  ];
}

/** What is allowed but may not be what was meant, one line each. */
export function doubts(texts: Texts): string[] {
  const login = (['DATABRICKS_TOKEN', 'DATABRICKS_CLIENT_SECRET'] as const).find((name) => texts.has(name));
  const absent = (['DATABRICKS_HOST', 'DATABRICKS_HTTP_PATH'] as const).filter((name) => !texts.has(name));
  const lines: string[] = [];
  if (login !== undefined && absent.length > 0) {
    lines.push(`${login}: is set, but ${absent.join(' and ')} not: Databricks counts as not configured`);
  }
  if (texts.has('DATABRICKS_TOKEN') && texts.has('DATABRICKS_CLIENT_SECRET')) {
    lines.push('DATABRICKS_TOKEN: is set beside DATABRICKS_CLIENT_ID; the token is used');
  }
  if (texts.has('API_KEY') && texts.has('API_AUTH_HEADER')) {
    lines.push('API_KEY: is set beside API_AUTH_HEADER; the header is used');
  }
  for (const entry of unreadableExceptions(texts.get('NO_PROXY')?.text ?? '')) {
    lines.push(`NO_PROXY: ${quotedValue(entry)} is neither a name nor an address nor a network, and excepts nothing`);
  }
  return [...lines, ...shortSecrets(texts)];
}

/** So few characters stand in any text by chance, so that logs hide them only where they are a value by themselves. */
const SHORT_SECRET_CHARACTERS = 3;

function shortSecrets(texts: Texts): string[] {
  const short = [...texts].filter(
    ([name, { text }]) => SCHEMA[name].sensitive && text.length <= SHORT_SECRET_CHARACTERS,
  );
  return short.map(([name]) => `${name}: is so short that logs cannot hide it in running text; choose a longer one`);
}
