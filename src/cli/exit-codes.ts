/** What the process tells the shell. */
export const EXIT = {
  ok: 0,
  error: 1,
  /** A run ended, or stands still, with failed employees. */
  failedEmployees: 2,
  usage: 64,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
