/** See `findings.mjs`. */
export interface Findings {
  readonly passed: number;
  readonly unsteady: number;
  readonly failed: number;
  readonly notes: readonly string[];
  readonly failedFiles: readonly string[];
}
export function nothing(): Findings;
export function mayRunAgain(
  level: { readonly needs: readonly string[] },
  found: Pick<Findings, 'failed' | 'failedFiles'>,
): boolean;
export function ranAgain(first: Findings, again: Findings): Findings;
export function readReport(root: string, path: string, code: number): Findings;
