import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { ok } from '#shared/kernel/result.ts';
import { createAssetCache } from './assets.ts';

const picture = new TextEncoder().encode('WEBVTT');
const sha256 = createHash('sha256').update(picture).digest('hex');

/** A disk that takes each picture when it is told to, and a hub that answers when it is told to. */
function aTerminal() {
  const calls = { answer: (): void => {}, taken: (): void => {} };
  const disk: string[] = [];
  const cache = createAssetCache({
    hub: {
      asset: () =>
        new Promise((resolve) => {
          calls.answer = () => resolve(ok({ bytes: picture, mediaType: 'text/vtt' }));
        }),
    },
    files: {
      read: async () => null,
      write: (name) =>
        new Promise((resolve) => {
          calls.taken = () => {
            disk.push(name);
            resolve();
          };
        }),
      keepOnly: async () => {},
    },
  });
  return { cache, calls, disk };
}
const aMoment = () => new Promise((resolve) => setImmediate(resolve));

test('FLT-3: a picture that is being written when its terminal stops is there before the disk may be wiped', async () => {
  const { cache, calls, disk } = aTerminal();
  const asked = cache.get(sha256);
  await aMoment();
  calls.answer();
  await aMoment();
  let stopped = false;
  const stopping = cache.stop().then(() => {
    stopped = true;
  });
  await aMoment();
  expect([stopped, disk]).toEqual([false, []]);
  calls.taken();
  await stopping;
  expect(disk).toEqual([sha256]);
  expect(await asked).toMatchObject({ ok: true });
});

test('FLT-3: a picture that comes after its terminal stopped is answered and not written', async () => {
  const { cache, calls, disk } = aTerminal();
  const asked = cache.get(sha256);
  await aMoment();
  await cache.stop();
  calls.answer();
  expect(await asked).toMatchObject({ ok: true, value: { mediaType: 'text/vtt' } });
  calls.taken();
  expect(disk).toEqual([]);
});
