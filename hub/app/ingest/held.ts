import { type Applying, EventRefused } from './context.ts';

/**
 * What an event is kept back for when it may be an attack (SEC-4): cause → alert. Its letter blocks nothing that another terminal reports of the same
 * rental, so that nobody can stop other people's returns with forged ones. Staff hear of it by terminal: however often one terminal
 * tries, there is one open alert that counts.
 */
export const SECURITY_ALERTS = {
  licence_refused: 'security_document_forged',
  receipt_refused: 'security_document_forged',
  quote_refused: 'security_document_forged',
  identity_refused: 'security_document_forged',
  licence_contradicts_rental: 'security_licence_contradicts',
  licence_other_rental: 'security_licence_contradicts',
  licence_other_kiosk: 'security_licence_contradicts',
  quote_contradicts: 'security_quote_contradicts',
  receipt_contradicts: 'security_receipt_of_another',
  receipt_replayed: 'security_receipt_replayed',
  receipt_gap: 'security_receipt_gap',
  receipt_chain_broken: 'security_receipt_chain_broken',
  receipt_counter_reused: 'security_receipt_counter_reused',
  receipt_nonce_foreign: 'security_receipt_nonce',
  receipt_nonce_reused: 'security_receipt_nonce',
  certificate_not_of_terminal: 'security_certificate_refused',
  certificate_not_valid_then: 'security_certificate_refused',
  certificate_revoked: 'security_certificate_refused',
  claim_contradicts: 'security_claim_contradicts',
  purge_false: 'security_purge_false',
  proof_mismatch: 'security_proof_mismatch',
  return_unproven: 'security_return_unproven',
  return_other_rental: 'security_return_of_another',
  return_not_yours: 'security_return_of_another',
  payment_not_yours: 'security_return_of_another',
  rental_not_yours: 'security_return_of_another',
  rating_not_yours: 'security_rental_of_another',
  member_not_here: 'security_rental_of_another',
  terminal_revoked: 'security_revoked_terminal_sent',
} as const satisfies Readonly<Record<string, `security_${string}`>>;
export type SecurityCause = keyof typeof SECURITY_ALERTS;

export const isSecurityCause = (cause: string): cause is SecurityCause =>
  Object.hasOwn(SECURITY_ALERTS, cause);

/**
 * Causes that two people may overrule once they know what happened (a terminal at fault, not a thief): the event is then applied as its
 * terminal reported it, T0 and all, so that the customer pays for nobody's fault. The others speak of something that was never signed, or not for this return.
 */
const OVERRULED: ReadonlySet<string> = new Set<SecurityCause>([
  'quote_contradicts',
  'receipt_gap',
  'receipt_chain_broken',
  'receipt_counter_reused',
  'receipt_nonce_foreign',
  'receipt_nonce_reused',
  'certificate_not_valid_then',
  'certificate_revoked',
  'claim_contradicts',
  'purge_false',
  'proof_mismatch',
  'return_unproven',
  'member_not_here',
  'terminal_revoked',
]);
export const mayBeOverruled = (cause: string): boolean => OVERRULED.has(cause);

/** What a terminal signed whose certificate is revoked lies apart from other letters: it is not tried again by one person alone. */
const QUARANTINED: ReadonlySet<string> = new Set<SecurityCause>(['terminal_revoked', 'certificate_revoked']);
export const isQuarantined = (cause: string): boolean => QUARANTINED.has(cause);

/** Keeps the event back, unless two people have decided that it counts. */
export function hold(applying: Applying, cause: SecurityCause, message: string): void {
  if (applying.overruled === null || !mayBeOverruled(cause)) throw new EventRefused(cause, message);
  applying.overruled.add(cause);
}
