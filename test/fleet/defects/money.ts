import { type Defect, PULLED, REFUSING } from './defect.ts';

/** Tariff, ledger, cards, points, units, and the times they are computed from. */
export const MONEY_DEFECTS: readonly Defect[] = [
  {
    // RNT-7: a medium that was handed in to a terminal after its loss was reported runs on to that moment.
    id: 'handed-in-runs-on',
    cuts: [
      {
        file: 'shared/domain/rental.ts',
        guard: "state.status === 'lost' || handedIn(facts)",
        open: 'false',
      },
    ],
    seenAs: /^RNT-7: rental .* after it was reported lost/,
    stress: { losses: 6 },
    days: 3,
  },
  {
    // RNT-7: the meter of what is reported lost stops an hour before; also in worlds in which an older report may stand, since a backup was restored.
    id: 'loss-stops-too-early',
    cuts: [
      {
        file: 'hub/app/ingest/rental-events.ts',
        guard: 'latest(at, rental.startedAt)',
        open: 'latest((at - 3_600_000) as EpochMs, rental.startedAt)',
      },
    ],
    seenAs: /^SYN-4: rental .* before it was reported lost/,
    stress: { losses: 6, backups: 4 },
    days: 3,
  },
  {
    id: 'lost-fee-forgotten',
    cuts: [{ file: 'shared/domain/charge.ts', guard: "input.ending === 'lost'", open: 'false' }],
    seenAs: /^CHG-6: .* the oracle says/,
    stress: { losses: 6 },
    days: 2,
  },
  {
    id: 'hold-not-given-back',
    cuts: [
      {
        file: 'kiosk/app/rent/records.ts',
        after: "kind: 'rental.failed'",
        guard: 'row.hold !== null',
        open: 'false',
      },
    ],
    seenAs: /^PAY-1: .* still held/,
    stress: REFUSING,
  },
  {
    id: 'refund-key-forgotten',
    cuts: [
      {
        file: 'hub/app/renting/complaints.ts',
        guard: `\`refund:\${rentalId}:\${key}\``,
        open: `\`refund:\${rentalId}\``,
      },
    ],
    seenAs: /^RNT-8: .* booked 0 times/,
    stress: { corrections: 16 },
    days: 2,
  },
  {
    id: 'closure-forgets-the-past',
    cuts: [
      {
        file: 'hub/app/sites/closures.ts',
        after: '{ siteId, status: CONC',
        guard: 'CONCERNED',
        open: "CONCERNED.filter((one) => one !== 'closed')",
      },
    ],
    seenAs: /^CHG-4: .* does not know that its shop closed/,
    stress: { corrections: 8 },
    days: 2,
  },
  {
    id: 'grace-forgotten',
    cuts: [{ file: 'shared/domain/late.ts', guard: 'counted <= tariff.graceSeconds', open: 'false' }],
    seenAs: /^CHG-6/,
  },
  {
    id: 'charged-again-at-each-change',
    cuts: [
      {
        file: 'hub/app/rentals/books.ts',
        guard: 'chargeEntries(books, before.charge, after.charge)',
        open: 'chargeEntries(books, null, after.charge)',
      },
    ],
    seenAs: /^LED-1: .* posted/,
  },
  {
    id: 'first-period-is-a-further-one',
    cuts: [
      {
        file: 'shared/domain/late.ts',
        guard: 'start + spanSeconds(mode.first)',
        open: 'start + spanSeconds(mode.further)',
      },
    ],
    seenAs: /^CHG-6/,
  },
  {
    id: 'key-too-narrow',
    cuts: [{ file: 'shared/domain/rewards.ts', guard: `\`rating:\${rentalId}\``, open: "'rating'" }],
    seenAs: /^RWD-1: .* by its one rating/,
  },
  {
    id: 'points-forgotten',
    cuts: [{ file: 'hub/app/rentals/books.ts', guard: 'earnsPoints(after)', open: 'false' }],
    seenAs: /^RWD-1: .* its tariff says/,
  },
  {
    id: 'begun-unit-for-free',
    cuts: [
      {
        file: 'shared/domain/late.ts',
        guard: 'Math.ceil(counted / spanSeconds(tariff.mode.further))',
        open: 'Math.floor(counted / spanSeconds(tariff.mode.further))',
      },
    ],
    seenAs: /^CHG-6/,
  },
  {
    id: 'cap-forgotten',
    cuts: [
      {
        file: 'shared/domain/charge.ts',
        guard: 'tariff.cap !== null && price > tariff.cap',
        open: 'false',
      },
    ],
    seenAs: /^CHG-6/,
  },
  {
    id: 'clock-offset-ignored',
    cuts: [{ file: 'hub/domain/fact-time.ts', guard: 'deviceAt + stamp.clockOffset', open: 'deviceAt' }],
    seenAs: /^SYN-4/,
    stress: { clocks: 12 },
  },
  {
    id: 'clock-of-greenwich',
    cuts: [
      {
        file: 'shared/domain/calendar.ts',
        guard: 'zoned(zone, at).toPlainDate().toString()',
        open: "zoned('UTC', at).toPlainDate().toString()",
      },
      {
        file: 'shared/domain/calendar.ts',
        guard: 'Temporal.PlainDate.from(date).toZonedDateTime(zone)',
        open: "Temporal.PlainDate.from(date).toZonedDateTime('UTC')",
      },
      {
        file: 'shared/domain/calendar.ts',
        guard: 'wallInstant(zone, dateAndTime)',
        after: 'instant: remembered',
        open: "wallInstant('UTC', dateAndTime)",
      },
    ],
    seenAs: /^CHG-6/,
    days: 3,
  },
  {
    id: 'return-hold-not-given-back',
    cuts: [
      {
        file: 'return-terminal/app/returning/abandon.ts',
        guard: "part.means === 'points' || part.means === 'prepaid' || row.settled.includes(part.key)",
        open: 'true',
      },
      { file: 'return-terminal/app/returning/abandon.ts', guard: 'row.asking !== null', open: 'false' },
    ],
    seenAs: /^PAY-1: .* still held/,
    stress: { ...PULLED, clones: 12, readers: 8, cards: 4 },
    days: 2,
  },
  {
    id: 'points-at-each-change',
    cuts: [
      {
        file: 'hub/app/rentals/books.ts',
        guard: 'settlementEntries(after.settled[reason] ?? {}, settlement[reason])',
        open: 'settlementEntries({}, settlement[reason])',
      },
    ],
    seenAs: /^RWD-1: .* its tariff says/,
  },
  {
    id: 'arrival-for-the-fact',
    cuts: [{ file: 'hub/domain/fact-time.ts', guard: 'deviceAt + stamp.clockOffset', open: 'receivedAt' }],
    seenAs: /^SYN-4/,
  },
  {
    id: 'tax-on-top',
    cuts: [
      {
        file: 'shared/domain/charge.ts',
        guard: 'multiplyDivide(grossMinor, basisPoints, 10_000 + basisPoints)',
        open: 'multiplyDivide(grossMinor, basisPoints, 10_000)',
      },
    ],
    seenAs: /^CHG-5/,
  },
];
