import { type Trouble as EdgeTrouble, troubleTable } from '#shared/edge/trouble.ts';

/**
 * Everything that can go wrong before a customer's eyes at a kiosk: a closed list, so that every code has words in every language (a test
 * holds that). A code that reaches the kiosk from medium, card or hub and is not in the list is shown as `refused`, with the code itself.
 */
export const TROUBLES = [
  // medium
  'medium_missing',
  'medium_foreign',
  'medium_counterfeit',
  'medium_full',
  'medium_read_only',
  'medium_file_too_large',
  'medium_copies_on_write',
  'medium_pulled',
  'medium_swapped',
  'medium_damaged',
  'medium_too_slow',
  'medium_too_many_copies',
  'medium_io_error',
  'copy_held',
  'write_failed',
  'write_aborted',
  // member
  'sign_in_refused',
  'sign_in_paused',
  'pin_wrong',
  'pin_locked',
  'session_over',
  'amount_due_open',
  'held_rental_open',
  'member_blocked',
  'medium_of_other_member',
  'offline_member_unknown',
  'player_limit',
  'player_of_other_member',
  'player_refused',
  'pairing_code_unknown',
  // card
  'card_declined',
  'card_timeout',
  'card_pulled',
  'card_unknown_outcome',
  'card_reader_away',
  // title
  'title_withdrawn',
  'title_unknown',
  'title_not_here',
  'title_damaged',
  'title_already_held',
  'tariff_missing',
  'no_unit_free',
  'not_released',
  'age_restricted',
  'territory_refused',
  'player_required',
  'secure_medium_required',
  // kiosk
  'kiosk_leaving',
  'kiosk_locked',
  'kiosk_storage_full',
  'kiosk_not_ready',
  'clock_off',
  'lease_over',
  'certificate_over',
  'hub_away',
  'allotment_over',
  'allotment_spent',
  'offline_rental_open',
  'printer_away',
  'cart_full',
  'refused',
] as const;
export type TroubleCode = (typeof TROUBLES)[number];

/** Names that others have for what the kiosk calls otherwise: what a customer can do about it is the same. */
const ALIASES: Readonly<Record<string, TroubleCode>> = {
  // content of this kiosk
  content_absent: 'title_not_here',
  content_lease_over: 'lease_over',
  content_damaged: 'title_damaged',
  source_unavailable: 'title_not_here',
  source_changed: 'title_damaged',
  storage_short: 'kiosk_storage_full',
  title_without_edition: 'title_not_here',
  // medium
  verification_failed: 'write_failed',
  copy_exists: 'write_failed',
  controller_failed: 'medium_io_error',
  medium_path_refused: 'medium_damaged',
  medium_file_missing: 'medium_damaged',
  signature_invalid: 'medium_damaged',
  malformed: 'medium_damaged',
  certificate_foreign: 'medium_foreign',
  certificate_expired: 'medium_damaged',
  certificate_revoked: 'medium_damaged',
  wrong_role: 'medium_damaged',
  players_missing: 'player_required',
  players_too_many: 'refused',
  player_contradicts: 'player_refused',
  player_missing: 'player_refused',
  // the hub's and the domain's refusals
  amount_due: 'amount_due_open',
  member_amount_due: 'amount_due_open',
  rental_held: 'held_rental_open',
  member_held_copy: 'held_rental_open',
  member_locked: 'member_blocked',
  units_exhausted: 'no_unit_free',
  title_not_released: 'not_released',
  age_too_low: 'age_restricted',
  age_too_young: 'age_restricted',
  age_unknown: 'age_restricted',
  territory_not_allowed: 'territory_refused',
  secure_medium_needed: 'secure_medium_required',
  binding_needed: 'player_required',
  player_unknown: 'player_required',
  tariff_invalid: 'tariff_missing',
  // the allotment of SYN-1
  allotment_missing: 'hub_away',
  allotment_expired: 'allotment_over',
  allotment_currency: 'allotment_spent',
  allotment_title: 'allotment_spent',
  allotment_units: 'allotment_spent',
  allotment_member_open: 'offline_rental_open',
  allotment_member_rentals: 'allotment_spent',
  allotment_member_money: 'allotment_spent',
  allotment_rentals: 'allotment_spent',
  allotment_money: 'allotment_spent',
  hub_answer_malformed: 'hub_away',
  hub_failed: 'hub_away',
  hub_starting: 'hub_away',
  printer_paper_out: 'printer_away',
};

export type Trouble = EdgeTrouble<TroubleCode>;

/** Any coded fault as a trouble for the screen. */
export const troubleOf = troubleTable<TroubleCode>(TROUBLES, ALIASES, 'refused');
