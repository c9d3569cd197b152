import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { DeviceSeal } from '#shared/ports/device-seal.ts';
import type { EnrolmentAttempt } from '../enrolment.ts';
import { eraseFile, writeDurably } from './durable-file.ts';

const attempt = z.object({
  code: z.string().max(200),
  privateKeyPem: z.string().max(8_000),
  certificateRequest: z.string().max(8_000),
});
const FILE = 'enrolling';
const SEAL = 'enrolment';

/** The attempt under this code that a former start began; null where there is none that this machine can open. */
export function readAttempt(folder: string, code: string, seal: DeviceSeal): EnrolmentAttempt | null {
  const path = join(folder, FILE);
  if (!existsSync(path)) return null;
  const opened = seal.unseal(SEAL, readFileSync(path));
  if (opened === null) return null;
  const parsed = attempt.safeParse(JSON.parse(Buffer.from(opened).toString('utf8')));
  return parsed.success && parsed.data.code === code.trim() ? parsed.data : null;
}

/** Keeps an attempt, sealed, before the hub hears of it. */
export const writeAttempt = (folder: string, one: EnrolmentAttempt, seal: DeviceSeal): void =>
  writeDurably(join(folder, FILE), seal.seal(SEAL, Buffer.from(JSON.stringify(one))));

/** After the identity is on the disk, or when the hub has refused for good. */
export const removeAttempt = (folder: string): void => eraseFile(join(folder, FILE));
