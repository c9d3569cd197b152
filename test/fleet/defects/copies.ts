import { DARK, type Defect, DYING } from './defect.ts';

/** On media and at screens: what can be read, what is told, what is settled. */
export const COPIES_DEFECTS: readonly Defect[] = [
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
    // A drive that answers again looks at the medium before the customer leaves, and settles what it finds.
    stress: DYING,
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
    // The few steps between content and key are seldom the ones that fail.
    worlds: 24,
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
    id: 'held-never-settled',
    cuts: [
      {
        file: 'kiosk/app/medium/visit.ts',
        guard: 'await settling(() => settleHeldCopies(deps, first.value))',
        open: '[]',
      },
    ],
    seenAs: /^RNT-6/,
    stress: DARK,
  },
  {
    id: 'prepared-for-ever',
    cuts: [
      {
        file: 'hub/jobs/jobs.ts',
        guard: "await rentals.list({ status: 'pending', permitExpiresAt: { lte: now } }, page)",
        open: '[]',
      },
    ],
    seenAs: /^RNT-1: .* is pending beyond its permit/,
    stress: { answers: 6, clocks: 12, hub: 0, lines: 0, power: 0, media: 0 },
    days: 3,
  },
  {
    id: 'challenge-used-again',
    cuts: [{ file: 'return-terminal/app/returning/open.ts', guard: 'chance(runtime.random)', open: '0' }],
    seenAs: /^SYN-3: .* is a dead letter: receipt_nonce_reused/,
    stress: { disks: 6, lines: 6, weather: 0, media: 0 },
    days: 2,
  },
  {
    id: 'failed-reading-not-shown',
    cuts: [
      {
        file: 'return-terminal/app/session/machine.ts',
        guard: "dispatch({ type: 'medium_failed', trouble: troubleOf(seen.error) })",
        open: 'undefined',
      },
    ],
    seenAs: /^somebody waits for ever/,
    stress: { media: 8, power: 0, effects: ['refused'], steps: [1, 8] },
  },
  {
    id: 'session-never-ends',
    cuts: [
      {
        file: 'kiosk/app/session/reducer.ts',
        after: "case 'idle':",
        guard: '!mayTimeOut(state)',
        open: 'true',
      },
    ],
    seenAs: /^SCR-7/,
  },
  {
    id: 'clone-not-told',
    cuts: [
      {
        file: 'hub/app/rentals/apply.ts',
        guard: "effect.kind === 'alert' && effect.alert === 'clone_suspected'",
        open: 'false',
      },
    ],
    seenAs: /^SEC-8: .* nobody hears of it/,
    stress: { clones: 12, media: 0 },
  },
  {
    id: 'allotment-not-kept',
    cuts: [{ file: 'kiosk/app/rent/permits.ts', guard: '!allowed.ok', open: 'false' }],
    seenAs: /^SYN-1: staff are told of kiosk/,
    stress: { hub: 6 },
  },
  {
    id: 'certificate-stays-forgotten',
    cuts: [
      {
        file: 'hub/app/enrolment/adoption.ts',
        guard: 'isLost(spans, givenAt, clock.now())',
        open: 'false',
      },
    ],
    seenAs: /^SEC-1: .* certificates in force, and uses another one/,
    stress: { certificates: 1, backups: 4 },
    days: 3,
  },
  {
    id: 'renewal-forgotten',
    cuts: [
      {
        file: 'shared/edge/renewal.ts',
        guard: 'deps.hubNow() >= from + ((to - from) * 2) / 3',
        open: 'false',
      },
    ],
    seenAs: /^SEC-1: the certificate of .* is overdue/,
    stress: { certificates: 1 },
    days: 2,
  },
];
