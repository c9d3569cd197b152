import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as real } from 'node:timers/promises';
import { build } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { contentFile, slotFile } from '#shared/media/layout.ts';
import { NOON } from '#test/support/media-story.ts';
import { enrolDevice, foundFleet } from '#test/support/test-fleet.ts';
import { PLAINTEXT, readRecords } from './directory-records.ts';
import { playable, readable } from './judge.ts';
import { ALL, tell } from './tally.ts';

/** The real directory driver in a real process that is killed (kill -9) wherever it happens to be: writing, returning, settling what the last life left. */
const project = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'keyturn-directory-'));
/** Below the project, so that the program finds the packages. */
const program = join(project, '.build', `directory-writer-${process.pid}`);
const SERIES = [1, 2, 3, 4];
/** In each series. */
const KILLS = ALL ? 500 : 50;
/** As many processes at a time: a start of one is what a kill costs. */
const LANES = 2;

beforeAll(async () => {
  await build({
    configFile: false,
    root: project,
    logLevel: 'error',
    // One file with all packages in it starts twice as fast.
    ssr: { noExternal: true },
    build: {
      ssr: join(project, 'test', 'crash', 'directory-writer.ts'),
      outDir: program,
      emptyOutDir: true,
      rollupOptions: { output: { entryFileNames: 'directory-writer.mjs' } },
    },
  });
  const fleet = await foundFleet();
  const of = async (name: string, role: 'kiosk' | 'return-terminal') => {
    const { signer, tls } = await enrolDevice(fleet, name, role);
    const chain = tls.chainPem.match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/g) ?? [];
    expect(signer.certificateChain).toHaveLength(chain.length);
    return { keyPem: tls.keyPem, chain };
  };
  const given = {
    root: fleet.rootPem,
    now: NOON,
    kiosk: await of('kiosk-one', 'kiosk'),
    returns: await of('rt-one', 'return-terminal'),
  };
  writeFileSync(join(folder, 'setup.json'), JSON.stringify(given));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(program, { recursive: true, force: true });
});

/** One life of the program, killed `delay` milliseconds after it said so many lines, however fast the machine is; answers what it said. */
async function life(root: string, records: string, lines: number, delay: number): Promise<string> {
  const args = [join(program, 'directory-writer.mjs'), join(folder, 'setup.json'), root, records];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const ready = new Promise<void>((resolve) => {
    child.stdout?.on('data', (bytes: Buffer) => {
      said += bytes.toString();
      if (said.split('\n').length > lines) resolve();
    });
  });
  await Promise.race([ready, ended]);
  await Promise.race([real(delay), ended]);
  child.kill('SIGKILL');
  await ended;
  return said;
}

const bytesOn = (root: string, copyId: CopyId) => ({
  files: new Map(
    [slotFile(copyId), contentFile(copyId)]
      .filter((path) => existsSync(join(root, path)))
      .map((path) => [path, new Uint8Array(readFileSync(join(root, path)))]),
  ),
});

/** Readable exactly when it should be, by the records alone. */
async function violations(root: string, records: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [copyId, seen] of readRecords(records)) {
    const medium = bytesOn(root, copyId);
    const open = await readable(medium, copyId);
    const is = `${copyId} (${[...seen.keys()].join(' ')})`;
    if (seen.has('commit') && !seen.has('intent') && !(await playable(medium, copyId, PLAINTEXT)))
      found.push(`${is}: charged, nobody returned it, and it does not play`);
    if (open && !seen.has('slot-begin')) found.push(`${is}: readable, and the key was never recorded`);
    if (open && (seen.has('receipt') || seen.has('failed'))) found.push(`${is}: readable after its end`);
  }
  return found;
}

it.each(SERIES)(
  'RNT-1, RNT-2, RET-3: kill -9 of the real process at 50 moments (series %i): content is readable exactly when it should be',
  async (series) => {
    const random = seededRandom(`kill -9 of a directory, ${series}`);
    // A write and its return say seven lines; the wait falls anywhere in what stands between two of them.
    const moments = Array.from({ length: KILLS }, () => ({
      lines: 1 + random.below(9),
      delay: random.below(14),
    }));
    const counts = { written: 0, returned: 0, unsettled: 0, kills: 0 };
    const lane = async (which: number): Promise<void> => {
      for (let round = which; round < KILLS; round += LANES) {
        // A medium lives through ten deaths.
        const root = join(folder, `medium-${series}-${which}-${Math.floor(round / (10 * LANES))}`);
        mkdirSync(root, { recursive: true });
        const records = `${root}.records`;
        const { lines, delay } = moments[round] ?? { lines: 1, delay: 0 };
        const said = await life(root, records, lines, delay);
        expect(said).not.toContain('not written');
        counts.kills += 1;
        counts.written += said.split('noted commit').length - 1;
        counts.returned += said.split('noted receipt').length - 1;
        const last = [...readRecords(records).values()].at(-1);
        if (last?.has('slot-begin') === true && !last.has('receipt')) counts.unsettled += 1;
        expect(await violations(root, records), `kill ${round} ${delay} ms after line ${lines}`).toEqual([]);
      }
    };
    await Promise.all(Array.from({ length: LANES }, (_, which) => lane(which)));
    console.info(JSON.stringify(counts));
    expect(counts.kills).toBe(KILLS);
    // The kills fell where they prove something: between beginning of a key and its receipt.
    expect(counts.unsettled).toBeGreaterThan(KILLS / 10);
    expect(counts.returned).toBeGreaterThan(KILLS / 10);
    tell(`kill -9 of the directory driver, series ${series}`, { steps: 0, cases: counts.kills, of: KILLS });
  },
);
