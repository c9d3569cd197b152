import { applyToRental } from '#hub/app/rentals/apply.ts';
import type { RentalRow } from '#hub/ports/rows/index.ts';
import { applyRentalEvent, type RentalEvent } from '#shared/domain/rental.ts';
import { shownT0, unprovenTellings } from '#shared/domain/return-times.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { ReturnId, TerminalId } from '#shared/kernel/ids.ts';
import { readOfflineNonce, slotMacFits } from '#shared/media/slot-proof.ts';
import type { EventData } from '#shared/protocol/events.ts';
import { type Applying, causeOf, orRefuse, raise, timeOf } from './context.ts';
import { challengeOf } from './proof.ts';

/** PR-30: what terminals showed of a slot before they overwrote it, and whose T0 counts by that where a receipt shows nothing of it (SEC-4, RET-7). */

type Intent = EventData<'return.intent'>;
type Shown = Extract<RentalEvent, { kind: 'slot_shown' }>;

/** Notes that this terminal held the slot, if what it shows fits what was written. What does not is no hindrance to what it says of payments: staff hear of it. */
export async function noteShown(applying: Applying, rental: RentalRow, data: Intent): Promise<RentalRow> {
  const { terminalId, stamp } = applying;
  const { returnId, proof } = data;
  if (proof === undefined || proof.mac === '') return rental;
  const key = rental.slotProofKey;
  const fits = key === null || slotMacFits(key, proof.nonce, returnId, proof.mac);
  if (!fits || !(await isItsChallenge(applying, data, proof.nonce))) {
    await tellFalse(applying, returnId, terminalId);
    return rental;
  }
  const { at } = timeOf(applying, stamp.deviceTime, 'stop');
  const shown: Shown = { kind: 'slot_shown', at, returnId, terminalId, ...(key === null ? { proof } : {}) };
  const after = await apply(applying, rental, shown, '');
  await tellUnproven(applying, after, returnId);
  return after;
}

/** The write became known after what was shown of its slot (RET-1): it is judged now. */
export async function judgeShown(applying: Applying, rental: RentalRow): Promise<RentalRow> {
  const key = rental.slotProofKey;
  assert(key !== null, 'the write of this copy was just told');
  let after = rental;
  for (const { returnId, shown = {} } of rental.state?.facts.returns ?? [])
    for (const [name, proof] of Object.entries(shown)) {
      if (proof === 'fits') continue;
      const terminalId = name as TerminalId;
      if (slotMacFits(key, proof.nonce, returnId, proof.mac)) {
        const event: Shown = { kind: 'slot_shown', at: applying.now, returnId, terminalId };
        after = await apply(applying, after, event, `${returnId}.${terminalId}`);
        await tellUnproven(applying, after, returnId);
      } else await tellFalse(applying, returnId, terminalId);
    }
  return after;
}

/** The challenge is the hub's own for this return, or a counter of the terminal's own (MS-29). */
async function isItsChallenge(
  { stores, terminalId, challengeKey }: Applying,
  { returnId, rentalId }: Intent,
  nonce: string,
): Promise<boolean> {
  const own = readOfflineNonce(nonce);
  if (own !== null) return own.terminal === terminalId;
  if (nonce === challengeOf(challengeKey, { returnId, rentalId })) return true;
  return (await stores.quotes.find({ returnId }))?.nonce === nonce;
}

/** Nothing follows from it until a receipt shows nothing itself: the rental's course tells of it only where T0 moves. */
async function apply(
  applying: Applying,
  rental: RentalRow,
  event: Shown,
  suffix: string,
): Promise<RentalRow> {
  const { stores } = applying;
  const { state, outcome } = applyRentalEvent(rental.state, event);
  if (outcome === 'applied') {
    const applied = orRefuse(await applyToRental(applying, rental, event, causeOf(applying, suffix, {})));
    const known = state.facts.returns.find(({ returnId }) => returnId === event.returnId);
    await stores.returns.patch(
      { returnId: event.returnId },
      { t0: known?.t0 ?? null, updatedAt: applying.now },
    );
    return applied.rental;
  }
  if (outcome !== 'confirmed') return rental;
  const after = { ...rental, state };
  await stores.rentals.put(after);
  return after;
}

const tellFalse = (applying: Applying, returnId: ReturnId, terminalId: TerminalId): Promise<void> =>
  raise(
    applying,
    'security_proof_mismatch',
    terminalId,
    'warning',
    `return ${returnId}: what ${terminalId} showed before overwriting is no proof that it held the slot`,
  );

const iso = (at: number): string => new Date(at).toISOString();

/**
 * SEC-4: where a receipt names nobody and nobody proved the slot, staff see every time that was told: a terminal older than 1.7 may have begun this return, or somebody
 * who never saw the medium says so.
 */
export async function tellUnproven(
  { stores, newId, now }: Applying,
  rental: RentalRow,
  returnId: ReturnId,
): Promise<void> {
  const known = rental.state?.facts.returns.find((each) => each.returnId === returnId);
  if (known?.overwritten?.named !== false) return;
  const { by } = known.overwritten;
  const alert = { code: 'return_time_unproven', subject: rental.rentalId };
  const others = unprovenTellings(known);
  if (others.length === 0) {
    if (shownT0(known) !== null) await stores.alerts.clear(alert, 'hub', now);
    return;
  }
  const told = others.map(({ terminalId, t0 }) => `${terminalId} says ${iso(t0)}`).join(', ');
  const message = `return ${returnId} of rental ${rental.rentalId} counts from ${iso(known.t0)}, when ${by} found its slot overwritten; ${told}, without proof of the slot`;
  await stores.alerts.raise(
    newId(),
    {
      ...{ ...alert, severity: 'warning', message: message.slice(0, 500) },
      ...{ terminalId: by, rentalId: rental.rentalId },
    },
    now,
  );
}
