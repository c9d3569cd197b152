import type { MediaDeps, SettleInput, SettleOutcome } from './orders.ts';

/** Settles a held copy whose medium was seen again: verified complete → active from now; else wiped and void (RNT-6). */
export declare function settleHeld(deps: MediaDeps, input: SettleInput): Promise<SettleOutcome>;
