/** See `temporary.mjs`. */
export function temporaryFolder(name: string): string;
