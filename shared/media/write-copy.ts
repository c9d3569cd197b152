import type { MediaDeps, WriteCopyInput, WriteOutcome } from './orders.ts';

/**
 * Writes one copy onto the medium in the drive, in the order of DESIGN §4: intent → content → licence → SLOT_BEGIN → slot → state ACTIVE
 * → power cycle → read back and verify → commit. Never throws for anything a medium, source or drive does. RNT-1, RNT-2, RNT-4.
 */
export declare function writeCopy(deps: MediaDeps, input: WriteCopyInput): Promise<WriteOutcome>;
