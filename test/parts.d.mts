/** See `parts.mjs`. */
export const CHROMIUM: readonly string[];
export function postgresBinaries(): string | undefined;
export function findProgram(...names: string[]): string | undefined;
