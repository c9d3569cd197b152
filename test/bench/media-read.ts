import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { assert } from '#shared/kernel/assert.ts';
import { programEntry } from '#shared/toolchain/assets.ts';
import type { ReadOrder } from './support/read-rounds.ts';
import { wholeNumbers } from './support/whole-numbers.ts';

const figures = z.looseObject({ memory: z.looseObject({ ratio: z.number() }) });

/**
 * `npm run bench -- media-read [--quick] [--size-mib N] [--rounds N] [--seeks N] [--dir FOLDER]`: the player's way to a whole copy and to random places of it, from
 * memory against `age -d` (in pieces as its server sends them, and over HTTP to a program that only reads) and from a medium of 400 MB/s against `cp` to `/dev/null`, caches dropped before each. `ratio` is our speed over that of `age -d`, `cpRatio` over `cp`.
 */
export async function run(args: {
  readonly quick: boolean;
  readonly rest: readonly string[];
}): Promise<void> {
  const { values } = parseArgs({
    args: [...args.rest],
    options: {
      'size-mib': { type: 'string', default: args.quick ? '16' : '1024' },
      rounds: { type: 'string', default: args.quick ? '1' : '5' },
      seeks: { type: 'string', default: args.quick ? '50' : '2000' },
      dir: { type: 'string' },
    },
  });
  const { dir, ...counts } = values;
  const { 'size-mib': sizeMib, rounds, seeks } = wholeNumbers(counts);
  const base = await mkdtemp(join(dir ?? tmpdir(), 'keyturn-bench-'));
  try {
    const asked = { sizeMib, rounds, seeks };
    const said = await inProcess({ base, ...asked, medium: !args.quick });
    const lines = said.trimEnd().split('\n');
    const read = figures.parse(JSON.parse(lines.pop() ?? ''));
    for (const line of lines) console.log(line);
    console.log(JSON.stringify({ bench: 'media-read', ratio: read.memory.ratio, ...asked, ...read }));
  } finally {
    await rm(base, { recursive: true, force: true });
  }
}

async function inProcess(order: ReadOrder): Promise<string> {
  const child = spawn(process.execPath, [programEntry('bench-read'), JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said, code] = await Promise.all([
    text(child.stdout),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ]);
  assert(code === 0, `reading ended with ${code}`);
  return said;
}
