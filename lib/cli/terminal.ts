/** Where a command writes: results to `out`, everything about them to `err`. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** How many characters a line of `out` holds; undefined where it is no screen. */
  readonly columns?: number;
  /**
   * Shows in one line, in place of the one before, how far a long command is; `''` takes the line away. Undefined
   * where nobody watches.
   */
  readonly progress?: (text: string) => void;
}
