import type { Hole } from '../hole.ts';

const SEALED = 'shared/edge/content/sealed.ts';

/** What lies on the disk of a kiosk. */
export const DISK_HOLES: readonly Hole[] = [
  {
    id: 'content-not-sealed',
    rows: ['stolen-disk-content'],
    cuts: [
      {
        file: SEALED,
        guard: 'Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])',
        open: 'Buffer.concat([plain, Buffer.alloc(TAG_BYTES)])',
      },
      {
        file: SEALED,
        guard: 'cipher.update(sealed.subarray(at, Math.min(at + SLICE_BYTES, into.length)))',
        open: 'sealed.subarray(at, Math.min(at + SLICE_BYTES, into.length))',
      },
      { file: SEALED, after: 'for (let at = 0; at < into.length', guard: 'cipher.final()', open: 'null' },
    ],
    says: 'GOT THROUGH',
    evidence: 'content in ',
    asked: 'start',
  },
  {
    id: 'identity-key-beside-its-file',
    rows: ['stolen-disk-key'],
    cuts: [
      {
        file: 'shared/edge/drivers/identity-files.ts',
        guard: 'writeDurably(join(folder, FILE), JSON.stringify(content))',
        open: "[writeDurably(join(folder, 'key.pem'), enrolled.privateKeyPem), writeDurably(join(folder, FILE), JSON.stringify(content))]",
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'PEM key in ',
    asked: 'start',
  },
  {
    id: 'store-in-plain',
    rows: ['stolen-disk-key'],
    cuts: [
      {
        file: 'shared/edge/drivers/libsql-store.ts',
        guard: 'new Database(path, encryptionOptions(key))',
        open: 'new Database(path)',
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'PEM key in store.db',
    asked: 'start',
  },
  {
    id: 'lease-stays-on-disk',
    rows: ['stolen-kiosk-after-lease'],
    cuts: [
      {
        file: 'shared/edge/content/lease.ts',
        after: 'const forget = ',
        guard: 'file.erase()',
        open: 'undefined',
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'lease on disk true',
  },
  {
    id: 'foreign-disk-not-told',
    rows: ['stolen-disk-content', 'stolen-disk-name', 'stolen-disk-card', 'stolen-disk-key'],
    cuts: [{ file: 'hub/app/content/lease.ts', guard: 'held !== null', open: 'false' }],
    says: 'NO TRACE',
    evidence: 'no alert security_lease_refused',
  },
];
