/**
 * Who may do what with files that BTC Fake makes, for they tell of people: its user everything, its group read, others
 * nothing. The process's umask may take more away.
 */
export const FILE_MODE = 0o640;

/** The same for folders. */
export const FOLDER_MODE = 0o750;
