import type { Defect } from './defect.ts';

/** On secure media: what a controller keeps, what it says, and who is taken for one (SEC-5). */
export const SECURE_DEFECTS: readonly Defect[] = [
  {
    // MS-21: files of a secure medium on any other stick.
    id: 'secure-clone-accepted',
    cuts: [
      {
        file: 'shared/media/copy-files.ts',
        guard: 'proven.value === null ? !secure : secure && proven.value === identity.value.mediumId',
        open: 'true',
      },
    ],
    seenAs: /^PLY-1: .* in truth medium_foreign/,
    stress: { clones: 12, media: 0 },
    days: 3,
  },
  {
    // MS-23: the controller signs the deletion of a key that it still holds.
    id: 'controller-keeps-key',
    cuts: [
      {
        file: 'firmware-sim/media/controller/slot-book.ts',
        guard: '{ ...record, ...removed }',
        open: '{ ...record, ...removed, slot: record.slot }',
      },
    ],
    seenAs: /^RET-3: .* on secure stick .* can be read and has a receipt/,
  },
  {
    // MS-24: older pages of a removed key stay, also at the next power-on.
    id: 'removed-key-in-older-page',
    cuts: [
      {
        file: 'firmware-sim/media/controller/slot-book.ts',
        guard: 'this.#cells[index]?.scrub()',
        open: 'undefined',
      },
      {
        file: 'firmware-sim/media/controller/slot-book.ts',
        guard: "book.#records[index]?.state !== 'key'",
        open: 'false',
      },
    ],
    seenAs: /^SEC-5: the chip of .* keeps the removed key/,
  },
  {
    id: 'key-of-secure-medium-in-file',
    cuts: [
      {
        file: 'shared/media/slot-place.ts',
        guard: 'medium.controller === null ? inFiles(deps, medium) : inController(deps, medium.controller)',
        open: 'inFiles(deps, medium)',
      },
    ],
    seenAs: /^SEC-5: a key of .* in a file/,
  },
  {
    // RET-4: the receipt says less than the controller signed.
    id: 'controller-not-quoted',
    cuts: [
      {
        file: 'shared/media/destroy-copy.ts',
        guard: "statement === null ? 'CLEAR-SLOT' : 'PURGE'",
        open: "'CLEAR-SLOT'",
      },
    ],
    seenAs: /^RET-4: .* has no word of its controller|^SYN-3: .* is a dead letter: claim_contradicts/,
  },
  {
    // RET-4: said only after the card was held.
    id: 'secure-demand-unsaid',
    cuts: [
      {
        file: 'kiosk/app/obstacles.ts',
        guard: 'title.demands.secureMedium && facts !== null',
        open: 'false',
      },
    ],
    seenAs: /^RET-4: .* offers .*, and it demands a secure medium/,
  },
  {
    id: 'secure-demand-forgotten',
    cuts: [
      {
        file: 'kiosk/app/obstacles.ts',
        guard: 'title.demands.secureMedium && facts !== null',
        open: 'false',
      },
      { file: 'hub/app/renting/prepare.ts', guard: 'title.demandsSecureMedium', open: 'false' },
    ],
    seenAs: /^RET-4: a key of .* came onto|^RET-4: rental .* is on a plain one/,
  },
  {
    // MS-33: staff order a medium that is one already, and hear that another one was made.
    id: 'medium-made-as-another',
    cuts: [
      {
        file: 'shared/media/controller/provision.ts',
        guard: 'proven.value === mediumId',
        open: 'true',
      },
    ],
    seenAs: /^SEC-5: staff hear that .* was made, and no medium is it/,
    stress: { blanks: 1, media: 0, power: 0 },
    days: 2,
  },
];
