import type { CopyId } from '#shared/kernel/ids.ts';

/** Where things stand on a medium and how large they may be (SPEC MS-1, MS-2). All paths are relative to the medium's root. */
export const KEYTURN = 'KEYTURN';
export const MEDIUM_FILE = 'KEYTURN/medium.jws';
export const PLAYERS_FOLDER = 'KEYTURN/players';
export const JOURNAL_FILE = 'KEYTURN/journal';
export const COPIES_FOLDER = 'KEYTURN/copies';
export const RECOMMENDATIONS_FILE = 'KEYTURN/recommendations.age';
export const HISTORY_FILE = 'KEYTURN/history.age';
export const PURSE_FILE = 'KEYTURN/purse.jws';

export const copyFolder = (copyId: CopyId): string => `${COPIES_FOLDER}/${copyId}`;
export const contentFile = (copyId: CopyId): string => `${copyFolder(copyId)}/content.age`;
export const slotFile = (copyId: CopyId): string => `${copyFolder(copyId)}/slot.age`;
export const licenceFile = (copyId: CopyId): string => `${copyFolder(copyId)}/licence.jws`;
export const stateFile = (copyId: CopyId): string => `${copyFolder(copyId)}/state`;
export const extrasFile = (copyId: CopyId): string => `${copyFolder(copyId)}/extras.age`;
export const REVOKED_PLAYERS_FILE = 'KEYTURN/players/revoked.jws';
export const REVOCATIONS_FILE = 'KEYTURN/revocations.jws';
export const openingsFile = (playerId: string): string => `${PLAYERS_FOLDER}/${playerId}.openings.jws`;
export const playerFile = (playerId: string): string => `${PLAYERS_FOLDER}/${playerId}.jws`;

/** The slot has one fixed size, so that it can be overwritten in place and its length tells nothing (MS-8). */
export const SLOT_BYTES = 4096;
/** One state record; two of them make the state file (MS-12). */
export const STATE_BLOCK_BYTES = 4096;
export const STATE_BYTES = 2 * STATE_BLOCK_BYTES;

export const LIMITS = {
  licenceBytes: 24 * 1024,
  mediumIdentityBytes: 16 * 1024,
  playerKeyBytes: 4 * 1024,
  recommendationsBytes: 256 * 1024,
  historyBytes: 512 * 1024,
  /** Poster and subtitles beside one copy (MS-34). */
  extrasBytes: 4 * 1024 * 1024,
  posterBytes: 512 * 1024,
  subtitles: 8,
  subtitleBytes: 256 * 1024,
  receiptBytes: 16 * 1024,
  ageHeaderBytes: 16 * 1024,
  copies: 256,
  /** Copies without a key whose signed records stay, the latest first (MS-19): as many as a controller has places. */
  spentCopies: 32,
  players: 32,
  /** Sittings that a player leaves on one medium or brings to the hub at once. */
  openings: 32,
  openingsBytes: 12 * 1024,
  revokedPlayersBytes: 16 * 1024,
  /** Revoked certificates that one list names, the latest first (MS-32). */
  revocations: 512,
  revocationsBytes: 64 * 1024,
} as const;

/** Recipients of a slot bound to players: always this many, dummies fill up (MS-9). */
export const SLOT_RECIPIENTS = 8;
/** age's payload chunk and its tag (MS-5). */
export const CHUNK_BYTES = 64 * 1024;
export const TAG_BYTES = 16;
export const CIPHER_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;
/** Most chunks of one content file: 1 TiB. */
export const MAX_CHUNKS = 2 ** 24;
