import type { TroubleCode } from '../trouble.ts';

/** A trouble in words: what happened, and what the customer can do now. Nothing was charged unless the text says so. */
export type TroubleWords = {
  readonly heading: string;
  readonly text: string;
};

export const troublesEn: Readonly<Record<TroubleCode, TroubleWords>> = {
  medium_missing: { heading: 'No medium', text: 'Put your stick or drive into the slot to go on.' },
  medium_foreign: {
    heading: 'From another shop system',
    text: 'This medium was set up by another fleet. Use one of ours or an empty one.',
  },
  medium_counterfeit: {
    heading: 'Not what it says it is',
    text: 'This medium cannot prove that it is ours. Nothing was written. Use another one; the staff can look at this one.',
  },
  medium_full: {
    heading: 'Not enough room',
    text: 'Your medium has too little free space. Take a title out of the cart, return something, or use a larger medium.',
  },
  medium_read_only: {
    heading: 'Write-protected',
    text: 'Nothing can be written to this medium. Open its lock switch or use another one.',
  },
  medium_file_too_large: {
    heading: 'The file is too large for this medium',
    text: 'Its file system (FAT32) holds no file of 4 GB or more. Use a medium formatted as exFAT.',
  },
  medium_copies_on_write: {
    heading: 'This format cannot be used',
    text: 'On this file system a key could not be destroyed later. Use a medium formatted as exFAT.',
  },
  medium_pulled: {
    heading: 'Taken out too early',
    text: 'The medium left the slot before the copy was ready. Nothing readable is on it and nothing was charged.',
  },
  medium_swapped: {
    heading: 'Another medium',
    text: 'This is not the medium you began with. Please identify yourself again, or put the first one back.',
  },
  medium_damaged: {
    heading: 'The medium cannot be read',
    text: 'What stands on it is damaged or was changed. Try another medium; the staff can look at this one.',
  },
  medium_too_slow: {
    heading: 'The medium is too slow',
    text: 'Writing would take too long. Nothing was charged. Use a faster medium.',
  },
  medium_too_many_copies: {
    heading: 'Too many copies',
    text: 'This medium holds as many copies as it can. Return some first or use another one.',
  },
  medium_io_error: {
    heading: 'The medium reports an error',
    text: 'Reading or writing failed. Nothing was charged. Take it out, put it in again, or use another one.',
  },
  copy_held: {
    heading: 'Taken out at the last moment',
    text: 'The key may already be on your medium. Nothing is charged. Put it in again here or at any kiosk, and we settle it at once.',
  },
  write_failed: {
    heading: 'The copy failed the check',
    text: 'It was read back and was not right, so it was removed. Nothing was charged. Please try again.',
  },
  write_aborted: {
    heading: 'Not begun',
    text: 'The medium was no longer there. This title was not written and not charged.',
  },
  sign_in_refused: {
    heading: 'Number or PIN is not right',
    text: 'Check both and try again. After five wrong PINs an account is locked; the staff can help.',
  },
  sign_in_paused: {
    heading: 'A short break for numbers',
    text: 'There were too many wrong numbers or PINs here. Your own medium and its PIN still work; or try again in a quarter of an hour.',
  },
  pin_wrong: { heading: 'Wrong PIN', text: 'Please try again.' },
  pin_locked: {
    heading: 'The PIN is locked',
    text: 'It was wrong five times. The staff can reset it for you.',
  },
  session_over: { heading: 'Please sign in again', text: 'For your safety your sign-in has ended.' },
  amount_due_open: {
    heading: 'An amount is still open',
    text: 'You can rent again as soon as it is paid. You can pay it here with your card.',
  },
  held_rental_open: {
    heading: 'One copy is not settled yet',
    text: 'A medium of yours was taken out during writing. Put it in here; then you can rent again.',
  },
  member_blocked: { heading: 'Your account is blocked', text: 'Please ask the staff.' },
  medium_of_other_member: {
    heading: 'This medium belongs to another member',
    text: 'Use your own medium or an empty one.',
  },
  player_limit: {
    heading: 'You have six players already',
    text: 'Remove one under “My things”, then add the new one.',
  },
  player_of_other_member: {
    heading: 'This player belongs to another member',
    text: 'They have to remove it from their players first.',
  },
  player_refused: {
    heading: 'This player cannot be added',
    text: 'Put your medium into the player once more, then try again here.',
  },
  pairing_code_unknown: {
    heading: 'No player shows this code',
    text: 'Check the eight characters on your player. A code is good for at least a week and works once.',
  },
  offline_member_unknown: {
    heading: 'No connection at the moment',
    text: 'Without it this kiosk can only sign in members who have been here before, with their own medium.',
  },
  card_declined: {
    heading: 'The card was declined',
    text: 'Nothing was charged. Try another card.',
  },
  card_timeout: { heading: 'No card was shown', text: 'Nothing was charged. Please try again.' },
  card_pulled: {
    heading: 'The card was removed too early',
    text: 'Nothing was charged. Leave it until the reader tells you to take it.',
  },
  card_unknown_outcome: {
    heading: 'The bank did not answer',
    text: 'If anything was reserved on your card it is given back by itself. Please try again later.',
  },
  card_reader_away: {
    heading: 'The card reader does not answer',
    text: 'Nothing was charged. Please tell the staff.',
  },
  title_withdrawn: {
    heading: 'No longer on offer',
    text: 'This title was withdrawn by its provider. Take it out of the cart to go on.',
  },
  title_unknown: { heading: 'Title not found', text: 'This kiosk does not know the title any more.' },
  title_not_here: {
    heading: 'Not on this kiosk yet',
    text: 'Have it fetched on the title’s page: the wait is shown there.',
  },
  title_damaged: {
    heading: 'The stored title is damaged',
    text: 'This kiosk is fetching it anew. Nothing was charged.',
  },
  title_already_held: {
    heading: 'Already on this medium',
    text: 'A playable copy of this title is on the medium in the slot.',
  },
  tariff_missing: {
    heading: 'No price is known',
    text: 'Without a price nothing is rented. The staff have been told.',
  },
  no_unit_free: {
    heading: 'All units are out',
    text: 'Reserve the title, and we keep one for you.',
  },
  not_released: { heading: 'Not out yet', text: 'Reserve it now and be among the first.' },
  age_restricted: { heading: 'Age limit', text: 'This title may not be rented at your age.' },
  territory_refused: {
    heading: 'Not on offer in this country',
    text: 'The provider does not allow rentals here.',
  },
  player_required: {
    heading: 'A registered player is needed',
    text: 'This title opens on your own player only. Put your medium into your player once, then come back.',
  },
  secure_medium_required: {
    heading: 'A secure medium is needed',
    text: 'The provider asks for a medium with its own key controller. The shop sells them.',
  },
  kiosk_leaving: {
    heading: 'Out of service',
    text: 'This kiosk is being taken out of service for good. Please use another one.',
  },
  kiosk_locked: { heading: 'Closed for service', text: 'The staff have locked this kiosk for a while.' },
  kiosk_restarting: {
    heading: 'This kiosk restarts',
    text: 'A title that is being written is finished: leave your medium in until the screen says it is done. Nothing else begins, nothing else is charged. Please come back in a few minutes.',
  },
  kiosk_storage_full: {
    heading: 'This kiosk is full',
    text: 'It can rent no more until its storage is cleared. Please use another kiosk.',
  },
  kiosk_not_ready: {
    heading: 'Setting up',
    text: 'This kiosk has not received its catalogue yet. One moment, please.',
  },
  clock_off: {
    heading: 'The clock is wrong',
    text: 'This kiosk’s clock differs from the shop’s, so it rents nothing: rental times must be right. The staff have been told.',
  },
  lease_over: {
    heading: 'Too long without a connection',
    text: 'This kiosk has been cut off for three days and rents no more until it is connected.',
  },
  certificate_over: {
    heading: 'This kiosk needs service',
    text: 'Its permit has run out, so it rents nothing until the staff renew it. Returns are taken at every return terminal.',
  },
  hub_away: {
    heading: 'No connection at the moment',
    text: 'This needs the shop’s centre, which does not answer. Please try again shortly.',
  },
  allotment_over: {
    heading: 'Too long without a connection',
    text: 'This kiosk may not rent any longer without its centre. Please try again later.',
  },
  allotment_spent: {
    heading: 'Not possible without a connection',
    text: 'What this kiosk may rent by itself is used up. Please try again later.',
  },
  offline_rental_open: {
    heading: 'One at a time without a connection',
    text: 'While the centre is away each member can rent one title. Please try again later.',
  },
  printer_away: {
    heading: 'The printer does not work',
    text: 'Your rental is fine. Scan the code or note the due time instead.',
  },
  cart_full: { heading: 'The cart is full', text: 'Eight titles can be written in one go.' },
  refused: {
    heading: 'This is not possible now',
    text: 'Nothing was charged. Please ask the staff and tell them the code below.',
  },
};
