import { beforeAll, describe, expect, it } from 'vitest';
import { type MemoryMedium, memoryMedium, withChip } from '#firmware-sim/media/medium-backing.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import type { ClearedReturn, WriteIntent } from '#shared/ports/copy-intents.ts';
import type { MountedMedium } from '#shared/ports/media-drive.ts';
import { newId } from '#shared/ports/random.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { anAccept, aWrite, type Bench, bench, memoryRecords, value } from '#test/support/media-story.ts';
import { chipOf } from '#test/support/secure-medium.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { acceptReturn, destroySlot } from './destroy-copy.ts';
import { inspectMedium } from './inspect-medium.ts';
import { contentFile, copyFolder, LIMITS, licenceFile, slotFile, stateFile } from './layout.ts';
import type { WriteCopyInput } from './orders.ts';
import { writeCopy } from './write-copy.ts';

const FILM = Buffer.alloc(2_000, 'film ');
/** Two more than keep their records. */
const RETURNED = LIMITS.spentCopies + 2;

let fleet: FleetAuthority;
let kiosk: Signer;
/** A stick on which so many copies were written and returned, an hour apart. */
let used: MemoryMedium;
const returned: CopyId[] = [];

beforeAll(async () => {
  fleet = await foundFleet();
  kiosk = await enrol(fleet, 'kiosk-one', 'kiosk');
  const stage = bench(fleet.trust, kiosk, 'a used stick');
  used = memoryMedium('used', { capacityBytes: 50_000_000 });
  await stage.drive.insert(used);
  for (let rental = 0; rental < RETURNED; rental += 1) {
    const copyId = await write(stage);
    await giveBack(stage, copyId);
    returned.push(copyId);
  }
});

async function write(stage: Bench, changes: Partial<WriteCopyInput> = {}): Promise<CopyId> {
  const copyId = newId<CopyId>(stage.clock, stage.random);
  const input = aWrite(stage.random, memoryRecords(), FILM, { copyId, ...changes });
  const written = await writeCopy(stage.deps, input);
  if (written.kind !== 'written') throw new Error(written.kind === 'failed' ? written.code : written.kind);
  return input.copyId;
}

async function giveBack(stage: Bench, copyId: CopyId): Promise<void> {
  const accepted = await acceptReturn(stage.deps, anAccept(stage.random, copyId));
  if (accepted.kind !== 'accepted') throw new Error(accepted.kind);
  await destroySlot(stage.deps, { accepted: accepted.accepted, intents: memoryRecords() });
  await stage.clock.advance(3_600_000);
}

/** The used stick as it is, in a drive of its own. */
async function theSame(label: string) {
  const medium = used.copy(label);
  const stage = bench(fleet.trust, kiosk, label);
  await stage.clock.advance(RETURNED * 3_600_000);
  await stage.drive.insert(medium);
  return { medium, stage };
}

const conditions = async ({ deps }: Bench): Promise<ReadonlyMap<CopyId, string>> =>
  new Map(value(await inspectMedium(deps)).copies.map(({ copyId, condition }) => [copyId, condition]));

const standsWhole = ({ files }: MemoryMedium, copyId: CopyId): boolean =>
  [licenceFile, stateFile, slotFile].every((file) => files.has(file(copyId)));

/** The same medium, noting how often each small file is read. */
const counted = (medium: MountedMedium, read: Map<string, number>): MountedMedium =>
  new Proxy(medium, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        const path = given[0];
        if (name === 'readSmall' && typeof path === 'string') read.set(path, (read.get(path) ?? 0) + 1);
        return value.apply(target, given);
      };
    },
  });

describe('copies without a key', () => {
  it('MS-19: the next write clears the earliest returns away; the records of the latest 32 stay', async () => {
    const { medium, stage } = await theSame('one more');
    const before = await conditions(stage);
    const copyId = await write(stage);
    const after = await conditions(stage);
    // While it was used, 33 stood there at most: each write cleared what the one before had made too many.
    expect(before.size).toBe(LIMITS.spentCopies + 1);
    expect([...after.keys()].sort()).toEqual([...returned.slice(2), copyId].sort());
    for (const copy of returned.slice(2)) expect(after.get(copy)).toBe('returned');
    const [first, second] = returned as [CopyId, CopyId];
    expect([...medium.files.keys()].filter((path) => path.includes(first) || path.includes(second))).toEqual(
      [],
    );
  });

  it('MS-19: the latest by when their end was signed, not by when they were rented: whoever brings one back late has it proven', async () => {
    const { stage } = await theSame('kept long');
    const late = await write(stage);
    for (let more = 0; more < LIMITS.spentCopies; more += 1) await giveBack(stage, await write(stage));
    await giveBack(stage, late);
    await write(stage);
    expect((await conditions(stage)).get(late)).toBe('returned');
  });

  it('MS-19, RET-3: a medium pulled at any step of it shows nothing that would be returned or finished once more', async () => {
    const spent = returned[1] as CopyId;
    const { stage: whole } = await theSame('whole');
    whole.drive.setFault({});
    await write(whole);
    const last = whole.drive.steps();
    const pulledAt = async (step: number) => {
      const { medium, stage } = await theSame(`pulled ${step}`);
      stage.drive.setFault({ at: { step, effect: 'pull-after' } });
      await writeCopy(stage.deps, aWrite(stage.random, memoryRecords(), FILM));
      return { medium, stage };
    };
    // Most steps only look: where clearing away begins is found by halves.
    let [before, first] = [0, last];
    while (first - before > 1) {
      const middle = (before + first) >> 1;
      if (standsWhole((await pulledAt(middle)).medium, spent)) before = middle;
      else first = middle;
    }
    const seen = new Set<string>();
    for (let step = first; step <= last && !seen.has('gone'); step += 1) {
      const { medium, stage } = await pulledAt(step);
      stage.drive.setFault({});
      await stage.drive.insert(medium);
      const found = (await conditions(stage)).get(spent) ?? 'gone';
      seen.add(found);
      expect(['returned', 'unfinished', 'gone'], `step ${step}`).toContain(found);
      await write(stage);
      expect((await conditions(stage)).has(spent), `step ${step}`).toBe(false);
    }
    expect([...seen].sort()).toEqual(['gone', 'returned', 'unfinished']);
  });

  it('MS-19: a write reads what a spent copy says of itself once, and once more only where it clears it away', async () => {
    const { medium, stage } = await theSame('counted');
    const read = new Map<string, number>();
    await stage.drive.insert({ ...medium, open: async () => counted(await medium.open(), read) });
    await write(stage);
    const [first, second] = returned as [CopyId, CopyId];
    const stays = returned.slice(2);
    expect(stays.map((copyId) => read.get(stateFile(copyId)))).toEqual(
      stays.map((copyId) => (copyId === returned.at(-1) ? 2 : 1)),
    );
    expect([read.get(stateFile(first)), read.get(stateFile(second))]).toEqual([undefined, 2]);
  });

  it('MS-19, RET-2: which returns go is said before anything of them does; where it cannot be kept, all stay', async () => {
    const [gone, stays] = [returned[1] as CopyId, returned[2] as CopyId];
    const { medium, stage } = await theSame('told');
    const said: ClearedReturn[] = [];
    const records = memoryRecords();
    const recordIntent = async (_: WriteIntent, clears: readonly ClearedReturn[]): Promise<void> => {
      said.push(...clears);
      expect(standsWhole(medium, gone)).toBe(true);
      if (said.length === 1) throw new Error('the disk of the kiosk is full');
    };
    const write = () => writeCopy(stage.deps, aWrite(stage.random, { ...records, recordIntent }, FILM));
    await expect(write()).rejects.toThrow('is full');
    expect(standsWhole(medium, gone)).toBe(true);
    expect((await write()).kind).toBe('written');
    expect(said.map(({ copyId }) => copyId)).toEqual([gone, gone]);
    expect([standsWhole(medium, gone), standsWhole(medium, stays)]).toEqual([false, true]);
  });

  it('MS-19, MS-14: a copy whose key is there after all when its turn comes is left as it is', async () => {
    const { medium, stage } = await theSame('changed');
    const back = await write(stage);
    const image = medium.copy('before its return');
    await giveBack(stage, back);
    const records = memoryRecords();
    const input = aWrite(stage.random, { ...records, recordIntent }, FILM);
    async function recordIntent(intent: WriteIntent, clears: readonly ClearedReturn[]): Promise<void> {
      await records.recordIntent(intent, clears);
      medium.putBack(image, copyFolder(back));
    }
    expect((await writeCopy(stage.deps, input)).kind).toBe('written');
    expect((await conditions(stage)).get(back)).toBe('active');
    expect(medium.files.has(contentFile(back))).toBe(true);
  });

  it('MED-3: a medium on which as many copies as fit were begun or spent takes another one all the same', async () => {
    const { stage } = await theSame('crowded');
    for (let more = LIMITS.spentCopies + 1; more < LIMITS.copies; more += 1)
      await stage.drive.current()?.makeDirectory(copyFolder(newId(stage.clock, stage.random)));
    expect((await conditions(stage)).size).toBe(LIMITS.copies);
    await write(stage);
    expect((await conditions(stage)).size).toBe(LIMITS.spentCopies + 1);
  });

  it('MS-19, SEC-5: so it is on a secure medium, whose controller uses the places of the earliest again', async () => {
    const files = memoryMedium('secure', { capacityBytes: 50_000_000 });
    const stage = bench(fleet.trust, kiosk, 'secure');
    await stage.drive.insert(withChip(files, await chipOf(fleet, 9)));
    const spent: CopyId[] = [];
    for (let rental = 0; rental < RETURNED; rental += 1) {
      const copyId = await write(stage, { mediumClass: 'secure' });
      await giveBack(stage, copyId);
      spent.push(copyId);
    }
    expect([...(await conditions(stage))]).toEqual(spent.slice(1).map((copyId) => [copyId, 'returned']));
    // Power went in the middle of it: of a copy whose place is used again, and of one whose pattern the controller still has.
    for (const copyId of [spent[1], spent[RETURNED - 1]] as [CopyId, CopyId])
      for (const [file, left] of [
        [licenceFile, 'returned'],
        [stateFile, 'unfinished'],
      ] as const) {
        files.files.delete(file(copyId));
        expect((await conditions(stage)).get(copyId)).toBe(left);
      }
  });
});
