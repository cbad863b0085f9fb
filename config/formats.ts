/**
 * What a setting's text may look like. Error messages and docs name a format by its description (`"soon" is not a
 * number of seconds from 1 to 600`), and its parser returns the value in the project's own units.
 */
import { isIPv4, isIPv6 } from 'node:net';
import convict from 'convict';
import { PATTERN_TOKENS, parseDatePatterns } from '../src/domain/catalog/date-pattern.ts';
import { isLegacySshAlgorithm } from '../src/domain/connections/legacy-ssh-algorithms.ts';
import { parseRedisAddress } from '../src/domain/connections/redis-address.ts';
import { isTimeZone } from '../src/domain/schedule/time-zone.ts';

declare const parsed: unique symbol;
/** The name of a format, which remembers the type of the values that it parses to. */
export type Format<T> = string & { readonly [parsed]?: T };

type Parse<T> = (text: string) => T | undefined;
const parsers = new Map<string, Parse<unknown>>();

/** The value of a text, or undefined when the text is not of this format. */
export function parseAs<T>(format: Format<T>, text: string): T | undefined {
  return parsers.get(format)?.(text) as T | undefined;
}

/** Makes a format known to convict, which parses every text that it is given with it. */
function defineFormat<T>(description: string, parse: Parse<T>): Format<T> {
  parsers.set(description, parse);
  const refuse = () => new Error(`is not ${description}`);
  convict.addFormat({
    name: description,
    coerce: (text: string) => {
      const value = parse(text);
      if (value === undefined) throw refuse();
      return value;
    },
    validate: (value: unknown) => {
      if (parse(String(value)) === undefined) throw refuse();
    },
  });
  return description as Format<T>;
}

/** Texts that match a pattern, without the blanks around them. */
function matching(description: string, pattern: RegExp): Format<string> {
  return defineFormat(description, (text) => (pattern.test(text.trim()) ? text.trim() : undefined));
}

/** Whole numbers in a range, for example `wholeNumber('a number of seconds', 1, 600)`. */
export function wholeNumber(what: string, min: number, max: number): Format<number> {
  return defineFormat(`${what} from ${min} to ${max}`, (text) => {
    const number = /^[0-9]{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN;
    return number >= min && number <= max ? number : undefined;
  });
}

/** One of a few words, exactly as they are written here. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Format<Word> {
  return defineFormat(`one of ${words.join(', ')}`, (text) => words.find((word) => word === text.trim()));
}

const ON = ['true', 'yes', 'on', '1'];
const OFF = ['false', 'no', 'off', '0'];

/** Yes or no. */
export const SWITCH: Format<boolean> = defineFormat('true or false', (text) => {
  const word = text.trim().toLowerCase();
  return ON.includes(word) ? true : OFF.includes(word) ? false : undefined;
});

/** A file, a folder, a user name: anything that stands on one line. */
export const TEXT = matching('text on one line', /^[^\p{Cc}]+$/u);
/** Kept exactly as given, blanks included; a line break in a secret is an accident of copying. */
export const SECRET: Format<string> = defineFormat('text on one line, without a line break at its end', (text) =>
  /^[^\p{Cc}]+$/u.test(text) ? text : undefined,
);
/** Tokens and ids that never hold blanks. */
export const TOKEN = matching('text without blanks', /^[^\s\p{Cc}]+$/u);
/** Catalog and schema names, which become part of SQL (contract section 1, "Training records"). */
export const IDENTIFIER = matching('a name of letters, digits and _', /^[A-Za-z0-9_]+$/);
/** The path of the recommender below its base URL. */
export const URL_PATH = matching('a path that starts with /, without blanks, ? or #', /^\/[^\s?#\p{Cc}]*$/u);
/**
 * The first parts of the dashboard's own addresses: behind a proxy that takes the base path off, one like them would be
 * ambiguous.
 */
export const DASHBOARD_PARTS: readonly string[] = [
  'assets',
  'charts',
  'configuration',
  'connections',
  'healthz',
  'metrics',
  'queues',
  'readyz',
  'runs',
  'schedule',
  'start',
];
/** Without a `/` at its end; the root itself is empty. */
export const BASE_PATH: Format<string> = defineFormat(
  'a path such as /btc-fake whose first part is none of the dashboard (/runs, /queues and so on)',
  (text) => {
    const path = text.trim().replace(/\/$/, '');
    if (!/^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._~-]+)*$/.test(path)) return undefined;
    return DASHBOARD_PARTS.includes(path.split('/')[1] ?? '') ? undefined : path;
  },
);
/** As `ssh-keygen -lf` prints it. */
export const HOST_FINGERPRINT = matching(
  'a fingerprint: SHA256: and 43 letters, as ssh-keygen -lf prints it',
  /^SHA256:[A-Za-z0-9+/]{43}=?$/,
);
/** Blanks around the commas do no harm; none of them twice. */
export const LEGACY_ALGORITHMS: Format<readonly string[]> = defineFormat(
  'names of legacy SSH algorithms, with commas between them',
  (text) => {
    const names = [...new Set(text.split(',').map((name) => name.trim()))];
    return names.every(isLegacySshAlgorithm) ? names : undefined;
  },
);
export const PORT = wholeNumber('a port', 1, 65_535);

const LABELS = /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/;

function isHost(text: string): boolean {
  // Digits and dots alone are meant as an address: `10.0.0.256` is a slip, not a host name.
  return /^[0-9.]+$/.test(text) ? isIPv4(text) : isIPv6(text) || LABELS.test(text);
}

/** A server's name or address, nothing else. */
export const HOST: Format<string> = defineFormat('a host name or IP address, without a port or a scheme', (text) =>
  isHost(text.trim()) ? text.trim() : undefined,
);

/** A workspace as Databricks shows it: `https://` in front and `/` behind are taken off, a port is kept. */
export const WORKSPACE_HOST: Format<string> = defineFormat('a host name, with or without a port', (text) => {
  const bare = text
    .trim()
    .replace(/^https:\/\//i, '')
    .replace(/\/$/, '');
  const [host = '', port, ...more] = bare.split(':');
  if (!isHost(host) || more.length > 0) return undefined;
  return port === undefined || parseAs(PORT, port) !== undefined ? bare : undefined;
});

/** The HTTP path of a warehouse or cluster; Databricks shows some with and some without the `/` in front. */
export const HTTP_PATH: Format<string> = defineFormat("a warehouse's HTTP path, without blanks, ? or #", (text) => {
  const path = text.trim().replace(/^\/*/, '/');
  return /^\/[^\s?#:\p{Cc}]+$/u.test(path) ? path : undefined;
});

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** A web address to which a path can be joined. No user or password: this setting is not treated as a secret. */
export const HTTP_URL: Format<string> = defineFormat('an http or https address without user, ? or #', (text) => {
  const url = parseUrl(text.trim());
  const plain = url !== undefined && /^https?:\/\/[^\s?#@]+$/i.test(text.trim());
  return plain ? text.trim() : undefined;
});

/** An address that may be a secret as a whole: what comes behind `?` is often a token. */
export const WEBHOOK_URL: Format<string> = defineFormat('an http or https address', (text) =>
  /^https?:\/\/[^\s@]+$/i.test(text.trim()) && parseUrl(text.trim()) !== undefined ? text.trim() : undefined,
);

/** Names that a call sets by itself, or that concern the connection and not the call. */
const OWN_HEADERS =
  /^(host|content-(length|type|encoding)|accept-encoding|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|proxy-.*)$/i;

/** A header of a call, for a credential that has a form of its own. Kept with one blank behind the colon. */
export const HTTP_HEADER: Format<string> = defineFormat("'Name: value', a header that says who calls", (text) => {
  const [, name = '', value = ''] =
    /^([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)$/.exec(text.trim()) ?? [];
  return value === '' || OWN_HEADERS.test(name) ? undefined : `${name}: ${value}`;
});

/** An HTTP proxy, perhaps with a login; `proxy.example:8080` alone is meant as http. Kept without a `/` at its end. */
export const PROXY: Format<string> = defineFormat('the http or https address of a proxy', (text) => {
  const trimmed = text.trim();
  const url = parseUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`);
  if (url === undefined || !/^https?:$/.test(url.protocol) || /\s/.test(trimmed)) return undefined;
  const decodable = !/%(?![0-9A-Fa-f]{2})/.test(url.username + url.password);
  const isBare = url.pathname === '/' && url.search === '' && url.hash === '';
  return isBare && decodable ? url.href.replace(/\/$/, '') : undefined;
});

/** Where runs land. A signature in an address would be a secret that every run keeps. */
export const LANDING_ROOT = matching(
  'a folder or an address, without user, ? or #',
  /^(?!.*:\/\/[^/]*:[^/]*@)[^?#\p{Cc}]+$/u,
);

/** What is meant by an entry is decided where it is used; other programs' entries do no harm. */
export const NO_PROXY = matching('names and addresses, with commas between them', /^[^\p{Cc}]+$/u);

/** Minutes to days of the week; whether it names real times is checked where it is used, with the time zone. */
export const CRON: Format<string> = defineFormat('a cron expression of five fields', (text) => {
  const fields = text.trim().split(/\s+/);
  return fields.length === 5 && fields.every((field) => /^[A-Za-z0-9*?,\-/#]+$/.test(field))
    ? fields.join(' ')
    : undefined;
});

/** As `parseRedisAddress` reads it; it may hold a password, in which `@ : / # ?` and `%` must be percent-encoded. */
export const REDIS_ADDRESS: Format<string> = defineFormat(
  'a redis:// or rediss:// address, alone or as redis+sentinel:// or redis+cluster:// (special characters in its password percent-encoded)',
  (text) => (parseRedisAddress(text.trim()) === undefined ? undefined : text.trim()),
);

/** Ways to write a date, kept as they are given; `parseDatePatterns` makes readers of them. */
export const DATE_PATTERNS: Format<string> = defineFormat(
  `date-fns patterns, separated by ;, each with year, month and day and no tokens but ${PATTERN_TOKENS} and 'quoted text'`,
  (text) => (parseDatePatterns(text) === undefined ? undefined : text.trim()),
);

/** A name such as `Europe/Berlin`; offsets such as `+01:00` know no daylight saving and are refused. */
export const TIME_ZONE: Format<string> = defineFormat('an IANA time zone', (text) => {
  const zone = text.trim();
  return isTimeZone(zone) ? zone : undefined;
});
