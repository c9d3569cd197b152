import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Random } from '#shared/ports/random.ts';
import { keptJson } from './kept-json.ts';

/** Letters and digits that are not mistaken for each other. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';

/** The console's first password: kept only until it was shown, so that a first start that ends early does not lose it. */
export interface StaffPassword {
  /** For the hub's first start; without effect where staff exist already. */
  password(): string;
  toShow(): { readonly name: string; readonly password: string } | null;
  shown(): void;
}

const SHOWN = z.object({ state: z.literal('shown') });
const WAITING = z.object({ state: z.literal('waiting'), password: z.string().min(12) });

/** `given`: the operator's own (HUB_ADMIN_PASSWORD); then nothing is made up and nothing shown. */
export function openStaffPassword(folder: string, random: Random, given: string): StaffPassword {
  if (given !== '') return { password: () => given, toShow: () => null, shown: () => {} };
  const kept = keptJson(join(folder, 'staff.json'), z.union([SHOWN, WAITING]));
  const before = kept.read();
  if (before?.state === 'shown') return { password: () => '', toShow: () => null, shown: () => {} };
  const password = before?.password ?? makePassword(random);
  if (before === null) kept.write({ state: 'waiting', password });
  return {
    password: () => password,
    toShow: () => ({ name: 'admin', password }),
    shown: () => {
      // Removed first, so that the password does not survive in a block of the old file's name.
      rmSync(join(folder, 'staff.json'), { force: true });
      kept.write({ state: 'shown' });
    },
  };
}

function makePassword(random: Random): string {
  const part = (): string =>
    Array.from({ length: 5 }, () => ALPHABET[random.below(ALPHABET.length)] ?? '').join('');
  return [part(), part(), part(), part()].join('-');
}
