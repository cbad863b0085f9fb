import { DATE_PATTERNS, TEXT, wholeNumber } from '../formats.ts';
import { optional, withDefault } from '../setting.ts';

/** Files and folders of this machine. */
export const FILES = {
  EMPLOYEES_FILE: withDefault(TEXT, 'input/employees.csv', 'CSV file of the employees to simulate.'),
  OUTPUT_DIR: withDefault(TEXT, 'generated_files/', 'Folder for the feed files, the summary and the manifest.'),
  SFTP_LOCAL_DIR: withDefault(
    TEXT,
    'downloaded_files/',
    'Folder for downloaded catalog files; without SFTP credentials the newest files in it are used.',
  ),
  CATALOG_MAX_AGE_DAYS: withDefault(
    wholeNumber('a number of days', 0, 3650),
    '45',
    'A newest catalog file that is older than this many days before the day of the run is used with a notice.',
  ),
  CATALOG_MAX_MB: withDefault(
    wholeNumber('a number of megabytes', 1, 100_000),
    '500',
    'Largest catalog file, in megabytes, that is downloaded and read.',
  ),
  CATALOG_DATE_FORMATS: optional(
    DATE_PATTERNS,
    'd/M/yyyy H:mm;yyyyMMdd',
    'How dates in catalog files are written, besides the ways that are known (see docs/feeds.md): date-fns patterns, separated by `;`, tried first.',
  ),
  USER_COMPLETION_TEMPLATE_FILE: optional(
    TEXT,
    'input/UserCompletion_v2_template.csv',
    'File to copy to UserCompletion_v2_….csv; not set, that file is not made.',
  ),
};
