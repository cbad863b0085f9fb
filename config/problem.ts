/** Something that is wrong with the settings: with a setting, or with a place of the environment file. */
export interface SettingProblem {
  /** Name of a setting, or `FILE` or `FILE:LINE`. */
  readonly subject: string;
  /** What is wrong; never a secret. */
  readonly what: string;
}

/** A problem as people read it. */
export function problemLine({ subject, what }: SettingProblem): string {
  return `${subject}: ${what}`;
}
