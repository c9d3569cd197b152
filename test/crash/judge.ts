import { createHash } from 'node:crypto';
import type { MemoryMedium } from '#firmware-sim/media/medium-backing.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { ok } from '#shared/kernel/result.ts';
import { openContent } from '#shared/media/container/content-reader.ts';
import { inspectMedium } from '#shared/media/inspect-medium.ts';
import { contentFile, slotFile } from '#shared/media/layout.ts';
import type { CopyCondition, MediaDeps } from '#shared/media/orders.ts';
import { openSlot } from '#shared/media/slot.ts';
import { value } from '#test/support/media-story.ts';
import { plaintextOf } from '#test/support/plaintext.ts';

/**
 * Whether anybody could open the copy with what is on the device, asked without any of the program's own records: an identity is looked for in the slot's
 * bytes wherever it stands, and the content tried with it.
 */
export async function readable(medium: Pick<MemoryMedium, 'files'>, copyId: CopyId): Promise<boolean> {
  const slot = medium.files.get(slotFile(copyId));
  const content = medium.files.get(contentFile(copyId));
  if (slot === undefined || content === undefined) return false;
  const found = /AGE-SECRET-KEY-1[0-9A-Z]{58}/.exec(Buffer.from(slot).toString('latin1'))?.[0];
  const opened = await openSlot(slot, null);
  const identity = found ?? (opened.ok ? opened.value : null);
  if (identity === null) return false;
  const range = async (offset: number, length: number) => ok(content.slice(offset, offset + length));
  const file = await openContent(range, content.length, identity);
  return file.ok && (await plaintextOf(file.value, 0, 1)).ok;
}

/** Every byte of the copy comes out as it went in. */
export async function playable(
  medium: Pick<MemoryMedium, 'files'>,
  copyId: CopyId,
  plaintext: Uint8Array,
): Promise<boolean> {
  const slot = medium.files.get(slotFile(copyId));
  const content = medium.files.get(contentFile(copyId));
  if (slot === undefined || content === undefined) return false;
  const identity = await openSlot(slot, null);
  if (!identity.ok) return false;
  const range = async (offset: number, length: number) => ok(content.slice(offset, offset + length));
  const file = await openContent(range, content.length, identity.value);
  if (!file.ok) return false;
  const all = await plaintextOf(file.value, 0, plaintext.length + 1);
  return all.ok && all.value.equals(plaintext);
}

export async function conditionOn(
  deps: Pick<MediaDeps, 'drive' | 'trust'>,
  copyId: CopyId,
): Promise<CopyCondition | null> {
  const report = value(await inspectMedium(deps));
  return report.copies.find((copy) => copy.copyId === copyId)?.condition ?? null;
}

/** Everything that stands on a medium, in one word: its folders, its files and their bytes. */
export async function contentsOf(medium: MemoryMedium): Promise<string> {
  const hash = createHash('sha256');
  const mounted = await medium.open();
  const look = async (path: string): Promise<void> => {
    const names = await mounted.list(path);
    for (const name of names.ok ? [...names.value].sort() : []) {
      const bytes = medium.files.get(`${path}/${name}`);
      hash.update(`${path}/${name} ${bytes?.length ?? 'folder'}\n`);
      if (bytes === undefined) await look(`${path}/${name}`);
      else hash.update(bytes);
    }
  };
  hash.update(JSON.stringify(await mounted.stat('KEYTURN')));
  await look('KEYTURN');
  return hash.digest('hex');
}
