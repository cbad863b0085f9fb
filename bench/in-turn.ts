/** What two ways of doing the same took, in seconds, measured in turn. */
export interface InTurn {
  readonly ours: number[];
  readonly bare: number[];
}
