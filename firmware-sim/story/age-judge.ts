import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the distribution's own `age` tool says of a copy: a judge that nobody here wrote (MED-1). */
export interface Verdict {
  readonly opens: boolean;
  /** SHA-256 of what it decrypted, hex; null when it refused. */
  readonly sha256: string | null;
  readonly bytes: number;
  /** Its own words when it refused. */
  readonly words: string;
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece);
  return hash.digest('hex');
}

/**
 * Opens `content.age` of a copy's folder with its slot. `playerIdentity`: the player's own age identity, where the slot is bound to
 * players: `age` then opens the slot first. Nothing of the plaintext is kept.
 */
export async function judgeCopy(copyFolder: string, playerIdentity: string | null): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-judge-'));
  try {
    const slot = join(copyFolder, 'slot.age');
    const identityFile = join(folder, 'identity');
    const bound = (await readFile(slot)).subarray(0, 21).toString('latin1') === 'age-encryption.org/v1';
    if (bound) {
      const playerFile = join(folder, 'player');
      await writeFile(playerFile, `${playerIdentity ?? ''}\n`, { mode: 0o600 });
      const opened = await age(['-d', '-i', playerFile, '-o', identityFile, slot]);
      if (!opened.opens) return opened;
    } else await writeFile(identityFile, await readFile(slot), { mode: 0o600 });
    return await openedByTool(join(copyFolder, 'content.age'), identityFile);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether `age` opens a file with what stands in another, taken as an identity file. */
export const openedByTool = (file: string, identityFile: string): Promise<Verdict> =>
  age(['-d', '-i', identityFile, file]);

function age(args: readonly string[]): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    const tool = spawn('age', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const hash = createHash('sha256');
    let bytes = 0;
    let words = '';
    tool.stdout.on('data', (piece: Buffer) => {
      hash.update(piece);
      bytes += piece.length;
    });
    tool.stderr.on('data', (piece: Buffer) => {
      if (words.length < 2000) words += piece.toString('utf8');
    });
    tool.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ENOENT' ? new Error('the age tool is not installed: apt-get install age') : error,
      ),
    );
    tool.once('close', (status) => {
      const opens = status === 0;
      const firstLine = words.split('\n').find((line) => line.trim() !== '') ?? '';
      resolve({ opens, sha256: opens ? hash.digest('hex') : null, bytes, words: firstLine.trim() });
    });
  });
}
