import type { Cut, Hole } from '../hole.ts';

const PROOF = 'hub/app/ingest/proof.ts';
const EVENTS = 'hub/app/ingest/return-events.ts';
const ACCEPTED = 'hub/app/ingest/return-accepted.ts';

/** A cause that keeps an event back keeps it back no more. */
const notHeld = (cause: string): readonly Cut[] => [
  {
    file: 'hub/app/ingest/held.ts',
    guard: 'applying.overruled === null || !mayBeOverruled(cause)',
    open: `cause !== '${cause}'`,
  },
  { file: 'hub/app/ingest/held.ts', guard: 'applying.overruled.add(cause)', open: 'undefined' },
];

/** Receipts, returns, clones, prices. */
export const RETURN_HOLES: readonly Hole[] = [
  // First: a forged receipt that got through stands in the terminal's chain, and its honest ones are kept back after that.
  {
    id: 'second-destruction-not-told',
    rows: ['clone-returned-twice', 'old-state-restored'],
    cuts: [
      {
        file: 'hub/app/rentals/apply.ts',
        guard: "effect.kind === 'alert' && effect.alert === 'clone_suspected'",
        open: 'false',
      },
    ],
    says: 'NO TRACE',
    evidence: 'no alert security_clone_returned',
    sample: true,
  },
  {
    id: 'slot-proof-not-compared',
    rows: ['return-forged-without-medium'],
    cuts: [
      {
        file: PROOF,
        guard:
          'rental.slotProofKey === null || !slotMacFits(rental.slotProofKey, nonce, receipt.returnId, mac)',
        open: 'false',
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'without the slot',
    sample: true,
  },
  {
    id: 'torn-return-believed',
    rows: ['return-forged-as-torn'],
    cuts: [
      {
        file: PROOF,
        guard: "proof === 'unchecked' && !begun && !chunksShown(rental, receipt, asked)",
        open: 'false',
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'another terminal had begun',
  },
  {
    id: 'receipt-taken-twice',
    rows: ['receipt-replayed'],
    cuts: notHeld('receipt_replayed'),
    says: 'NO TRACE',
    evidence: 'no alert security_receipt_replayed',
  },
  {
    id: 'receipt-for-any-rental',
    rows: ['receipt-replayed'],
    cuts: [
      {
        file: EVENTS,
        guard: '!told || receipt.terminal !== applying.terminalId || signer.id !== applying.terminalId',
        open: 'false',
      },
      {
        file: PROOF,
        guard:
          'rental.slotProofKey === null || !slotMacFits(rental.slotProofKey, nonce, receipt.returnId, mac)',
        open: 'false',
      },
      ...notHeld('receipt_replayed'),
    ],
    says: 'GOT THROUGH',
    evidence: 'a true receipt sent again',
  },
  {
    id: 'gap-between-receipts-taken',
    rows: ['receipt-reordered', 'receipt-counter-skipped'],
    cuts: notHeld('receipt_gap'),
    says: 'GOT THROUGH',
    evidence: 'with the slot',
  },
  {
    id: 'receipt-from-anybody',
    rows: ['receipt-of-another'],
    cuts: [
      {
        file: EVENTS,
        guard: '!told || receipt.terminal !== applying.terminalId || signer.id !== applying.terminalId',
        open: '!told',
      },
    ],
    // The registry of certificates stands behind it, and would say something else.
    says: 'NO TRACE',
    evidence: 'no alert security_receipt_of_another',
  },
  {
    id: 'receipt-from-anybody-at-all',
    rows: ['receipt-of-another'],
    cuts: [
      {
        file: EVENTS,
        guard: '!told || receipt.terminal !== applying.terminalId || signer.id !== applying.terminalId',
        open: '!told',
      },
      {
        file: 'hub/app/ingest/certificate.ts',
        guard: 'row === null || row.terminalId !== applying.terminalId',
        open: 'row === null',
      },
      ...notHeld('receipt_gap'),
    ],
    says: 'GOT THROUGH',
    evidence: 'reported by the kiosk',
  },
  {
    id: 'return-given-up-by-anybody',
    rows: ['return-given-up-by-another'],
    cuts: [
      {
        file: ACCEPTED,
        after: 'const takesPart =',
        guard: 'known.terminalId === terminalId || known.finishers.includes(terminalId)',
        open: 'true',
      },
      { file: EVENTS, guard: 'known.terminalId !== applying.terminalId', open: 'false' },
    ],
    says: 'GOT THROUGH',
    evidence: 'the kiosk gave up a return',
  },
  {
    id: 'claim-not-judged',
    rows: ['deletion-lied-no-statement', 'deletion-lied-old-statement'],
    cuts: [{ file: EVENTS, guard: '!judged.ok', open: 'false' }],
    says: 'GOT THROUGH',
    evidence: 'rental at the hub: closed',
  },
  {
    id: 'terminals-clock-believed',
    rows: ['clock-back-terminal'],
    cuts: [
      {
        file: 'hub/app/quotes/open-return.ts',
        guard: "await hubTimeOf(stores, told, t0, 'stop')",
        open: '{ at: t0, uncertain: false }',
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'asked for the price of hour 1',
  },
];
