import { randomFillSync } from 'node:crypto';
import { open } from 'node:fs/promises';

const MIB = 1024 * 1024;

/** A file of so many MiB that no device can compress, on the disk for certain. */
export async function randomFile(path: string, sizeMib: number): Promise<void> {
  const block = Buffer.alloc(MIB);
  const file = await open(path, 'w');
  for (let at = 0; at < sizeMib; at += 1) await file.write(randomFillSync(block));
  await file.sync();
  await file.close();
}
