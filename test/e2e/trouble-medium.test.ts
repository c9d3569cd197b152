import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { limitedMedium, type MediumLimits } from '#firmware-sim/demo/limited-medium.ts';
import { folderMedium } from '#firmware-sim/media/medium-backing.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import { type LiveFleet, startLiveFleet, watchedMedium } from '#test/support/live-fleet.ts';
import { type Onlookers, onlookers } from './onlookers.ts';

let fleet: LiveFleet;
let eyes: Onlookers;
let title: TitleId;
let second: TitleId;
beforeAll(async () => {
  fleet = await startLiveFleet({ uis: ['kiosk', 'return-terminal'] });
  eyes = await onlookers(fleet);
  title = await fleet.title('Lighthouse', { bytes: 400_000 });
  second = await fleet.title('Night ferry');
});
afterEach(() => fleet.tidy());
afterAll(async () => {
  await eyes?.stop();
  await fleet?.stop();
});

const folderOf = async (name: string): Promise<string> => {
  const folder = fleet.own.mediumFolder(name);
  await mkdir(folder, { recursive: true });
  return folder;
};

/** A medium with something wrong about it, by the name of a folder. */
const limited = async (name: string, limits: MediumLimits) =>
  limitedMedium(folderMedium(name, await folderOf(name)), limits);

async function toInsert(): Promise<void> {
  await fleet.kiosk.send({ type: 'touch' });
  await fleet.kiosk.send({ type: 'add_to_cart', titleId: title });
  await fleet.kiosk.send({ type: 'checkout' });
  await fleet.sees('insert');
}

const mediumTrouble = () =>
  fleet.kiosk.until('what is wrong with the medium', 20, ({ medium }) => medium.trouble);

async function nothingHappened(): Promise<void> {
  await fleet.settled();
  expect(await fleet.balanced()).toBe(true);
}

describe('a medium that cannot be used', () => {
  it('MED-3: without a medium the kiosk asks for one, and a return terminal waits', async () => {
    await toInsert();
    expect((await fleet.kiosk.snapshot()).medium.state).toBe('absent');
    await fleet.kiosk.send({ type: 'confirm' });
    expect((await fleet.kiosk.snapshot()).view.screen).toBe('insert');
    await fleet.terminal.send({ type: 'read_again' });
    expect((await fleet.terminal.snapshot()).view.screen).toBe('welcome');
    await nothingHappened();
  });

  it('MED-3: pulled before confirming, the kiosk asks for it again and forgets nobody’s cart', async () => {
    const member = await fleet.member(1000);
    const stick = fleet.stick();
    await fleet.toConfirm(stick, member, [title]);
    fleet.own.pull('kiosk');
    await fleet.sees('insert');
    const { trouble, cartCount } = await fleet.kiosk.snapshot();
    expect(trouble?.code).toBe('medium_missing');
    await eyes.kiosk('medium_missing');
    expect(cartCount).toBe(1);
    expect(await fleet.rentals(member)).toEqual([]);
  });

  it('MED-3, RNT-1: a medium of another fleet is refused at both terminals, and not a byte of it is changed', async () => {
    const other = await folderOf('other-fleet');
    await cp(join(import.meta.dirname, '../golden/media-v1/KEYTURN'), join(other, 'KEYTURN'), {
      recursive: true,
    });
    const before = await digest(other);
    await toInsert();
    await fleet.insert('other-fleet', 'kiosk');
    expect((await mediumTrouble())?.code).toBe('medium_foreign');
    await eyes.kiosk('medium_foreign');
    fleet.own.pull('kiosk');
    const seen = await fleet.handIn('other-fleet');
    expect(seen).toMatchObject({ screen: 'nothing', trouble: { code: 'medium_foreign' } });
    await eyes.terminal('medium_foreign');
    expect(await digest(other)).toBe(before);
    await nothingHappened();
  });

  it.each([
    ['read-only', { readOnly: true }, 'medium_read_only'],
    ['copying on write', { fileSystem: 'btrfs', copiesOnWrite: true }, 'medium_copies_on_write'],
  ] as const)('MED-3: a medium that is %s is named before anybody signs in', async (_what, limits, code) => {
    await toInsert();
    await fleet.insert(await limited(fleet.stick(), limits), 'kiosk');
    expect((await mediumTrouble())?.code).toBe(code);
    await eyes.kiosk(code);
    await nothingHappened();
  });

  it.each([
    ['full', { freeBytes: 100_000 }, 'medium_full'],
    [
      'FAT32 with too large a film',
      { fileSystem: 'vfat', largestFileBytes: 100_000 },
      'medium_file_too_large',
    ],
  ] as const)('MED-3: a medium that is %s is named before anybody signs in', async (_what, limits, code) => {
    const stick = fleet.stick();
    await toInsert();
    await fleet.insert(await limited(stick, limits), 'kiosk');
    await fleet.kiosk.until('what is wrong with the medium', 20, ({ view }) =>
      view.screen === 'insert' && view.obstacle?.code === code ? true : null,
    );
    await eyes.kiosk(code);
    await fleet.kiosk.send({ type: 'confirm' });
    expect((await fleet.kiosk.snapshot()).view.screen).toBe('insert');
    expect(await fleet.opens(stick)).toEqual([]);
    await nothingHappened();
  });

  it.each([
    ['full', { full: true }, 'medium_full'],
    ['read-only', { readOnly: true }, 'medium_read_only'],
  ] as const)(
    'RNT-1: a medium that turns %s while writing costs nothing and keeps no readable copy',
    async (_what, faults, code) => {
      const member = await fleet.member(1000);
      const stick = fleet.stick();
      const folder = await folderOf(stick);
      const { drive } = fleet.own.stations.kiosk;
      const medium = watchedMedium(stick, folder, (path, moment) => {
        if (path.endsWith('content.age') && moment === 'after') drive.setFault(faults);
      });
      await fleet.toConfirm(medium, member, [title]);
      const done = await fleet.write();
      expect(done.lines[0]).toMatchObject({ state: 'failed', trouble: { code } });
      await eyes.kiosk(code);
      expect(await fleet.opens(stick)).not.toContain(true);
      const rental = await fleet.onlyRental(member);
      expect(rental).toMatchObject({ status: 'void', charge: { minor: 0 } });
      expect((await fleet.about(member)).prepaid.minor).toBe(1000);
      expect(await fleet.balanced()).toBe(true);
    },
  );
});

describe('a medium pulled while it is written', () => {
  it('RNT-1, MED-3: before the key: nothing charged, nothing readable, the next try succeeds', async () => {
    const member = await fleet.member(1000);
    const stick = fleet.stick();
    const folder = await folderOf(stick);
    const medium = watchedMedium(stick, folder, (path, moment) => {
      if (path.endsWith('content.age') && moment === 'after') fleet.own.pull('kiosk');
    });
    await fleet.toConfirm(medium, member, [title]);
    const done = await fleet.write();
    expect(done.lines[0]).toMatchObject({ state: 'failed', trouble: { code: 'medium_pulled' } });
    await eyes.kiosk('medium_pulled');
    await fleet.leave();
    expect(await fleet.opens(stick)).not.toContain(true);
    expect(await fleet.onlyRental(member)).toMatchObject({ status: 'void', charge: { minor: 0 } });
    const again = await fleet.rent(stick, member, [title]);
    expect(again.lines[0]?.state).toBe('written');
    const all = await fleet.rentals(member);
    expect(all.map((rental) => rental.status).sort()).toEqual(['active', 'void']);
    expect(await fleet.balanced()).toBe(true);
  });

  it('RNT-2: of two titles the first stays rented when the medium goes during the second', async () => {
    const member = await fleet.member(2000);
    const stick = fleet.stick();
    const folder = await folderOf(stick);
    let contents = 0;
    const medium = watchedMedium(stick, folder, (path, moment) => {
      if (path.endsWith('content.age') && moment === 'after') {
        contents += 1;
        if (contents === 2) fleet.own.pull('kiosk');
      }
    });
    await fleet.toConfirm(medium, member, [title, second]);
    const done = await fleet.write();
    expect(done.lines.map((line) => line.state)).toEqual(['written', 'failed']);
    await fleet.leave();
    expect((await fleet.opens(stick)).filter(Boolean)).toHaveLength(1);
    const all = await fleet.rentals(member);
    expect(all.map((rental) => rental.status).sort()).toEqual(['active', 'void']);
  });

  /** Pulled right after the key's first byte went onto the medium. */
  async function heldCopy(): Promise<{ member: Awaited<ReturnType<LiveFleet['member']>>; stick: string }> {
    const member = await fleet.member(1000);
    const stick = fleet.stick();
    const medium = watchedMedium(stick, await folderOf(stick), (path, moment) => {
      if (path.endsWith('slot.age') && moment === 'after') keyWritten += 1;
      if (keyWritten === 2) {
        keyWritten += 1;
        fleet.own.pull('kiosk');
      }
    });
    let keyWritten = 0;
    await fleet.toConfirm(medium, member, [title]);
    const done = await fleet.write();
    expect(done.lines[0]).toMatchObject({ state: 'held', trouble: { code: 'copy_held' } });
    await eyes.kiosk('copy_held');
    await fleet.leave();
    expect(await fleet.onlyRental(member)).toMatchObject({ status: 'held', charge: { minor: 0 } });
    return { member, stick };
  }

  it('RNT-6: after the key: held, no charge, no new rental; seen again complete it is active from then on', async () => {
    const { member, stick } = await heldCopy();
    const confirm = await fleet.toConfirm(fleet.stick(), member, [second]);
    expect(confirm).toMatchObject({ screen: 'confirm', obstacle: { code: 'held_rental_open' } });
    await eyes.kiosk('held_rental_open');
    await fleet.leave();
    await fleet.pass(3_600_000);
    const seenAgain = fleet.own.clock.now();
    await fleet.insert(stick, 'kiosk');
    await fleet.kiosk.until('the held copy to be settled', 20, ({ notice }) =>
      notice?.code === 'held_settled' ? true : null,
    );
    await fleet.leave();
    const rental = await fleet.onlyRental(member);
    expect(rental.status).toBe('active');
    expect(rental.startedAt).toBeGreaterThanOrEqual(seenAgain - 5_000);
    expect(await fleet.opens(stick)).toEqual([true]);
    const [line] = await fleet.returnAll(stick);
    expect(line).toMatchObject({ work: 'destroyed', total: { minor: 400 } });
  });

  it('RNT-6: seen again incomplete it is wiped: void, uncharged, nothing readable', async () => {
    const { member, stick } = await heldCopy();
    const copies = join(fleet.own.mediumFolder(stick), 'KEYTURN', 'copies');
    const [copy = ''] = await readdir(copies);
    const content = join(copies, copy, 'content.age');
    const bytes = await readFile(content);
    bytes.fill(0, bytes.length - 200_000);
    await writeFile(content, bytes);
    await fleet.insert(stick, 'kiosk');
    await fleet.kiosk.until('the torn copy to be wiped', 20, ({ notice }) =>
      notice?.code === 'held_wiped' ? true : null,
    );
    await fleet.leave();
    expect(await fleet.opens(stick)).not.toContain(true);
    expect(await fleet.onlyRental(member)).toMatchObject({ status: 'void', charge: { minor: 0 } });
    expect((await fleet.about(member)).prepaid.minor).toBe(1000);
    const again = await fleet.rent(stick, member, [second]);
    expect(again.lines[0]?.state).toBe('written');
  });

  it('MED-3: a second medium swapped in at the read-back is noticed: held, and nothing of the other is touched', async () => {
    const member = await fleet.member(1000);
    const stick = fleet.stick();
    const other = fleet.stick();
    const otherFolder = await folderOf(other);
    await writeFile(join(otherFolder, 'holiday.txt'), 'my own file');
    const { drive } = fleet.own.stations.kiosk;
    drive.setFault({ swapAtPowerCycle: folderMedium(other, otherFolder) });
    await fleet.toConfirm(stick, member, [title]);
    const done = await fleet.write();
    expect(done.lines[0]).toMatchObject({
      state: 'held',
      trouble: { code: 'copy_held', detail: 'medium_swapped' },
    });
    await eyes.kiosk('copy_held');
    drive.setFault({});
    await fleet.leave();
    expect(await readdir(otherFolder)).toEqual(['holiday.txt']);
    expect(await fleet.onlyRental(member)).toMatchObject({ status: 'held', charge: { minor: 0 } });
    await fleet.insert(stick, 'kiosk');
    await fleet.kiosk.until('the held copy to be settled', 20, ({ notice }) =>
      notice?.code === 'held_settled' ? true : null,
    );
    await fleet.leave();
    expect(await fleet.onlyRental(member)).toMatchObject({ status: 'active' });
  });
});

async function digest(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name))
    .sort();
  for (const name of names) hash.update(name).update(await readFile(name));
  return hash.digest('hex');
}
