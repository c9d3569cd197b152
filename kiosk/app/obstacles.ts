import { refusals } from '#shared/domain/eligibility.ts';
import type { CatalogueTitle } from '#shared/protocol/terminal-api.ts';
import { bytesOnMedium } from './catalogue/bytes.ts';
import type { Catalogue } from './catalogue/titles.ts';
import type { KioskDeps } from './deps.ts';
import { bindingFor, recipientsFor } from './rent/rent-cart.ts';
import type { SessionState } from './session/state.ts';
import { type Trouble, troubleOf } from './trouble.ts';

type Runtime = KioskDeps['runtime'];

/** A kiosk whose clock is further from the hub's than this would start rentals at a wrong time: it rents nothing (SYN-4). */
export const CLOCK_TOLERANCE_MS = 60 * 60 * 1000;
/** Why this kiosk rents nothing to anybody now; null: it does. */
export function kioskObstacle(runtime: Runtime): Trouble | null {
  const bundle = runtime.bundle();
  if (bundle === null) return troubleOf({ code: 'kiosk_not_ready' });
  if (runtime.config().decommission !== undefined) return troubleOf({ code: 'kiosk_leaving' });
  if (runtime.closing()) return troubleOf({ code: 'kiosk_restarting' });
  if (runtime.locked()) return troubleOf({ code: 'kiosk_locked' });
  if (runtime.storageLevel() === 'full') return troubleOf({ code: 'kiosk_storage_full' });
  const hubTime = runtime.hubTime();
  const now = runtime.clock.now();
  if (hubTime !== null && Math.abs(hubTime.now - now) > CLOCK_TOLERANCE_MS + hubTime.error)
    return troubleOf({ code: 'clock_off' });
  if (runtime.certificateExpired()) return troubleOf({ code: 'certificate_over' });
  if (!runtime.cache.leased())
    return troubleOf({ code: runtime.online() ? 'kiosk_not_ready' : 'lease_over' });
  return null;
}

/** Why nobody, or not this member, can rent this title here and now; null: it can go into the cart. */
export function titleObstacle(
  runtime: Runtime,
  catalogue: Catalogue,
  title: CatalogueTitle | undefined,
  state: SessionState,
): Trouble | null {
  if (title === undefined) return troubleOf({ code: 'title_unknown' });
  const first = refusalsFor(runtime, catalogue, title, state)[0];
  if (first !== undefined) return troubleOf(first);
  if (state.medium.kind === 'ready' && state.medium.facts.titles.includes(title.titleId))
    return troubleOf({ code: 'title_already_held' });
  if (runtime.cache.progress(title.titleId).state !== 'ready')
    return troubleOf({ code: runtime.online() ? 'title_not_here' : 'hub_away' });
  return null;
}

/** The hub's rules, asked here before anybody pays; what only the hub knows (birthday, free units) it decides again. */
function refusalsFor(runtime: Runtime, catalogue: Catalogue, title: CatalogueTitle, state: SessionState) {
  const { member, medium } = state;
  const facts = medium.kind === 'ready' ? medium.facts : null;
  const reserved = member?.session.reservations.some(
    (one) => one.titleId === title.titleId && one.readyUntil !== null,
  );
  const binding = bindingFor(title);
  const all = refusals({
    now: runtime.clock.now(),
    today: '2000-01-01',
    territory: catalogue.bundle.site.calendar.territory,
    member: {
      birthDate: null,
      amountDueMinor: 0,
      locked: false,
      holdsUnsettledCopy: false,
      players: member !== null && facts !== null ? recipientsFor(member, catalogue.bundle).length : 1,
    },
    title: {
      minimumAge: 0,
      territories: title.territories.length === 0 ? null : title.territories,
      releaseAt: title.releaseAt,
      withdrawn: title.withdrawn,
      demandsSecureMedium: title.demands.secureMedium && facts !== null,
      demandsBinding: title.demands.binding === 'players',
    },
    tariff: title.tariff,
    medium: { class: facts?.controllerRevoked === true ? 'plain' : (facts?.mediumClass ?? 'plain') },
    binding,
    unitsFree: title.units === null || reserved === true ? null : title.units.free,
  });
  const tooYoung = member !== null && member.session.ageYears < title.ageRating;
  return tooYoung ? [{ code: 'age_too_young' as const }, ...all] : all;
}

/** Why this cart cannot be written for this member onto this medium; checked before confirming and again at it. */
export function rentObstacle(runtime: Runtime, catalogue: Catalogue, state: SessionState): Trouble | null {
  const { member, medium } = state;
  if (member === null || medium.kind !== 'ready') return null;
  if (member.session.amountDue.minor > 0) return troubleOf({ code: 'amount_due_open' });
  if (member.session.heldRental || medium.facts.unsettled > 0) return troubleOf({ code: 'held_rental_open' });
  for (const titleId of state.cart) {
    const obstacle = titleObstacle(runtime, catalogue, catalogue.byId.get(titleId), state);
    if (obstacle !== null) return obstacle;
  }
  return mediumObstacle(catalogue, state);
}

/** Why this cart has no room on the medium in the drive: told before anybody signs in or registers. Null: it has. */
export function mediumObstacle(
  catalogue: Catalogue,
  { medium, cart }: Pick<SessionState, 'medium' | 'cart'>,
): Trouble | null {
  if (medium.kind !== 'ready') return null;
  const bytes = cart.flatMap((titleId) => {
    const title = catalogue.byId.get(titleId);
    return title === undefined ? [] : [bytesOnMedium(title)];
  });
  if (bytes.some((each) => each > medium.facts.largestFileBytes))
    return troubleOf({ code: 'medium_file_too_large' });
  const needed = bytes.reduce((sum, each) => sum + each, 0);
  return needed > medium.facts.freeBytes ? troubleOf({ code: 'medium_full' }) : null;
}
