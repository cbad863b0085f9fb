/** What came of one thing that was tried. Holds no secret. */
export interface Finding {
  readonly what: string;
  readonly state: 'fine' | 'not configured' | 'wrong';
  readonly detail: string;
  readonly remedy?: string;
}

/** The same, without its name. */
export type Outcome = Omit<Finding, 'what'>;
