import type { RentalRow } from '#hub/ports/rows/index.ts';

/** What holds of every rental nobody has told anything about. */
const nothingYet = () =>
  ({
    discounts: [],
    coupons: [],
    status: 'pending',
    state: null,
    startedAt: null,
    dueAt: null,
    keepAt: null,
    licenceEnd: null,
    closedAt: null,
    licence: null,
    licenceStatus: 'ready',
    endlessLicenceDue: false,
    slotProofKey: null,
    chunkHashes: [],
    hold: null,
    holdExpiresAt: null,
    reservationId: null,
    permitExpiresAt: null,
    offline: false,
    needsStaff: false,
    charge: null,
    chargeRevision: 0,
    settled: {},
  }) satisfies Partial<RentalRow>;

type Told = Omit<RentalRow, keyof ReturnType<typeof nothingYet>>;

/** The row of a rental that begins: who rents what where on which terms, and whatever else is known already. */
export const newRental = (told: Told & Partial<RentalRow>): RentalRow => ({ ...nothingYet(), ...told });
