import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type MemoryMedium, memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import {
  createSimulatedDrive,
  type DriveFaults,
  PowerCut,
  type StepEffect,
} from '#firmware-sim/media/simulated-drive.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { acceptReturn, destroySlot } from '#shared/media/destroy-copy.ts';
import { settleHeld } from '#shared/media/settle-held.ts';
import { writeCopy } from '#shared/media/write-copy.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { anAccept, aWrite, bench, memoryRecords, NOON, type Records } from '#test/support/media-story.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { conditionOn, contentsOf, playable, readable } from './judge.ts';
import { ALL, mine, pairs, SecondStops, sample, statesOf, tell, upTo } from './tally.ts';

/**
 * A stop of every kind at every step of a write and of a return, and then a second stop of every kind at every step of the recovery. What is held or torn
 * must be settled at the third visit. By the command only torn and reordered writes hang on chance: every copy has the same ids, the same key and the same signatures, so that stops which left the
 * same can be seen to.
 */
vi.mock('#shared/media/container/age-header.ts', async (original) => {
  const real = await original<typeof import('#shared/media/container/age-header.ts')>();
  if (process.env['KEYTURN_CRASH'] !== 'all') return real;
  const identity = await real.freshIdentity();
  const headers = new Map<string, ReturnType<typeof real.createHeader>>();
  return {
    ...real,
    freshIdentity: async () => identity,
    createHeader: async (recipients: readonly string[]) => {
      const name = recipients.join(' ');
      const made = headers.get(name) ?? real.createHeader(recipients);
      headers.set(name, made);
      const { header, fileKey } = await made;
      return { header: Uint8Array.from(header), fileKey: Uint8Array.from(fileKey) };
    },
  };
});

const STOPS: readonly StepEffect[] = [
  ...(['refused', 'refused-on', 'full', 'full-on', 'read-only'] as const),
  ...(['pull-before', 'pull-torn-512', 'pull-torn-4096', 'pull-after'] as const),
  ...(['cut-before', 'cut-torn-512', 'cut-torn-4096', 'cut-after'] as const),
];
const LIES = [false, true, 'reordered'] as const;
type Stop = Required<Pick<DriveFaults, 'at'>> & { readonly lyingSync: boolean | 'reordered' };
const stopsOf = (steps: number): readonly Stop[] => [
  ...pairs(upTo(steps), STOPS).map(([step, effect]) => ({ at: { step, effect }, lyingSync: false })),
  // A device that lies about "synced" loses something only where power or medium go.
  ...pairs(upTo(steps), LIES.slice(1)).map(([step, lyingSync]) => ({
    at: { step, effect: 'cut-after' as const },
    lyingSync,
  })),
];
const labelOf = ({ at, lyingSync }: Stop): string =>
  `${at?.effect} at step ${at?.step}${lyingSync === false ? '' : ` (sync lies: ${lyingSync})`}`;

const PLAINTEXT = Buffer.alloc(70_000, 'film ');
let fleet: FleetAuthority;
let kiosk: Signer;
let here: Signer;
let elsewhere: Signer;
beforeAll(async () => {
  fleet = await foundFleet();
  kiosk = signing(await enrol(fleet, 'kiosk-one', 'kiosk'));
  here = signing(await enrol(fleet, 'rt-one', 'return-terminal'));
  elsewhere = signing(await enrol(fleet, 'rt-two', 'return-terminal'));
});

/** By the command the same bytes get the same signature. */
function signing(signer: Signer): Signer {
  if (!ALL) return signer;
  const known = new Map<string, ReturnType<Signer['sign']>>();
  return {
    ...signer,
    sign: (bytes) => {
      const name = createHash('sha256').update(bytes).digest('hex');
      const signature = known.get(name) ?? signer.sign(bytes);
      known.set(name, signature);
      return signature;
    },
  };
}

function stageFor(signer: Signer, seed: string, stop: Stop | null, at: EpochMs = NOON) {
  const label = `${seed} ${stop === null ? '' : labelOf(stop)}`;
  if (!ALL) return bench(fleet.trust, signer, label, at);
  // Two visits draw different ids all the same.
  const stage = bench(fleet.trust, signer, `${seed} ${at} ${stop === null}`, at);
  const drive = createSimulatedDrive({ name: 'simulated', clock: stage.clock, random: seededRandom(label) });
  return { ...stage, drive, deps: { ...stage.deps, drive } };
}

/** What is left of a visit: the medium, what the terminal recorded, and whether the device lied, of which less can be asked. */
const leftBy = async (medium: MemoryMedium, records: Records, lied: boolean): Promise<string> =>
  ALL ? `${await contentsOf(medium)} ${JSON.stringify(records)} ${lied}` : '';

async function orCut<T>(work: Promise<T>): Promise<T | 'cut'> {
  return work.catch((error: unknown) => {
    if (error instanceof PowerCut) return 'cut' as const;
    throw error;
  });
}

describe('a write stopped twice', () => {
  interface Written {
    readonly medium: MemoryMedium;
    readonly records: Records;
    readonly copyId: CopyId;
    readonly steps: number;
  }

  async function write(stop: Stop | null): Promise<Written> {
    const stage = stageFor(kiosk, 'twice', stop);
    const medium = memoryMedium('stick');
    await stage.drive.insert(medium);
    const records = memoryRecords();
    stage.drive.setFault(stop ?? {});
    const input = aWrite(stage.random, records, PLAINTEXT);
    await orCut(writeCopy(stage.deps, input));
    const steps = stage.drive.steps();
    stage.drive.pull();
    return { medium, records, copyId: input.copyId, steps };
  }

  /** The next visit to the kiosk; answers how it was settled, null where the power went again. */
  async function settle(before: Written, stop: Stop | null) {
    const stage = stageFor(kiosk, 'settle', stop);
    await stage.drive.insert(before.medium);
    stage.drive.setFault(stop ?? {});
    const records = memoryRecords();
    const settled = await orCut(
      settleHeld(stage.deps, {
        copyId: before.copyId,
        intents: records,
        chunkIndices: [0],
        verification: 'sampled',
      }),
    );
    const steps = stage.drive.steps();
    stage.drive.pull();
    return { settled, records, steps };
  }

  async function violations({ medium, records, copyId }: Written): Promise<readonly string[]> {
    const found: string[] = [];
    const open = await readable(medium, copyId);
    if (open && records.slotBegins.length === 0) found.push('readable, and nobody recorded the key');
    if (open && records.failed.length > 0) found.push('readable, and recorded as failed');
    if (records.commits.length > 0 && !(await playable(medium, copyId, PLAINTEXT)))
      found.push('charged, and not playable');
    return found;
  }

  const isHeld = ({ records }: Written): boolean =>
    records.slotBegins.length > 0 && records.commits.length + records.failed.length === 0;

  it('RNT-1, RNT-2, RNT-6: a stop of every kind at every step, and again at every step of settling: settled at the third visit, never charged unplayable', async () => {
    const { steps } = await write(null);
    const firsts = stopsOf(steps);
    const tried = sample(firsts, 120);
    const held: { readonly first: Stop; readonly written: Written; readonly left: string }[] = [];
    for (const first of tried) {
      const written = await write(first);
      expect(await violations(written), labelOf(first)).toEqual([]);
      const left = await leftBy(written.medium, written.records, first.lyingSync !== false);
      if (isHeld(written)) held.push({ first, written, left });
    }
    tell('write', { steps, cases: mine(tried).length, of: mine(firsts).length });
    expect(held.length).toBeGreaterThan(10);

    const states = statesOf(held, ({ left }) => left);
    const seconds = new SecondStops(states);
    const ended = new Set<string>();
    for (const [index, state] of states.entries()) {
      const { first, written } = state.one;
      const copy = (): Written => ({ ...written, medium: written.medium.copy('stick') });
      const clean = await settle(copy(), null);
      for (const second of seconds.tried(state, stopsOf(clean.steps), 4, index)) {
        const label = `${labelOf(first)}, settling: ${labelOf(second)}`;
        const now = copy();
        const stopped = await settle(now, second);
        const merged: Records = {
          ...written.records,
          commits: [...stopped.records.commits],
          failed: [...stopped.records.failed],
        };
        expect(await violations({ ...now, records: merged }), label).toEqual([]);
        if (merged.commits.length + merged.failed.length > 0) continue;
        const lied = first.lyingSync !== false || second.lyingSync !== false;
        const left = await leftBy(now.medium, merged, lied);
        if (ALL && ended.has(left)) continue;
        ended.add(left);
        const third = await settle(now, null);
        // Of a device that lied about what it kept only safety can be asked: what it lost in the middle goes to staff.
        if (!lied)
          expect(['active', 'void', 'missing'], label).toContain(
            third.settled === 'cut' ? 'cut' : third.settled.kind,
          );
        const last = { ...merged, commits: third.records.commits, failed: third.records.failed };
        expect(await violations({ ...now, records: last }), `${label}, settled`).toEqual([]);
      }
    }
    tell('write, settling stopped again', seconds.tally(steps));
  });
});

describe('a return stopped twice', () => {
  let master: MemoryMedium;
  let copyId: CopyId;
  beforeAll(async () => {
    const stage = bench(fleet.trust, kiosk, 'master of returns');
    master = memoryMedium('master');
    await stage.drive.insert(master);
    const input = aWrite(stage.random, memoryRecords(), PLAINTEXT);
    expect((await writeCopy(stage.deps, input)).kind).toBe('written');
    copyId = input.copyId;
  });

  async function giveBack(
    medium: MemoryMedium,
    signer: Signer,
    records: Records,
    stop: Stop | null,
    hour = 0,
  ) {
    const at = epochMs(NOON + hour * 3_600_000);
    const stage = stageFor(signer, `back ${signer.id}`, stop, at);
    await stage.drive.insert(medium);
    const openReturns = records.returnIntents.filter(({ returnId }) => !records.receipts.has(returnId));
    const asked = await acceptReturn(stage.deps, anAccept(stage.random, copyId, { openReturns }));
    if (asked.kind !== 'accepted') {
      stage.drive.pull();
      return { kind: asked.kind, steps: 0 };
    }
    stage.drive.setFault(stop ?? {});
    const done = await orCut(destroySlot(stage.deps, { accepted: asked.accepted, intents: records }));
    const steps = stage.drive.steps();
    stage.drive.pull();
    return { kind: done === 'cut' ? 'cut' : done.kind, steps };
  }

  const open = async (medium: MemoryMedium, records: Records): Promise<string | null> =>
    records.receipts.size > 0 && (await readable(medium, copyId)) ? 'a receipt, and still readable' : null;

  it('RET-3: a stop of every kind at every step, and again at every step of the next try: finished at the third, never a receipt for a readable copy', async () => {
    const { steps } = await giveBack(master.copy('clean'), here, memoryRecords(), null);
    const firsts = stopsOf(steps);
    const tried = sample(firsts, 90);
    const torn: {
      readonly first: Stop;
      readonly medium: MemoryMedium;
      readonly records: Records;
      readonly left: string;
    }[] = [];
    for (const first of tried) {
      const medium = master.copy('stick');
      const records = memoryRecords();
      await giveBack(medium, here, records, first);
      expect(await open(medium, records), labelOf(first)).toBeNull();
      const left = await leftBy(medium, records, first.lyingSync !== false);
      if (records.receipts.size === 0) torn.push({ first, medium, records, left });
    }
    tell('return', { steps, cases: mine(tried).length, of: mine(firsts).length });
    expect(torn.length).toBeGreaterThan(30);

    const states = statesOf(torn, ({ left }) => left);
    const seconds = new SecondStops(states);
    const ended = new Set<string>();
    // At the same terminal, which knows of the return, or at another, which does not.
    const visits = (index: number): readonly boolean[] => (ALL ? [true, false] : [index % 2 === 0]);
    for (const [index, state, same] of [...states.entries()].flatMap(([at, one]) =>
      visits(at).map((known) => [at, one, known] as const),
    )) {
      const { first, medium, records } = state.one;
      for (const second of seconds.tried(state, stopsOf(steps), 2, index)) {
        const label = `${labelOf(first)}, again${same ? '' : ' elsewhere'}: ${labelOf(second)}`;
        const now = medium.copy('stick');
        const theirs = memoryRecords();
        if (same) theirs.returnIntents.push(...records.returnIntents);
        await giveBack(now, same ? here : elsewhere, theirs, second, 1);
        expect(await open(now, theirs), label).toBeNull();
        if (theirs.receipts.size > 0) continue;
        const lied = first.lyingSync !== false || second.lyingSync !== false;
        const left = await leftBy(now, memoryRecords(), lied);
        if (ALL && ended.has(left)) continue;
        ended.add(left);
        const last = memoryRecords();
        const finished = await giveBack(now, elsewhere, last, null, 2);
        if (finished.kind === 'destroyed') {
          expect(await open(now, last), label).toBeNull();
          expect(await readable(now, copyId), label).toBe(false);
          continue;
        }
        expect(await readable(now, copyId), label).toBe(false);
        if (lied) continue;
        // Both marks stand already, only the receipt was not signed: the key is gone, and the terminal that began signs.
        const stage = bench(fleet.trust, elsewhere, 'look');
        await stage.drive.insert(now);
        expect(await conditionOn(stage.deps, copyId), `${label}: ${finished.kind}`).toBe('returned');
      }
    }
    tell('return, the next try stopped again', seconds.tally(steps));
  });
});
