import { createHash } from 'node:crypto';
import { uuidv7 } from '#shared/kernel/ids.ts';

/** When the demo's own things were "made": 2026-01-01T00:00:00Z. */
const MADE = 1_767_225_600_000;

/** The same id for the same thing at every start, so that seeding twice makes nothing twice. Ids of a greater `later` (milliseconds) stand after the others in lists. */
export const demoId = <Id extends string>(kind: string, slug: string, later = 0): Id =>
  uuidv7(MADE + later, createHash('sha256').update(`keyturn demo ${kind} ${slug}`).digest()) as Id;
