import { expect, it } from 'vitest';
import type { MediaDrive, MountedMedium } from '#shared/ports/media-drive.ts';
import { value } from '#test/support/media-story.ts';

export interface DriveUnderTest {
  readonly drive: MediaDrive;
  /** Takes the medium out, or makes its root another one, and lets the drive notice. */
  pull(): Promise<void>;
}

const bytes = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 17 + (index >> 8)) & 0xff);

/** What every `MediaDrive` promises, whatever it is made of. `make` answers a drive with a blank medium in it. */
export function mediaDriveContract(make: () => Promise<DriveUnderTest>): void {
  const fresh = async (): Promise<DriveUnderTest & { medium: MountedMedium }> => {
    const made = await make();
    const medium = made.drive.current();
    if (medium === null) throw new Error('the drive under test has a medium');
    value(await medium.makeDirectory('KEYTURN'));
    value(await medium.replaceSmall('KEYTURN/medium.jws', bytes(5000)));
    return { ...made, medium };
  };

  it('MED-4: refuses every path outside KEYTURN', async () => {
    const { medium } = await fresh();
    const hostile = [
      'holiday.jpg',
      '../x',
      'KEYTURN/../x',
      '/etc/passwd',
      'KEYTURN/a/../../x',
      'KEYTURN//x',
      'KEYTURN/.x',
      '',
      'keyturn/x',
      'KEYTURN/x\0y',
    ];
    for (const path of hostile) {
      expect(await medium.replaceSmall(path, bytes(1)), path).toMatchObject({
        error: { code: 'medium_path_refused' },
      });
      expect(await medium.readSmall(path, 10), path).toMatchObject({
        error: { code: 'medium_path_refused' },
      });
      expect(await medium.remove(path), path).toMatchObject({ error: { code: 'medium_path_refused' } });
    }
  });

  it('MS-2: replaces small files whole, reads them within their limit, knows what is absent', async () => {
    const { medium } = await fresh();
    expect(value(await medium.readSmall('KEYTURN/absent', 10))).toBe(null);
    expect(value(await medium.stat('KEYTURN/absent'))).toBe(null);
    value(await medium.replaceSmall('KEYTURN/small', bytes(9000, 2)));
    value(await medium.replaceSmall('KEYTURN/small', bytes(77, 3)));
    expect(
      Buffer.from(value(await medium.readSmall('KEYTURN/small', 77)) ?? []).equals(Buffer.from(bytes(77, 3))),
    ).toBe(true);
    expect(await medium.readSmall('KEYTURN/small', 76)).toMatchObject({ error: { code: 'medium_io_error' } });
    expect(value(await medium.stat('KEYTURN/small'))).toEqual({ bytes: 77 });
    expect([...value(await medium.list('KEYTURN'))].sort()).toEqual(['medium.jws', 'small']);
    value(await medium.remove('KEYTURN/small'));
    value(await medium.remove('KEYTURN/small'));
    expect(value(await medium.stat('KEYTURN/small'))).toBe(null);
    expect(await medium.list('KEYTURN/nowhere')).toMatchObject({ error: { code: 'medium_file_missing' } });
  });

  it('RET-3: overwrites in place, keeps length and neighbours, and reads it back after a power cycle', async () => {
    const { drive, medium } = await fresh();
    value(await medium.replaceSmall('KEYTURN/state', bytes(8192)));
    value(await medium.overwrite('KEYTURN/state', 4096, bytes(4096, 9)));
    expect(await medium.overwrite('KEYTURN/state', 4097, bytes(4096))).toMatchObject({ ok: false });
    expect(await medium.overwrite('KEYTURN/absent', 0, bytes(1))).toMatchObject({
      error: { code: 'medium_file_missing' },
    });
    const cycled = value(await drive.powerCycle());
    expect(['power-cycle', 'remount', 'direct-io', 'cache-dropped']).toContain(cycled.readBack);
    const read = Buffer.from(value(await cycled.medium.readSmall('KEYTURN/state', 8192)) ?? []);
    expect(read.equals(Buffer.concat([bytes(8192).subarray(0, 4096), bytes(4096, 9)]))).toBe(true);
    expect(medium.present()).toBe(false);
    expect(await medium.readSmall('KEYTURN/state', 8192)).toMatchObject({ error: { code: 'medium_pulled' } });
    expect(drive.current()).toBe(cycled.medium);
  });

  it.each([0, 1, 4096, 65_552, 1_048_576, 5_000_001])(
    'MED-1: writes a large file of %i bytes and reads any range of it',
    async (length) => {
      const { drive, medium } = await fresh();
      const content = bytes(length, 5);
      const writer = value(await medium.createLarge('KEYTURN/large', length));
      for (let at = 0; at < length; at += 65_552)
        value(await writer.write(content.subarray(at, at + 65_552)));
      expect(value(await medium.stat('KEYTURN/large'))).toBe(null);
      value(await writer.finish());
      expect(value(await medium.stat('KEYTURN/large'))).toEqual({ bytes: length });
      const again = value(await drive.powerCycle()).medium;
      const wanted: (readonly [number, number])[] = [];
      for (const [offset, size] of [
        [0, length],
        [1, 10],
        [4095, 4098],
        [length - 3, 100],
        [length + 5, 5],
      ] as const) {
        if (offset < 0) continue;
        wanted.push([offset, size]);
      }
      const reader = value(await again.openLarge('KEYTURN/large'));
      const read = async ([offset, size]: readonly [number, number]): Promise<void> => {
        const into = new Uint8Array(size);
        const count = value(await reader.read(offset, into));
        const whole = Buffer.from(content.subarray(offset, offset + size));
        expect(Buffer.from(into.subarray(0, count)).equals(whole), `${offset}+${size}`).toBe(true);
      };
      for (const each of wanted) await read(each);
      // Reads at the same time do not disturb each other.
      await Promise.all([...wanted, ...wanted].map(read));
      await reader.close();
    },
  );

  it('RNT-1: a large file given up leaves no name', async () => {
    const { medium } = await fresh();
    const writer = value(await medium.createLarge('KEYTURN/large', 3_000_000));
    value(await writer.write(bytes(2_000_000)));
    await writer.abort();
    await writer.abort();
    expect(value(await medium.list('KEYTURN'))).toEqual(['medium.jws']);
  });

  it('MED-3: a pulled medium answers medium_pulled to everything, and the watcher hears of it', async () => {
    const { drive, medium, pull } = await fresh();
    const heard: (MountedMedium | null)[] = [];
    const stop = drive.watch((now) => heard.push(now));
    const writer = value(await medium.createLarge('KEYTURN/large', 10));
    await pull();
    expect(heard.at(-1)).toBe(null);
    expect(drive.current()).toBe(null);
    expect(medium.present()).toBe(false);
    expect(await medium.replaceSmall('KEYTURN/x', bytes(1))).toMatchObject({
      error: { code: 'medium_pulled' },
    });
    expect(await medium.list('KEYTURN')).toMatchObject({ error: { code: 'medium_pulled' } });
    expect(await medium.space()).toMatchObject({ error: { code: 'medium_pulled' } });
    expect((await drive.powerCycle()).ok).toBe(false);
    await writer.abort();
    stop();
  });

  it('MED-3: tells room, the largest file, and whether it may be overwritten in place', async () => {
    const { medium } = await fresh();
    const space = value(await medium.space());
    expect(space.totalBytes).toBeGreaterThanOrEqual(space.freeBytes);
    expect(space.largestFileBytes).toBeGreaterThan(2 ** 32 - 2);
    expect(medium.readOnly).toBe(false);
    expect(medium.copiesOnWrite).toBe(false);
  });
}
