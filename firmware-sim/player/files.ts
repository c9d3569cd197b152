import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a player remembers between its starts: a few small texts, each replaced as a whole. */
export interface PlayerFiles {
  /** Null: never written. */
  read(name: string): Promise<string | null>;
  replace(name: string, text: string): Promise<void>;
}

/** In a folder that nobody else reads. */
export const folderFiles = (folder: string): PlayerFiles => ({
  read: (name) =>
    readFile(join(folder, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    }),
  replace: async (name, text) => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const fresh = join(folder, `${name}.new`);
    await writeFile(fresh, text, { mode: 0o600, flush: true });
    await rename(fresh, join(folder, name));
  },
});

/** In memory, for players whose machine is simulated as well. */
export function memoryFiles(): PlayerFiles {
  const texts = new Map<string, string>();
  return {
    read: async (name) => texts.get(name) ?? null,
    replace: async (name, text) => void texts.set(name, text),
  };
}
