import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openFileSource } from '#shared/edge/drivers/file-source.ts';
import { copyFolder } from '#shared/media/layout.ts';
import { type BenchTerminal, benchTerminal } from './support/bench-terminal.ts';
import { median, quantile, round3, shellMs } from './support/figures.ts';
import { randomFile } from './support/random-file.ts';
import { wholeNumbers } from './support/whole-numbers.ts';

/** Of the copy, what a return changes: kept beside and put back, so that one large copy can be returned many times. */
const CHANGED = ['slot.age', 'state', 'licence.jws'];

/**
 * `npm run bench -- key-destroy [--quick] [--small-mib N] [--large-mib N] [--rounds N] [--dir FOLDER]`: the destruction of a key as the return terminal does it (RETURNING,
 * overwriting, sync, reading back from the device, DESTROYED, receipt) for a small and a large copy in turns, beside `shred` of the large file. `ratio` is `shred` over
 * ours; `growth` the p99 of the large over that of the small copy: 1 says that size does not matter.
 */
export async function run(args: {
  readonly quick: boolean;
  readonly rest: readonly string[];
}): Promise<void> {
  const { values } = parseArgs({
    args: [...args.rest],
    options: {
      'small-mib': { type: 'string', default: '10' },
      'large-mib': { type: 'string', default: args.quick ? '32' : '8192' },
      rounds: { type: 'string', default: args.quick ? '3' : '100' },
      dir: { type: 'string' },
    },
  });
  const { dir, ...counts } = values;
  const { 'small-mib': smallMib, 'large-mib': largeMib, rounds } = wholeNumbers(counts);
  const base = await mkdtemp(join(dir ?? tmpdir(), 'keyturn-bench-'));
  try {
    const terminal = await benchTerminal();
    const small = await copyOf(terminal, base, smallMib);
    const large = await copyOf(terminal, base, largeMib);
    const times = { small: [] as number[], large: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      times.small.push(await small.destroyed());
      times.large.push(await large.destroyed());
    }
    const shredMs = await shellMs('shred -n 1 "$1" && sync "$1"', [large.content]);
    const [smallMs, largeMs] = [median(times.small), median(times.large)];
    const [smallP99, largeP99] = [quantile(times.small, 0.99), quantile(times.large, 0.99)];
    console.log(
      `${smallMib} MiB: p50 ${round3(smallMs)} ms, p99 ${round3(smallP99)} ms; ${largeMib} MiB: p50 ${round3(largeMs)} ms, p99 ${round3(largeP99)} ms; shred of the latter ${round3(shredMs)} ms`,
    );
    console.log(
      JSON.stringify({
        ...{ bench: 'key-destroy', ratio: round3(shredMs / largeMs), growth: round3(largeP99 / smallP99) },
        ...{ smallMib, largeMib, rounds, smallMs: round3(smallMs), largeMs: round3(largeMs) },
        ...{ smallP99: round3(smallP99), largeP99: round3(largeP99), shredMs: round3(shredMs) },
      }),
    );
  } finally {
    await rm(base, { recursive: true, force: true });
  }
}

/** A copy of so many MiB that can be returned again and again. */
async function copyOf(terminal: BenchTerminal, base: string, sizeMib: number) {
  const file = join(base, `${sizeMib}.bin`);
  await randomFile(file, sizeMib);
  const root = await terminal.newStick(base);
  const source = await openFileSource(file);
  const licence = await terminal.write(root, { source });
  await source.close();
  await rm(file);
  const folder = join(root, copyFolder(licence.keyturn.copyId));
  for (const name of CHANGED) await cp(join(folder, name), join(base, `${sizeMib}-${name}`));
  return {
    content: join(folder, 'content.age'),
    destroyed: async (): Promise<number> => {
      const took = await terminal.destroy(root, licence);
      for (const name of CHANGED) await cp(join(base, `${sizeMib}-${name}`), join(folder, name));
      return took;
    },
  };
}
