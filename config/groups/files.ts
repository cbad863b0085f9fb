import { TEXT } from '../formats.ts';
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
  USER_COMPLETION_TEMPLATE_FILE: optional(
    TEXT,
    'input/UserCompletion_v2_template.csv',
    'File to copy to UserCompletion_v2_….csv; not set, that file is not made.',
  ),
};
