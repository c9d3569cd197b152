/** See `parts.mjs`. */
export function postgresBinaries(): string | undefined;
export function findProgram(...names: string[]): string | undefined;
