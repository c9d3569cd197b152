import type { EpochMs } from '#shared/kernel/time.ts';
import type { ChargeBasis, RentalEffect, RentalState, RentalStatus, UnitChange } from './rental-types.ts';

/**
 * What the change from one state to the next asks of the hub. Computed from the two states alone, so the effects of any order of arrival add
 * up to the same: one unit taken or not, one charge with its basis, one status of the licence.
 */
export function rentalEffects(before: RentalState | null, after: RentalState): readonly RentalEffect[] {
  return [
    ...unitEffects(before, after),
    ...chargeEffects(before?.basis ?? null, after.basis),
    ...blockEffects(before, after),
    ...licenceEffects(before, after),
  ];
}

type UnitUse = 'free' | 'occupied' | 'consumed';

/** RSV-1: open and held rentals occupy a unit, from the preparation on; a kept one consumes it. */
const UNIT_USE: Readonly<Record<RentalStatus, UnitUse>> = {
  pending: 'occupied',
  active: 'occupied',
  returning: 'occupied',
  held: 'occupied',
  kept: 'consumed',
  closed: 'free',
  void: 'free',
  lost: 'free',
};

const UNIT_CHANGES: Readonly<Record<UnitUse, Readonly<Record<UnitUse, readonly UnitChange[]>>>> = {
  free: { free: [], occupied: ['occupy'], consumed: ['occupy', 'consume'] },
  occupied: { free: ['release'], occupied: [], consumed: ['consume'] },
  consumed: { free: ['restore', 'release'], occupied: ['restore'], consumed: [] },
};

function unitEffects(before: RentalState | null, after: RentalState): readonly RentalEffect[] {
  const from = before === null ? 'free' : UNIT_USE[before.status];
  return UNIT_CHANGES[from][UNIT_USE[after.status]].map((change) => ({ kind: 'unit', change }));
}

function chargeEffects(from: ChargeBasis | null, to: ChargeBasis | null): readonly RentalEffect[] {
  if (from === null) return to === null ? [] : [{ kind: 'post_charge', basis: to }];
  if (to === null) return [{ kind: 'cancel_charge', from }];
  return sameBasis(from, to) ? [] : [{ kind: 'correct_charge', from, to }];
}

const sameBasis = (a: ChargeBasis, b: ChargeBasis): boolean =>
  a.start === b.start && a.stop === b.stop && a.ending === b.ending && a.returnId === b.returnId;

/** RNT-6: a held copy keeps its member from renting. */
function blockEffects(before: RentalState | null, after: RentalState): readonly RentalEffect[] {
  const was = before?.status === 'held';
  const is = after.status === 'held';
  return was === is ? [] : [{ kind: 'member_block', blocked: is }];
}

type LicenceNow = Omit<Extract<RentalEffect, { kind: 'licence' }>, 'kind'>;

/** LIC-1: `end` is null where it stays as issued, or where there is none any more (kept). */
function licenceOf(state: RentalState): LicenceNow {
  const stop: EpochMs | null = state.basis?.stop ?? null;
  switch (state.status) {
    case 'pending':
    case 'held':
      return { status: 'ready', end: null };
    case 'active':
    case 'returning':
    case 'kept':
      return { status: 'active', end: null };
    case 'closed':
      return { status: 'returned', end: stop };
    case 'lost':
      return { status: 'revoked', end: stop };
    case 'void':
      return { status: 'cancelled', end: null };
  }
}

function licenceEffects(before: RentalState | null, after: RentalState): readonly RentalEffect[] {
  const effects: RentalEffect[] = [];
  const was = before === null ? null : licenceOf(before);
  const is = licenceOf(after);
  if (was === null || was.status !== is.status || was.end !== is.end)
    effects.push({ kind: 'licence', ...is });
  if (after.status === 'kept' && before?.status !== 'kept') effects.push({ kind: 'endless_licence' });
  if (after.status === 'void' && before?.status !== 'void') effects.push({ kind: 'release_hold' });
  return effects;
}
