import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import type { CopyId } from '#shared/kernel/ids.ts';

/** What `directory-writer.ts` is given, and what it leaves: keys of its terminals, its content, its records. */
const device = z.object({ keyPem: z.string(), chain: z.array(z.string()) });
export const setup = z.object({ root: z.string(), now: z.number(), kiosk: device, returns: device });
export const PLAINTEXT = Buffer.alloc(70_000, 'film ');

const line = z.object({ copyId: z.string(), what: z.string(), id: z.string() });

/** Of each copy what was recorded, with the id of the return it was for; a line that was cut short is none. */
export function readRecords(path: string): ReadonlyMap<CopyId, ReadonlyMap<string, string>> {
  const found = new Map<CopyId, Map<string, string>>();
  if (!existsSync(path)) return found;
  for (const text of readFileSync(path, 'utf8').split('\n')) {
    if (!text.endsWith('}')) continue;
    const { copyId, what, id } = line.parse(JSON.parse(text));
    const known = found.get(copyId as CopyId) ?? new Map<string, string>();
    found.set(copyId as CopyId, known.set(what, id));
  }
  return found;
}
