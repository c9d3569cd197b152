import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CheckpointKeep } from '#hub/ports/checkpoint-keep.ts';

/** Checkpoints in a text file, one a line: easy to copy to where nobody of the house writes. */
export const checkpointFile = (path: string): CheckpointKeep => ({
  async add(jws) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, 'a', 0o600);
    try {
      await file.appendFile(`${jws}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  },
  async all() {
    try {
      return (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  },
  async setAside(name) {
    try {
      await rename(path, `${path}.${name}`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  },
});
