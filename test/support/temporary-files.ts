import { basename } from 'node:path';
import { temporaryFolder } from '#shared/toolchain/temporary.mjs';

/** Vitest's `globalSetup`: what tests make below the system's temporary folder is gone when they have run. */
export function setup(): void {
  // Once, however many projects run.
  if (!basename(process.env['TMPDIR'] ?? '').startsWith('keyturn-vitest-'))
    process.env['TMPDIR'] = temporaryFolder('vitest');
}
