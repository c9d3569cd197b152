import { epochMs } from '#shared/kernel/time.ts';

/** When test fleets are founded: 2026-01-01T00:00:00Z. */
export const FOUNDED = epochMs(1_767_225_600_000);
