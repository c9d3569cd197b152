import type { Defect } from './defect.ts';

/** At home: what opens, until when, and what is shown. */
export const PLAYER_DEFECTS: readonly Defect[] = [
  {
    // LIC-1.
    id: 'licence-without-end',
    cuts: [{ file: 'firmware-sim/player/shelf.ts', guard: "status === 'expired'", open: 'false' }],
    seenAs: /^PLY-1: .* in spite of .*copy_expired/,
  },
  {
    // LIC-2: the clock of first use never begins.
    id: 'first-use-forgotten',
    cuts: [
      {
        file: 'firmware-sim/player/device.ts',
        guard: 'memory.firstUse[copyId] !== undefined',
        open: 'true',
      },
    ],
    seenAs: /^PLY-1: .* in spite of .*copy_expired/,
  },
  {
    id: 'clock-of-the-wall',
    cuts: [
      {
        file: 'firmware-sim/player/device.ts',
        guard: 'wall < floor - CLOCK_TOLERANCE_MS',
        open: 'false',
      },
    ],
    seenAs: /^PLY-1: .* in spite of .*clock_set_back/,
  },
  {
    // MED-2: each piece begins with its chunk, wherever it was asked from.
    id: 'piece-of-another-place',
    cuts: [{ file: 'shared/media/container/content-reader.ts', guard: 'at % CHUNK_BYTES', open: '0' }],
    seenAs: /^MED-2: .* is not its edition/,
  },
  {
    // RET-3: a terminal that only says that it destroyed, and a player that does not look.
    id: 'returned-copy-plays',
    cuts: [
      {
        file: 'shared/media/destroy-copy.ts',
        guard: 'await place.destroy(copyId, returnId, proof.nonce)',
        open: 'ok(null)',
      },
      { file: 'shared/media/destroy-copy.ts', guard: '!destroyedBy(copy, accepted.returnId)', open: 'false' },
      {
        file: 'firmware-sim/player/shelf.ts',
        after: "case 'torn':",
        guard: "'copy_returned'",
        open: 'licenceRefusal(deps, copy, facts)',
      },
    ],
    seenAs: /^RET-3: copy .* opens in .* and has a receipt/,
    stress: { media: 0 },
  },
  {
    // RNT-6: a copy that no kiosk has confirmed.
    id: 'held-copy-plays',
    cuts: [
      {
        file: 'shared/media/copy-files.ts',
        guard: "state.state === 'ACTIVE' && state.startedAt !== null",
        open: "state.state !== 'VOID'",
      },
    ],
    seenAs: /^PLY-1: .* in spite of .*copy_not_confirmed/,
    stress: { media: 8, effects: ['cut-before', 'cut-after', 'pull-before', 'pull-after'], steps: [10, 71] },
  },
  {
    // SEC-6: once a code has paired its player, whoever finds the paper may try it again.
    id: 'pairing-code-works-on',
    cuts: [{ file: 'hub/app/members/players.ts', guard: 'besides(stores)', open: 'undefined' }],
    seenAs: /^SEC-6: the code that paired player .* still works/,
    days: 2,
  },
  {
    id: 'pairing-code-for-ever',
    cuts: [
      {
        file: 'hub/app/members/pairing.ts',
        guard: 'row.expiresAt <= deps.clock.now()',
        open: 'false',
      },
      // Nor is it ever forgotten.
      {
        file: 'hub/app/members/pairing.ts',
        guard: '{ expiresAt: { lte: deps.clock.now() } }',
        open: "{ playerId: 'nobody' }",
      },
    ],
    seenAs: /^SEC-6: .* by a code that was not good/,
    days: 3,
  },
  {
    id: 'player-of-two-members',
    cuts: [
      {
        file: 'hub/app/members/players.ts',
        guard: 'known.memberId !== null && known.memberId !== memberId && !known.revoked',
        open: 'false',
      },
    ],
    seenAs: /^SEC-6: a kiosk called player .*, and it is .*’s/,
    days: 3,
  },
];
