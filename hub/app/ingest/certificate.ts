import type { Adoption } from '#hub/app/enrolment/adoption.ts';
import { DECOMMISSIONED } from '#hub/app/enrolment/decommission.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { chainIn, type SignatureBy } from '#shared/media/signing.ts';
import { type Applying, EventRefused, raise, timeOf } from './context.ts';
import type { Reader, ReadReceipt } from './documents.ts';
import { hold } from './held.ts';

/** Between a new certificate's first connection and the last thing signed under the former one. */
const SKEW_MS = 10 * 60_000;

/**
 * The certificate under a receipt is the reporting terminal's own by the fleet's registry, and was good when the key was destroyed by the hub's time, not by the
 * signer's word (SEC-4). Of a revoked certificate nothing counts by itself any more, whatever time it names: two people decide. A terminal
 * whose certificate has only expired goes on taking returns: staff hear of it.
 */
export async function checkCertificate(
  applying: Applying,
  { receipt, signer, afterExpiry }: ReadReceipt,
): Promise<void> {
  const row = await applying.stores.certificates.find({ fingerprint: signer.fingerprint });
  if (row === null || row.terminalId !== applying.terminalId)
    throw new EventRefused(
      'certificate_not_of_terminal',
      'the fleet never gave this certificate to this terminal',
    );
  const { at } = timeOf(applying, receipt.destroyedAt, 'stop');
  if (row.revokedAt !== null)
    hold(applying, 'certificate_revoked', 'signed with a certificate that was revoked before this came');
  if (at < row.validFrom - SKEW_MS || (row.supersededAt !== null && at > row.supersededAt + SKEW_MS))
    hold(
      applying,
      'certificate_not_valid_then',
      'signed with a certificate that was not in force at that time',
    );
  if (afterExpiry || at > row.validTo)
    await raise(
      applying,
      'receipt_after_expiry',
      applying.terminalId,
      'warning',
      `${applying.terminalId} took a return after its certificate had expired`,
    );
}

/**
 * A rental that is opened from its licence alone rests on the kiosk's certificate (RET-1): a stolen key must not open rentals. The key of a decommissioned kiosk
 * is gone: what it signed before goes on (FLT-3), also where a restored hub has forgotten the rental.
 */
export async function checkLicenceSigner(
  applying: Applying,
  signer: Pick<SignatureBy, 'id' | 'fingerprint' | 'signedAt'>,
): Promise<void> {
  if (signer.id === 'hub') return;
  const row = await applying.stores.certificates.find({ fingerprint: signer.fingerprint });
  if (row === null || row.terminalId !== signer.id)
    throw new EventRefused(
      'certificate_not_of_terminal',
      'the fleet never gave this certificate to this kiosk',
    );
  const inForce = (at: EpochMs | null): boolean => at === null || signer.signedAt <= at + SKEW_MS;
  const decommissioned = row.revocationReason === DECOMMISSIONED && inForce(row.revokedAt);
  if (row.revokedAt !== null && !decommissioned)
    hold(applying, 'certificate_revoked', 'the licence was signed with a certificate that is revoked now');
  if (!inForce(row.supersededAt))
    hold(
      applying,
      'certificate_not_valid_then',
      'the licence was signed with a certificate no longer in force',
    );
}

/**
 * Reads an event. A restored hub may have forgotten the certificates under its documents, and hear of them before their terminals come with them, or never again: a return tells of a licence of another
 * kiosk, and what was signed before the last renewal is sent again after it. They enter the registry here (SYN-6), before the transaction in which they are judged as ever; of what waited
 * behind a gap, or is read by staff's decision, within it.
 */
export function readAndEnsure(read: Reader, adoption: Pick<Adoption, 'open' | 'ensure'> | null): Reader {
  if (adoption === null) return read;
  return async (event, within, packetBytes) => {
    const told = await read(event, within, packetBytes);
    if (!told.ok || !adoption.open()) return told;
    for (const signed of [told.value.licence, told.value.receipt])
      if (signed !== null && signed.signer.id !== 'hub')
        await adoption.ensure(signed.signer.fingerprint, () => chainIn(signed.jws), within);
    return told;
  };
}
