import type { TroubleCode } from '../trouble.ts';

/** A trouble in words: what happened, and what the customer can do now. Nothing was charged unless the text says so. */
export type TroubleWords = {
  readonly heading: string;
  readonly text: string;
};

export const troublesEn: Readonly<Record<TroubleCode, TroubleWords>> = {
  medium_missing: { heading: 'No medium', text: 'Put your stick or drive into the slot.' },
  medium_foreign: {
    heading: 'From another fleet',
    text: 'This medium was set up by somebody else. Return it where you rented. Nothing on it was touched.',
  },
  medium_counterfeit: {
    heading: 'Not what it says it is',
    text: 'This medium cannot prove that it is ours. Nothing was returned and nothing was charged. The staff can look at it.',
  },
  medium_read_only: {
    heading: 'Write-protected',
    text: 'The key on it cannot be overwritten. Open its lock switch and put it in again.',
  },
  medium_pulled: {
    heading: 'Taken out too early',
    text: 'The medium left the slot before the return was proven. Put it in again, here or at any return terminal.',
  },
  medium_swapped: {
    heading: 'Another medium',
    text: 'This is not the medium you began with. Put the first one back to finish its return.',
  },
  medium_damaged: {
    heading: 'The medium cannot be read',
    text: 'What stands on it is damaged or was changed. Nothing was charged. The staff can look at it.',
  },
  medium_io_error: {
    heading: 'The medium reports an error',
    text: 'Reading or writing failed. Take it out, put it in again, or try another return terminal.',
  },
  medium_too_many_copies: {
    heading: 'Too many copies',
    text: 'There is more on this medium than the fleet ever writes. The staff can look at it.',
  },
  copy_held: {
    heading: 'Not settled yet',
    text: 'This title was taken out of the kiosk at the last moment. It costs nothing. Put the medium into a kiosk: it settles it at once.',
  },
  copy_damaged: {
    heading: 'This copy cannot be read',
    text: 'Its licence or key is damaged. Nothing was charged here. The staff can settle it.',
  },
  copy_kept: {
    heading: 'This title is yours',
    text: 'Its keep price is paid. There is nothing to return: enjoy it.',
  },
  copy_already_returned: {
    heading: 'Already returned',
    text: 'The key of this copy was destroyed before. There is nothing to pay.',
  },
  slot_not_destroyed: {
    heading: 'The key could not be destroyed',
    text: 'After overwriting, something else was read back. Nothing was charged. Your return time stands: try again here or elsewhere.',
  },
  return_torn: {
    heading: 'The return was interrupted',
    text: 'It was begun and not proven. Your return time stands. Put the medium in again, here or at any return terminal; until then nothing is charged.',
  },
  return_abandoned: {
    heading: 'Not returned',
    text: 'The medium was taken out before its key was touched. It stays rented and the meter runs on. Nothing was charged.',
  },
  tariff_missing: {
    heading: 'The price cannot be computed',
    text: 'The tariff of this copy is missing or unreadable. Nothing was charged. Please try later or ask the staff.',
  },
  quote_over: {
    heading: 'The price was asked anew',
    text: 'It was too old to be used. Please look at it again.',
  },
  card_declined: {
    heading: 'The card was declined',
    text: 'Try another card, or return now and pay later.',
  },
  card_timeout: { heading: 'No card was presented', text: 'Try again, or return now and pay later.' },
  card_pulled: { heading: 'The card left too early', text: 'Try again, or return now and pay later.' },
  card_unknown_outcome: {
    heading: 'No answer from the card’s bank',
    text: 'You are never charged twice: if the amount was reserved, it is given back.',
  },
  card_reader_away: {
    heading: 'The card reader does not answer',
    text: 'Return now and pay later; the amount stays open in your account.',
  },
  member_unknown: { heading: 'We do not know this medium', text: 'Points cannot be used with it.' },
  pin_wrong: { heading: 'Wrong PIN', text: 'Please try again, or go on without points.' },
  pin_locked: {
    heading: 'The PIN is locked',
    text: 'It was wrong five times. The staff can reset it. You can return without it.',
  },
  member_blocked: {
    heading: 'Your account is blocked',
    text: 'Points and balance cannot be used now. Returning works all the same. Please ask the staff.',
  },
  hub_away: {
    heading: 'No connection at the moment',
    text: 'Points and balance cannot be used now. Returning works all the same.',
  },
  terminal_leaving: {
    heading: 'Out of service',
    text: 'This terminal is being taken out of service for good. Please use another one.',
  },
  terminal_locked: {
    heading: 'Out of service',
    text: 'The staff have locked this terminal. Please use another one.',
  },
  terminal_restarting: {
    heading: 'This terminal restarts',
    text: 'A return that is under way is finished: leave your medium in until you see the receipt. Otherwise take your medium, nothing was charged, and put it in again in a few minutes.',
  },
  printer_away: {
    heading: 'The printer does not print',
    text: 'Your return counts. Scan the code on the screen to keep the receipt.',
  },
  refused: {
    heading: 'This does not work',
    text: 'Nothing was charged. The staff can help with the code below.',
  },
};
