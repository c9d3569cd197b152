import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  folderMedium,
  memoryMedium,
  type SimulatedMedium,
  withChip,
} from '#firmware-sim/media/medium-backing.ts';
import { createSimulatedDrive } from '#firmware-sim/media/simulated-drive.ts';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import { createDirectoryDrive, type DirectoryDrive } from '#shared/edge/drivers/directory-drive.ts';
import { createUsbDrive, readLsblk } from '#shared/edge/drivers/usb-detection.ts';
import { controllerId } from '#shared/media/controller/host.ts';
import { NOON, value } from '#test/support/media-story.ts';
import { chipOf, mediumIdOf } from '#test/support/secure-medium.ts';
import { foundFleet } from '#test/support/test-fleet.ts';
import { mediaDriveContract } from './media-drive-suite.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'keyturn-drive-'));

describe('simulated drive', () => {
  const with_ = (medium: () => SimulatedMedium) => async () => {
    const drive = createSimulatedDrive({
      name: 'simulated',
      clock: simulatedClock(NOON),
      random: seededRandom(1),
    });
    await drive.insert(medium());
    return { drive, pull: async () => drive.pull() };
  };
  describe('medium in memory', () => mediaDriveContract(with_(() => memoryMedium('memory'))));
  describe('medium in a folder', () => mediaDriveContract(with_(() => folderMedium('folder', folder()))));

  describe('secure medium', () => {
    let fleet: FleetAuthority;
    beforeAll(async () => {
      fleet = await foundFleet();
    });
    const secure = async () => {
      const drive = createSimulatedDrive({
        name: 'simulated',
        clock: simulatedClock(NOON),
        random: seededRandom(1),
      });
      await drive.insert(withChip(memoryMedium('secure'), await chipOf(fleet, 5)));
      return { drive, pull: async () => drive.pull() };
    };
    mediaDriveContract(secure);

    it('SEC-5 MS-20: each mounted medium has its own way to the controller; a pulled one answers that it was pulled', async () => {
      const { drive, pull } = await secure();
      const first = drive.current()?.controller;
      if (!first) throw new Error('no controller');
      expect(value(await controllerId(first, fleet.trust))).toBe(mediumIdOf(5));
      const cycled = value(await drive.powerCycle()).medium.controller;
      if (!cycled) throw new Error('no controller');
      expect(await controllerId(cycled, fleet.trust)).toMatchObject({ ok: true });
      // The session of before the power cycle is gone with its power.
      expect(await first.transceive(Uint8Array.of(3, 0))).toMatchObject({ error: { code: 'medium_pulled' } });
      await pull();
      expect(await cycled.transceive(Uint8Array.of(3, 0))).toMatchObject({
        error: { code: 'medium_pulled' },
      });
    });
  });

  it('MED-3: a slow medium takes the clock’s time for its bytes', async () => {
    const clock = simulatedClock(NOON);
    const drive = createSimulatedDrive({ name: 'slow', clock, random: seededRandom(1) });
    await drive.insert(memoryMedium('memory'));
    drive.setFault({ bytesPerSecond: 1000 });
    const medium = drive.current();
    value(
      (await medium?.makeDirectory('KEYTURN')) ?? { ok: false, error: { code: 'none', message: 'none' } },
    );
    const writer = value(
      (await medium?.createLarge('KEYTURN/x', 5000)) ?? {
        ok: false,
        error: { code: 'none', message: 'none' },
      },
    );
    let done = false;
    const writing = writer.write(new Uint8Array(5000)).then(() => {
      done = true;
    });
    await clock.advance(4999);
    expect(done).toBe(false);
    await clock.advance(1);
    await writing;
    expect(done).toBe(true);
  });
});

describe('mounted directory', () => {
  const make = async (): Promise<{ drive: DirectoryDrive; root: string; pull: () => Promise<void> }> => {
    const root = join(folder(), 'stick');
    await mkdir(root);
    const drive = await createDirectoryDrive({
      name: 'directory',
      clock: simulatedClock(NOON),
      where: async () => root,
    });
    const pull = async () => {
      renameSync(root, `${root}-away`);
      await drive.scan();
    };
    return { drive, root, pull };
  };
  mediaDriveContract(make);

  it('MED-4: follows no symbolic link, as file or on the way', async () => {
    const { drive, root } = await make();
    const elsewhere = folder();
    writeFileSync(join(elsewhere, 'secret'), 'mine');
    const medium = drive.current();
    if (medium === null) throw new Error('no medium');
    value(await medium.makeDirectory('KEYTURN'));
    symlinkSync(join(elsewhere, 'secret'), join(root, 'KEYTURN', 'linked'));
    symlinkSync(elsewhere, join(root, 'KEYTURN', 'copies'));
    expect(await medium.readSmall('KEYTURN/linked', 100)).toMatchObject({
      error: { code: 'medium_path_refused' },
    });
    expect(await medium.overwrite('KEYTURN/linked', 0, Buffer.from('gone'))).toMatchObject({ ok: false });
    expect(await medium.readSmall('KEYTURN/copies/secret', 100)).toMatchObject({
      error: { code: 'medium_path_refused' },
    });
    expect(await medium.createLarge('KEYTURN/copies/new', 10)).toMatchObject({
      error: { code: 'medium_path_refused' },
    });
    value(await medium.replaceSmall('KEYTURN/linked', Buffer.from('own')));
    expect(readFileSync(join(elsewhere, 'secret'), 'utf8')).toBe('mine');
    expect(existsSync(join(elsewhere, 'new'))).toBe(false);
  });

  it('MED-4: neither opens nor waits for a named pipe', async () => {
    const { drive, root } = await make();
    const medium = drive.current();
    if (medium === null) throw new Error('no medium');
    value(await medium.makeDirectory('KEYTURN'));
    execFileSync('mkfifo', [join(root, 'KEYTURN', 'journal')]);
    expect(await medium.readSmall('KEYTURN/journal', 100)).toMatchObject({
      error: { code: 'medium_path_refused' },
    });
    expect(await medium.stat('KEYTURN/journal')).toMatchObject({ error: { code: 'medium_path_refused' } });
  });

  it('MED-3: another root at the same path is another medium', async () => {
    const { drive, root, pull } = await make();
    const before = drive.current();
    await pull();
    await mkdir(root);
    await drive.scan();
    expect(drive.current()).not.toBe(null);
    expect(drive.current()).not.toBe(before);
    expect(before?.present()).toBe(false);
  });

  it('MED-3: the watcher hears of insertion and removal as the clock goes on', async () => {
    const root = join(folder(), 'stick');
    const clock = simulatedClock(NOON);
    const drive = await createDirectoryDrive({ name: 'directory', clock, where: async () => root });
    expect(drive.current()).toBe(null);
    const heard: boolean[] = [];
    const inserted = new Promise<void>((resolve) => {
      drive.watch((medium) => {
        heard.push(medium !== null);
        resolve();
      });
    });
    await mkdir(root);
    await clock.advance(1000);
    await inserted;
    expect(heard).toEqual([true]);
    drive.stop();
    expect(clock.waiting()).toBe(0);
  });
});

describe('USB detection', () => {
  const recorded = (mountPoint: string | null) =>
    JSON.stringify({
      blockdevices: [
        {
          path: '/dev/nvme0n1',
          rm: false,
          hotplug: false,
          tran: 'nvme',
          mountpoints: [null],
          fstype: null,
          size: 5e11,
          ro: false,
          uuid: null,
          children: [
            {
              path: '/dev/nvme0n1p2',
              rm: false,
              hotplug: false,
              tran: 'nvme',
              mountpoints: ['/'],
              fstype: 'ext4',
              size: 4e11,
              ro: false,
              uuid: 'a',
            },
          ],
        },
        {
          path: '/dev/sdb',
          rm: true,
          hotplug: true,
          tran: 'usb',
          mountpoints: [null],
          fstype: null,
          size: 31e9,
          ro: false,
          uuid: null,
          children: [
            {
              path: '/dev/sdb1',
              rm: true,
              hotplug: true,
              tran: null,
              mountpoints: [mountPoint],
              fstype: 'exfat',
              size: 30e9,
              ro: false,
              uuid: 'B-1',
            },
          ],
        },
      ],
    });

  it('MED-3: finds mounted removable volumes and nothing of the machine itself', () => {
    expect(value(readLsblk(recorded('/media/stick')))).toEqual([
      {
        device: '/dev/sdb1',
        mountPoint: '/media/stick',
        fileSystem: 'exfat',
        bytes: 30e9,
        readOnly: false,
        uuid: 'B-1',
      },
    ]);
    expect(value(readLsblk(recorded(null)))).toEqual([]);
  });

  it('MED-3: an answer of another shape is a fault, not a crash', () => {
    for (const answer of ['', '{', '[]', '{"blockdevices":3}', '{"blockdevices":[{"path":1}]}'])
      expect(readLsblk(answer)).toMatchObject({ error: { code: 'lsblk_malformed' } });
  });

  it('MED-3: a stick that is mounted becomes the medium, one that is unmounted leaves', async () => {
    const root = folder();
    let answer = recorded(root);
    const drive = await createUsbDrive({
      name: 'usb',
      clock: simulatedClock(NOON),
      lsblk: async () => answer,
      port: '/dev/sd',
    });
    expect(drive.current()).not.toBe(null);
    answer = recorded(null);
    await drive.scan();
    expect(drive.current()).toBe(null);
  });
});
