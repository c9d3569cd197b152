import { expect, it } from 'vitest';
import { fault, ok, type Result } from '#shared/kernel/result.ts';
import type { DriveFault, MountedMedium } from '#shared/ports/media-drive.ts';
import { value } from '#test/support/media-story.ts';
import { mediumRange } from './medium-range.ts';

/** A medium of one file that notes what is opened and closed; its reads are answered when the test says so. */
function watched() {
  const seen = { opened: 0, closed: 0, refuse: false };
  const waiting: (() => void)[] = [];
  const file = Uint8Array.from({ length: 100 }, (_, at) => at);
  const openLarge = async (): Promise<Result<unknown, DriveFault>> => {
    if (seen.refuse) return fault('medium_io_error', 'not now');
    seen.opened += 1;
    return ok({
      read: async (offset: number, into: Uint8Array) => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        const bytes = file.subarray(offset, offset + into.length);
        into.set(bytes);
        return ok(bytes.length);
      },
      close: async () => {
        expect(waiting).toHaveLength(0);
        seen.closed += 1;
      },
    });
  };
  const answer = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    for (const each of waiting.splice(0)) each();
  };
  return { seen, answer, range: mediumRange({ openLarge } as unknown as MountedMedium, 'KEYTURN/c') };
}

it('MED-1: a file is opened once for many reads and let go when its reader rests, so that the medium can be taken', async () => {
  const { range, seen, answer } = watched();
  const reads = [range.read(0, 10), range.read(95, 10)];
  await answer();
  const [start, end] = await Promise.all(reads);
  expect(value(start ?? fault('none', ''))).toEqual(Buffer.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  expect(value(end ?? fault('none', ''))).toEqual(Buffer.from([95, 96, 97, 98, 99]));
  expect(seen).toMatchObject({ opened: 1, closed: 0 });
  await range.rest();
  await range.rest();
  expect(seen).toMatchObject({ opened: 1, closed: 1 });
  const again = range.read(1, 1);
  await answer();
  expect(value(await again)).toEqual(Buffer.from([1]));
  await range.rest();
  expect(seen).toMatchObject({ opened: 2, closed: 2 });
});

it('MED-1: whoever rests while another still reads takes nothing from it', async () => {
  const { range, seen, answer } = watched();
  const read = range.read(3, 1);
  await range.rest();
  expect(seen.closed).toBe(0);
  await answer();
  expect(value(await read)).toEqual(Buffer.from([3]));
  expect(seen).toMatchObject({ opened: 1, closed: 1 });
});

it('MED-1: a file that could not be opened is asked for again by the next read', async () => {
  const { range, seen, answer } = watched();
  seen.refuse = true;
  expect(await range.read(0, 1)).toMatchObject({ error: { code: 'content_unreadable' } });
  seen.refuse = false;
  const read = range.read(4, 1);
  await answer();
  expect(value(await read)).toEqual(Buffer.from([4]));
});
