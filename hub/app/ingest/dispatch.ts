import { unreachable } from '#shared/kernel/assert.ts';
import type { Applying } from './context.ts';
import { alertRaised, cacheChanged, commandState, configApplied, driveFault } from './fleet-events.ts';
import {
  mediumRegistered,
  pinRefused,
  ratingGiven,
  reservationCancelled,
  reservationRequested,
} from './member-events.ts';
import { playerOpenings, playerSeen } from './player-events.ts';
import { heldSettled, mediumLost, rentalFailed, rentalHeld, rentalStarted } from './rental-events.ts';
import { returnAccepted } from './return-accepted.ts';
import {
  paymentOutcome,
  returnAbandoned,
  returnDestroyed,
  returnIntent,
  returnRepeated,
} from './return-events.ts';

/** Every kind of event and what it does at the hub. Throws `EventRefused` for an event that cannot be applied. */
export async function dispatch(applying: Applying): Promise<void> {
  const { event } = applying.read;
  switch (event.kind) {
    case 'rental.started':
      return rentalStarted(applying, event.data);
    case 'rental.failed':
      return rentalFailed(applying, event.data);
    case 'rental.held':
      return rentalHeld(applying, event.data);
    case 'rental.held_settled':
      return heldSettled(applying, event.data);
    case 'return.accepted':
      return returnAccepted(applying, event.data);
    case 'return.intent':
      return returnIntent(applying, event.data);
    case 'return.destroyed':
      return returnDestroyed(applying, event.data);
    case 'return.abandoned':
      return returnAbandoned(applying, event.data);
    case 'return.repeated':
      return returnRepeated(applying, event.data);
    case 'payment.captured':
      return paymentOutcome(applying, 'captured', event.data);
    case 'payment.voided':
      return paymentOutcome(applying, 'voided', event.data);
    case 'payment.failed':
      return paymentOutcome(applying, 'failed', event.data);
    case 'rating.given':
      return ratingGiven(applying, event.data);
    case 'reservation.requested':
      return reservationRequested(applying, event.data);
    case 'reservation.cancelled':
      return reservationCancelled(applying, event.data);
    case 'medium.registered':
      return mediumRegistered(applying, event.data);
    case 'medium.lost':
      return mediumLost(applying, event.data);
    case 'player.seen':
      return playerSeen(applying, event.data);
    case 'player.openings':
      return playerOpenings(applying, event.data);
    case 'pin.refused':
      return pinRefused(applying, event.data);
    case 'alert.raised':
      return alertRaised(applying, event.data);
    case 'command.state':
      return commandState(applying, event.data);
    case 'config.applied':
      return configApplied(applying, event.data);
    case 'drive.fault':
      return driveFault(applying, event.data);
    case 'cache.changed':
      return cacheChanged(applying, event.data);
    case 'session.ended':
      // Kept in the inbox, where reports read it.
      return;
    default:
      return unreachable(event);
  }
}
