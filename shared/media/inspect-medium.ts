import type { Result } from '#shared/kernel/result.ts';
import type { MediaDeps, MediumReport, MediumTrouble } from './orders.ts';

/**
 * Reads what a medium says about itself: identity, players, copies with their condition. Hostile bytes make copies `damaged`, never
 * a crash; a medium of another fleet is `medium_foreign`. Nothing is written.
 */
export declare function inspectMedium(
  deps: Pick<MediaDeps, 'drive' | 'trust'>,
): Promise<Result<MediumReport, MediumTrouble>>;
