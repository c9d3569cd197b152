import type { Hole } from '../hole.ts';

const SIGNING = 'shared/media/signing.ts';
const FILES = 'shared/media/copy-files.ts';
const ALARM = 'shared/edge/terminal-alarm.ts';
const SHELF = 'firmware-sim/player/shelf.ts';

/** Documents on media, slots, players. */
export const MEDIA_HOLES: readonly Hole[] = [
  {
    id: 'signatures-not-verified',
    rows: ['licence-tampered', 'tariff-tampered', 'medium-identity-edited'],
    cuts: [
      {
        file: SIGNING,
        guard: '!signatureFits(jws, device.value)',
        open: 'false',
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'taken',
    sample: true,
  },
  {
    id: 'documents-of-any-authority',
    rows: ['licence-tampered', 'tariff-tampered', 'medium-identity-foreign', 'recommendation-tampered'],
    cuts: [{ file: SIGNING, guard: '!linked', open: 'false' }],
    says: 'GOT THROUGH',
    evidence: 'taken',
  },
  {
    id: 'controllers-of-any-authority',
    rows: ['slot-copied-counterfeit-controller'],
    cuts: [{ file: SIGNING, guard: '!linked', open: 'false' }],
    // The false chip has no key to give, so nothing opens: but nobody would hear of it.
    says: 'NO TRACE',
    evidence: 'no alert security_medium_counterfeit',
  },
  {
    id: 'any-role-signs-anything',
    rows: ['licence-tampered', 'tariff-tampered'],
    cuts: [
      {
        file: SIGNING,
        guard:
          'named === null || !options.roles.includes(named.role) || !signsDocuments(device.value, named.role)',
        open: 'named === null',
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'key, return terminal: taken',
  },
  {
    id: 'forged-copies-not-told',
    rows: ['licence-tampered'],
    cuts: [{ file: ALARM, guard: 'codes.some((code) => FORGED.has(code))', open: 'false' }],
    says: 'NO TRACE',
    evidence: 'no alert security_copy_forged',
  },
  {
    id: 'copy-of-another-medium-taken',
    rows: ['slot-copied-unbound-moved'],
    cuts: [
      {
        file: FILES,
        guard: 'licence.keyturn.copyId !== copyId || licence.keyturn.mediumId !== mediumId',
        open: 'false',
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'player: taken',
    sample: true,
  },
  {
    id: 'bound-slot-in-plain',
    rows: ['slot-copied-bound'],
    cuts: [{ file: 'shared/media/slot.ts', guard: "binding === 'none'", open: 'true' }],
    says: 'GOT THROUGH',
    evidence: 'another player: taken',
  },
  {
    id: 'secure-medium-without-controller',
    rows: ['slot-copied-secure'],
    cuts: [
      {
        file: FILES,
        guard: 'proven.value === null ? !secure : secure && proven.value === identity.value.mediumId',
        open: 'true',
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'kiosk: taken',
  },
  {
    id: 'one-key-for-every-handshake',
    rows: ['slot-copied-controller-replayed'],
    cuts: [
      {
        file: 'shared/media/controller/channel.ts',
        guard: "generateKeyPairSync('x25519')",
        open: "(globalThis.keyturnFixedKey ??= generateKeyPairSync('x25519'))",
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'player: taken',
  },
  {
    id: 'links-followed',
    rows: ['medium-links'],
    cuts: [
      {
        file: 'shared/edge/drivers/mounted-directory.ts',
        guard: 'found.isFile() && found.nlink <= 1',
        open: 'true',
      },
    ],
    says: 'GOT THROUGH',
    evidence: "the customer's file was changed",
  },
  {
    id: 'sittings-not-compared',
    rows: ['copy-open-at-two'],
    cuts: [
      {
        file: 'hub/domain/openings.ts',
        guard: 'Math.min(other.until, sitting.until) - Math.max(other.from, sitting.from) > CLOCK_SLACK_MS',
        open: 'false',
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'nobody heard',
  },
  {
    id: 'clock-set-back-not-told',
    rows: ['clock-back-player'],
    cuts: [
      {
        file: SHELF,
        guard: 'setBack || now < witness - WITNESS_TOLERANCE_MS',
        open: 'false',
      },
    ],
    // The player's own time goes on, so the copy stays ended: only the log says something else.
    says: 'NO TRACE',
    evidence: 'no line clock_set_back',
  },
  {
    id: 'wall-clock-believed',
    rows: ['clock-back-player'],
    cuts: [
      {
        file: SHELF,
        guard: 'setBack || now < witness - WITNESS_TOLERANCE_MS',
        open: 'false',
      },
      { file: 'firmware-sim/player/device.ts', guard: 'Math.max(wall, floor)', open: 'wall' },
    ],
    says: 'GOT THROUGH',
    evidence: 'clock set back: open',
  },
];
