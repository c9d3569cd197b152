import type { Defect } from './defect.ts';

/** Where torn returns lie about, and a thief tells of them. */
const TORN_BESIDE_A_THIEF = {
  seenAs: /^SEC-4: rental \S+ counts from a time that stolen-\S+ told/,
  stress: { theft: 1 },
  ...{ days: 2, devices: 8, members: 1 },
} as const;

/** What a hub believes of a terminal whose true keys a thief has (SEC-4). */
export const THEFT_DEFECTS: readonly Defect[] = [
  {
    id: 'copies-of-anybody',
    cuts: [
      {
        file: 'hub/app/ingest/rental-events.ts',
        guard:
          'read.licence?.licence.keyturn.terminal !== terminalId || read.licence.signer.id !== terminalId',
        open: 'terminalId.length === 0',
      },
    ],
    seenAs: /^SEC-4: by stolen-\S+ alone rental \S+ is (started|held)/,
    stress: { theft: 1 },
    days: 2,
  },
  {
    id: 'paid-without-destroying',
    cuts: [
      { file: 'hub/app/rentals/books.ts', guard: '!destroyed', open: 'false' },
      {
        file: 'hub/app/rentals/books.ts',
        guard: "{ rentalId: after.rentalId, state: 'destroyed' }",
        open: '{ rentalId: after.rentalId }',
      },
    ],
    seenAs: /^SEC-4: stolen-\S+ booked paid_card_reader/,
    stress: { theft: 1 },
    days: 2,
  },
  {
    id: 'revoked-terminal-believed',
    cuts: [
      {
        file: 'hub/app/ingest/apply-turns.ts',
        guard: 'this.#around.revoked.has(terminalId)',
        open: 'terminalId.length === 0',
      },
    ],
    seenAs: /^SEC-1: .* counted after stolen-\S+ was revoked/,
    stress: { theft: 1 },
    days: 2,
  },
  {
    // PR-30: whoever tells an earlier T0 of a torn return whose record the medium lost is believed, as up to protocol 1.6.
    id: 'unproven-time-believed',
    cuts: [
      {
        file: 'shared/domain/return-times.ts',
        guard: "known.shown?.[terminalId] === 'fits'",
        open: 'terminalId.length > 0',
      },
    ],
    ...TORN_BESIDE_A_THIEF,
  },
  {
    // RET-7: any proof of the slot is taken for one.
    id: 'any-proof-fits',
    cuts: [
      {
        file: 'hub/app/ingest/shown-slot.ts',
        guard: 'key === null || slotMacFits(key, proof.nonce, returnId, proof.mac)',
        open: 'proof.mac.length > 0',
      },
    ],
    ...TORN_BESIDE_A_THIEF,
  },
];
