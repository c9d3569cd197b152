import type { Cut } from '#test/holes/hole.ts';

/** One mistake in production code that the simulation must see. Planted by the test runner alone (`test/holes/plant.ts`): no program that is built has it. */
export interface Defect {
  /** Unique, in kebab case: what is wrong. */
  readonly id: string;
  readonly cuts: readonly Cut[];
  /** The rule that the judge names. */
  readonly seenAs: RegExp;
}

export const DEFECTS: readonly Defect[] = [
  {
    id: 'ack-before-commit',
    cuts: [
      {
        file: 'hub/mqtt/hub-link.ts',
        guard: 'await committed',
        open: '{ contiguous: batch.events.at(-1)?.sequence ?? -1, conflict: false }',
      },
    ],
    seenAs: /^SYN-2: .* is in the hub's log 0 times/,
  },
  {
    id: 'broker-is-believed',
    cuts: [
      {
        file: 'shared/edge/sync.ts',
        guard: "void send(upTopic(identity.terminalId, 'up'), batch)",
        open: "void send(upTopic(identity.terminalId, 'up'), batch).then((sent) => { if (sent) store.acknowledge(batch.lane, batch.events.at(-1).sequence, clock.now()); })",
      },
    ],
    seenAs: /^SYN-2: .* is in the hub's log 0 times/,
  },
  {
    id: 'gap-acknowledged',
    cuts: [
      {
        file: 'hub/app/ingest/commit-group.ts',
        guard: '{ ...cursor, contiguous, firstHeld, last, updatedAt: this.#now }',
        open: '{ ...cursor, contiguous: last, firstHeld, last, updatedAt: this.#now }',
      },
    ],
    seenAs: /^SYN-2: .* is in the hub's log 0 times/,
  },
  {
    id: 'nothing-sent-again',
    cuts: [{ file: 'shared/edge/lane-sender.ts', guard: 'oldest === undefined', open: 'true' }],
    seenAs: /^SYN-2: .* events to send/,
  },
  {
    id: 'receipt-without-destroying',
    cuts: [
      {
        file: 'shared/media/destroy-copy.ts',
        guard: 'await place.destroy(copyId, returnId, proof.nonce)',
        open: 'ok(null)',
      },
      { file: 'shared/media/destroy-copy.ts', guard: '!destroyedBy(copy, accepted.returnId)', open: 'false' },
    ],
    seenAs: /^RET-3: .* can be read/,
  },
  {
    id: 'failed-write-leaves-the-key',
    cuts: [
      {
        file: 'shared/media/write-copy.ts',
        guard: 'await wipeCopy(deps, intent.mediumId, intent.copyId, intent.sessionNonce)',
        open: 'ok(undefined)',
      },
    ],
    seenAs: /^RET-3: .* can be read, its rental is void/,
  },
  {
    id: 'begun-key-forgotten-at-start',
    cuts: [
      {
        file: 'kiosk/app/rent/recovery.ts',
        guard: "row.stage === 'writing'",
        open: "(row.stage === 'writing' || row.stage === 'key_begun')",
      },
    ],
    seenAs: /^RET-3: .* can be read, its rental is void|^RNT-|^SYN-3/,
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
  },
  {
    id: 'capture-not-told',
    cuts: [
      {
        file: 'return-terminal/app/returning/settle.ts',
        after: 'tx.put(returns, returnId, row);',
        guard: 'captured.ok',
        open: 'false',
      },
    ],
    seenAs: /^PAY-1: cards were charged/,
  },
  {
    id: 'torn-return-not-finished',
    cuts: [{ file: 'return-terminal/app/session/machine.ts', guard: 'await recover()', open: 'undefined' }],
    seenAs: /^RNT-3: everything was brought back|^RET-3|^PAY-1/,
  },
  {
    id: 'grace-forgotten',
    cuts: [{ file: 'shared/domain/late.ts', guard: 'counted <= tariff.graceSeconds', open: 'false' }],
    seenAs: /^CHG-6/,
  },
  {
    id: 'clock-of-greenwich',
    cuts: [
      {
        file: 'shared/domain/calendar.ts',
        guard: 'Temporal.Instant.fromEpochMilliseconds(at * 1000).toZonedDateTimeISO(zone)',
        open: "Temporal.Instant.fromEpochMilliseconds(at * 1000).toZonedDateTimeISO('UTC')",
      },
    ],
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
];
