import { type Trouble as EdgeTrouble, troubleTable } from '#shared/edge/trouble.ts';

/**
 * Everything that can go wrong before a customer's eyes at a return terminal: a closed list, so that every code has words in every language (a
 * test holds that). A code from medium, card or hub that is not in the list is shown as `refused`, with the code itself.
 */
export const TROUBLES = [
  // medium
  'medium_missing',
  'medium_foreign',
  'medium_counterfeit',
  'medium_read_only',
  'medium_pulled',
  'medium_swapped',
  'medium_damaged',
  'medium_io_error',
  'medium_too_many_copies',
  // copy
  'copy_held',
  'copy_damaged',
  'copy_kept',
  'copy_already_returned',
  'slot_not_destroyed',
  'return_torn',
  'return_abandoned',
  'tariff_missing',
  'quote_over',
  // card
  'card_declined',
  'card_timeout',
  'card_pulled',
  'card_unknown_outcome',
  'card_reader_away',
  // member
  'member_unknown',
  'pin_wrong',
  'pin_locked',
  'member_blocked',
  // terminal
  'hub_away',
  'terminal_leaving',
  'terminal_locked',
  'terminal_restarting',
  'printer_away',
  'refused',
] as const;
export type TroubleCode = (typeof TROUBLES)[number];

/** Names that others have for what the return terminal calls otherwise: what a customer can do about it is the same. */
const ALIASES: Readonly<Record<string, TroubleCode>> = {
  medium_full: 'medium_io_error',
  controller_failed: 'medium_io_error',
  medium_path_refused: 'medium_damaged',
  medium_file_missing: 'medium_damaged',
  medium_file_too_large: 'medium_damaged',
  signature_invalid: 'copy_damaged',
  malformed: 'copy_damaged',
  certificate_foreign: 'medium_foreign',
  certificate_expired: 'copy_damaged',
  certificate_revoked: 'copy_damaged',
  wrong_role: 'copy_damaged',
  copy_missing: 'copy_damaged',
  sign_in_refused: 'member_unknown',
  tariff_invalid: 'tariff_missing',
  charge_currency_mismatch: 'tariff_missing',
  charge_out_of_range: 'tariff_missing',
  charge_reduction_invalid: 'tariff_missing',
  site_never_open: 'tariff_missing',
  hub_answer_malformed: 'hub_away',
  hub_starting: 'hub_away',
  printer_paper_out: 'printer_away',
};

export type Trouble = EdgeTrouble<TroubleCode>;

/** Any coded fault as a trouble for the screen. */
export const troubleOf = troubleTable<TroubleCode>(TROUBLES, ALIASES, 'refused');
