/** See `packages.mjs`. */
export function nodeTooOld(version?: string): string | undefined;
export function packagesStale(root: string): string | undefined;
export function installPackages(root: string, say?: (line: string) => void): number;
