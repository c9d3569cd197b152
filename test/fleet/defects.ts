import type { Cut } from '#test/holes/hole.ts';
import type { Stress } from './fates.ts';

/** One mistake in production code that the simulation must see. Planted by the test runner alone (`test/holes/plant.ts`): no program that is built has it. */
export interface Defect {
  /** Unique, in kebab case: what is wrong. */
  readonly id: string;
  readonly cuts: readonly Cut[];
  /** The rule that the judge names. */
  readonly seenAs: RegExp;
  /** What has to happen more often in its worlds than in others, or what heals it and must not. */
  readonly stress?: Stress;
  /** Days that its worlds last; absent: one. */
  readonly days?: number;
}

/** Nothing that makes terminals send everything again by itself. */
const NO_HAND_OVER: Stress = { weather: 4, lines: 0, broker: 0, hub: 0, power: 0, media: 0 };
/** Drives that refuse in the middle and keep the medium. */
const REFUSING: Stress = { media: 8, power: 0, effects: ['refused'] };
/** Machines that go dark in the middle of a step of the drive. */
const DARK: Stress = { media: 8, effects: ['cut-before', 'cut-torn', 'cut-after'] };

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
    stress: NO_HAND_OVER,
  },
  {
    // DESIGN §4: signed before it was destroyed.
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
    stress: { media: 0 },
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
    seenAs: /^RET-3: .* can be read, its rental is (void|unknown)/,
    stress: REFUSING,
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
    seenAs: /^RET-3: .* can be read, its rental is (void|unknown)/,
    stress: DARK,
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
    id: 'return-hold-not-given-back',
    cuts: [
      {
        file: 'return-terminal/app/returning/abandon.ts',
        after: 'export function abandonRow',
        guard: 'owePartsBack(tx, row)',
        open: 'undefined',
      },
    ],
    seenAs: /^PAY-1: .* still held/,
    stress: { media: 8, power: 0, effects: ['pull-before', 'refused'] },
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
    days: 3,
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
    id: 'ack-means-everything',
    cuts: [
      {
        file: 'shared/edge/sync-lanes.ts',
        guard: 'store.acknowledge(lane, meaning.contiguous, clock.now())',
        open: 'store.acknowledge(lane, store.position(lane).last, clock.now())',
      },
    ],
    seenAs: /^SYN-2: .* is in the hub's log 0 times/,
  },
  {
    id: 'last-event-not-sent',
    cuts: [{ file: 'shared/edge/lane-sender.ts', guard: 'from <= until', open: 'from < until' }],
    seenAs: /^SYN-2: .* events to send/,
    stress: NO_HAND_OVER,
  },
  {
    id: 'duplicate-is-a-conflict',
    cuts: [
      {
        file: 'hub/app/ingest/commit-group.ts',
        guard: 'kept === undefined || kept.eventId === each.event.id',
        open: 'kept === undefined',
      },
    ],
    seenAs: /^SYN-3: .* two events under one sequence/,
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
    // DESIGN §4: SLOT_BEGIN left out.
    id: 'key-begun-not-noted',
    cuts: [
      {
        file: 'shared/media/write-copy.ts',
        guard: 'await input.intents.recordSlotBegin(laid.value.begin)',
        open: 'undefined',
      },
    ],
    seenAs: /^RET-3: .* can be read, its rental is (void|unknown)/,
    stress: DARK,
  },
  {
    // DESIGN §4: the slot before the content.
    id: 'key-before-content',
    cuts: [
      {
        file: 'shared/media/write-copy.ts',
        guard: 'await writeContent(session, plan.value)',
        open: "(await slotPlaceOf(deps, prepared.medium).put({ copyId: input.copyId, rentalId: intent.rentalId, slot: await createSlot(key.identity, 'none', []), readers: 'any' }), await writeContent(session, plan.value))",
      },
    ],
    seenAs: /^RET-3: .* can be read, its rental is (void|unknown)/,
    stress: { media: 8, effects: ['cut-before', 'pull-before'], steps: [12, 40] },
  },
  {
    // DESIGN §4: read back without a power cycle, on devices that lie about sync.
    id: 'no-power-cycle',
    cuts: [
      {
        file: 'shared/media/wipe-copy.ts',
        guard: 'await deps.drive.powerCycle()',
        open: "(deps.drive.current() === null ? await deps.drive.powerCycle() : { ok: true, value: { medium: deps.drive.current(), readBack: 'power-cycle' } })",
      },
    ],
    seenAs: /^RNT-1: .* can be read on no medium|^RET-3: .* has a receipt/,
    stress: { media: 8, effects: [] },
  },
  {
    id: 'held-not-told',
    cuts: [{ file: 'kiosk/app/rent/recovery.ts', guard: 'recordHeldRow(runtime, row)', open: 'undefined' }],
    seenAs: /^RET-3: .* can be read, its rental is (pending|void|unknown)|^SYN-3: rental.held_settled/,
    stress: DARK,
  },
  {
    id: 'cursor-stays',
    cuts: [
      {
        file: 'hub/app/ingest/commit-group.ts',
        guard: 'await this.#stores.inbox.moveCursors(moved)',
        open: 'undefined',
      },
    ],
    seenAs: /^SYN-3: .* is a dead letter/,
  },
];
