import { PATTERN_TOKENS, parseDatePatterns } from '../catalog/date-pattern.ts';
import { quartzSchedule } from '../schedule/quartz.ts';
import { isTimeZone } from '../schedule/time-zone.ts';

/** What a text of the description may look like. */
export interface TextFormat {
  readonly accepts: (text: string) => boolean;
  /** How a message speaks of it: `"x y" is not ${what}`. */
  readonly what: string;
}

/** Bundles replace `${…}` and jobs `{{…}}` by values of their own; there is no way to escape either. */
const EVALUATED = /\$\{|\{\{/;
/** Control characters, line breaks among them. */
const CONTROL = /\p{Cc}/u;

const pattern = (what: string, expression: RegExp): TextFormat => ({ what, accepts: (text) => expression.test(text) });

/** The formats that the schema names. */
export const TEXT_FORMATS: Readonly<Record<string, TextFormat>> = {
  'plain-text': {
    what: 'text on one line without ${ or {{, which Databricks would replace by something else',
    accepts: (text) => !EVALUATED.test(text) && !CONTROL.test(text),
  },
  identifier: pattern('a name of letters, digits and _, at most 255', /^[A-Za-z0-9_]{1,255}$/),
  'schema-name': pattern('a name of a-z, 0-9 and _ that begins with a letter, at most 64', /^[a-z][a-z0-9_]{0,63}$/),
  principal: {
    what: 'the name of a group on one line, without ${ or {{',
    accepts: (text) => !EVALUATED.test(text) && !CONTROL.test(text) && text.trim() === text && text.length <= 255,
  },
  securable: pattern('"*", a catalog, or catalog.schema', /^(\*|[A-Za-z0-9_]{1,255}(\.[A-Za-z0-9_]{1,255})?)$/),
  'notebook-path': pattern(
    'a path of the workspace such as /Shared/labs/start, without .py',
    /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9 @._+-]+)+(?<!\.(py|ipynb|sql|r|scala))$/i,
  ),
  'scope-name': pattern('a name of letters, digits, -, _, @ and ., at most 128', /^[A-Za-z0-9_.@-]{1,128}$/),
  'job-name': pattern('a name of letters, digits, - and _, at most 100', /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/),
  'workspace-host': pattern(
    'a host name, without https:// and without a path',
    /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*(:[0-9]{1,5})?$/,
  ),
  'workspace-folder': pattern(
    'a folder of the workspace such as /Workspace/Shared/btc-fake',
    /^\/Workspace(\/(?!\.{1,2}(\/|$))[A-Za-z0-9 @._+-]+)+$/,
  ),
  'call-url': {
    what: 'an http or https address without user, ? or #, or nothing',
    accepts: (text) =>
      text === '' || (/^https?:\/\/[^\s?#@]+$/i.test(text) && URL.canParse(text) && !EVALUATED.test(text)),
  },
  'e-mail': pattern('an e-mail address', /^[^\s@${}"',;<>]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/),
  'time-zone': { what: 'an IANA time zone such as Europe/Berlin', accepts: isTimeZone },
  cron: {
    what: 'a cron expression of five fields that Databricks can follow',
    accepts: (text) => 'expression' in quartzSchedule(text),
  },
  'date-patterns': {
    what: `date-fns patterns, separated by ;, each with year, month and day and no tokens but ${PATTERN_TOKENS} and 'quoted text', or nothing`,
    accepts: (text) => text === '' || (parseDatePatterns(text) !== undefined && !EVALUATED.test(text)),
  },
};
