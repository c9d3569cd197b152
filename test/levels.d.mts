/** See `levels.mjs`. */
export interface Level {
  readonly name: string;
  readonly folders: readonly string[];
  readonly files: readonly string[] | null;
  readonly timeoutMs: number;
  readonly needs: readonly string[];
  readonly alone: boolean;
  readonly unparted: boolean;
  readonly expected: boolean;
}
export const LEVELS: readonly Level[];
