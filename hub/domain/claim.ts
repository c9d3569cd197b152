import type { MediumId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';

/** What a receipt claims, as far as the rule needs it. */
export interface Claimed {
  readonly claim: 'CLEAR-SLOT' | 'PURGE';
  readonly mediumId: MediumId;
}
/** The deletion as the medium's own controller signed it, verified by the caller; null: the receipt carries none, or it does not hold. */
export interface SignedDeletion {
  readonly mediumId: MediumId;
  /** The controller's own count; it never gives a number twice. */
  readonly counter: number;
}

/**
 * RET-4: a receipt claims what was really proven. `CLEAR-SLOT` is for plain media: a secure controller that was not asked may still hold the key. `PURGE` needs
 * the controller's own signature of this medium: a terminal that claims it without is caught (`purge_false`).
 */
export function judgeClaim(
  receipt: Claimed,
  mediumClass: 'plain' | 'secure',
  deletion: SignedDeletion | null,
): Result<void, Fault<'claim_contradicts' | 'purge_false'>> {
  if (receipt.claim === 'CLEAR-SLOT')
    return mediumClass === 'plain'
      ? ok(undefined)
      : fault('claim_contradicts', 'a secure medium signs its deletion itself; its slot is not overwritten');
  if (mediumClass === 'plain')
    return fault('purge_false', 'a plain medium has nobody who could sign that the key is erased');
  if (deletion === null)
    return fault('purge_false', 'no signature of the controller says that the key is erased');
  return deletion.mediumId === receipt.mediumId
    ? ok(undefined)
    : fault('purge_false', 'the controller of another medium signed the deletion');
}
