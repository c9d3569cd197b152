import { z } from 'zod';

/** Backups of this form; another number is another form. */
export const BACKUP_VERSION = 1;

/** First line of a backup. */
export const backupHeader = z.object({
  format: z.literal('keyturn-backup'),
  version: z.int(),
  madeAt: z.int(),
  fleetId: z.string().max(64),
  /** Whether the hub's secret lies in the backup; else whoever restores it sets HUB_SECRET as it was. */
  secret: z.enum(['inside', 'setting']),
  /** Names in the folder `library` that were there when it began. */
  library: z.array(z.string().max(200)),
});
export type BackupHeader = z.infer<typeof backupHeader>;

/** The database's own files and the library's content are no small files; the rest is what only one machine was for. */
export const LEFT_OUT = /^(pglite(\/|$)|keyturn\.lock|restored$)|\.(sealed|part|new)$|\.stale-\d+$/;

/** A file of the hub's folder, such as `authority/root.pem`: folders and names are plain, nothing leads out of the folder. */
export const backupPath = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*){0,4}$/)
  .refine((path) => !LEFT_OUT.test(path));

const counted = z.record(z.string(), z.int().min(0));

/** Every other line. The last one is `end`: a backup without it was cut off. */
export const backupLine = z.union([
  z.object({ file: backupPath, mode: z.int().min(0).max(0o777), content: z.base64() }),
  z.object({ migrations: z.array(z.string().max(100)).max(10_000) }),
  z.object({ table: z.string().max(63), rows: z.array(z.string()).max(10_000) }),
  z.object({ sequence: z.string().max(63), value: z.int() }),
  z.object({ end: z.object({ files: z.int(), rows: counted }) }),
]);
export type BackupLine = z.infer<typeof backupLine>;

/** Beside each backup, readable by everybody who may read the folder: what it is, and which files of the library belong to it. */
export const backupNote = z.object({
  version: z.int(),
  name: z.string().max(120),
  madeAt: z.int(),
  fleetId: z.string().max(64),
  bytes: z.int(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  rows: z.int(),
  /** Names in the folder `library`; each is sealed already and never changes. */
  library: z.array(z.string().max(200)),
});
export type BackupNote = z.infer<typeof backupNote>;

export const NOTE = '.json';
export const SEALED = '.age';
export const LIBRARY = 'library';
