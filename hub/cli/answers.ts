import type { Command } from 'commander';
import type { z } from 'zod';
import type { BackupFiles } from '#hub/backup-files.ts';
import type { MosquittoPlace } from '#hub/broker-files.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { Api } from './api.ts';
import type { Terminal } from './output.ts';

export interface CliDeps {
  readonly terminal: Terminal;
  /** Opened when a command needs the hub. */
  readonly api: () => Api;
  /** Writes a broker's files for the fleet of this machine. */
  readonly writeBroker: (
    folder: string,
    place: Omit<MosquittoPlace, 'folder'>,
  ) => Promise<Result<{ readonly config: string; readonly folder: string }, Fault>>;
  /** Backups as files (OPS-2). */
  readonly backups: BackupFiles;
  /** A fresh idempotence key for payments. */
  readonly key: () => string;
}

/** Whether answers are wanted as JSON. */
export const jsonOf = (program: Command): boolean => program.opts<{ json: boolean }>().json;

/** What the hub answered, read by the contract of the route. */
export function read<S extends z.ZodType>(
  answer: Result<unknown, Fault>,
  schema: S,
): Result<z.output<S>, Fault> {
  if (!answer.ok) return answer;
  const parsed = schema.safeParse(answer.value);
  return parsed.success
    ? ok(parsed.data)
    : fault(
        'hub_answer_malformed',
        `the hub is of another version: ${parsed.error.issues[0]?.path.join('.')}`,
      );
}
