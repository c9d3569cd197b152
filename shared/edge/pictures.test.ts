import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { fault, ok } from '#shared/kernel/result.ts';
import type { Bundle } from '#shared/protocol/terminal-api.ts';
import { createAssetCache, memoryAssetFiles } from './assets.ts';
import { createPictures } from './pictures.ts';
import { aBundle, aStock } from './testing/a-bundle.ts';

const PICTURES = ['first', 'second', 'third', 'fourth'].map((text) => Buffer.from(text));
const nameOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const withPosters = (version: string, pictures: readonly Uint8Array[]): Bundle =>
  aBundle({
    version,
    titles: pictures.map((bytes, at) => ({ ...aStock(at + 1).title, poster: nameOf(bytes) })),
  });

/** A hub that is away after so many pictures, the disk of a terminal, and its program, which may be started again. */
function aTerminal() {
  const world = { left: 99, bundle: withPosters('1', PICTURES) as Bundle | null, over: false, cut: () => {} };
  const files = memoryAssetFiles();
  const asked: string[] = [];
  const asset = async (sha256: string) => {
    const bytes = PICTURES.find((each) => nameOf(each) === sha256);
    if (world.left === 0) return fault('hub_away', 'played');
    world.left -= 1;
    asked.push(String(bytes));
    world.cut();
    return bytes === undefined ? fault('asset_unknown', 'played') : ok({ bytes, mediaType: 'image/png' });
  };
  const start = () =>
    createPictures({
      assets: createAssetCache({ hub: { asset }, files }),
      files,
      bundle: () => world.bundle,
      over: () => world.over,
    });
  return { world, files, asked, start };
}

it('SCR-1, SYN-1: what a line cut off is gone on with when the hub answers, though its catalogue is the same', async () => {
  const { world, asked, start } = aTerminal();
  const pictures = start();
  world.left = 2;
  await pictures.wake();
  await pictures.wake();
  expect(asked).toEqual(['first', 'second']);
  world.left = 99;
  await Promise.all([pictures.wake(), pictures.wake()]);
  expect(asked).toEqual(['first', 'second', 'third', 'fourth']);
});

it('SCR-1, SYN-1: and so is what the end of the program cut off', async () => {
  const { world, asked, start } = aTerminal();
  world.cut = () => {
    world.over = true;
  };
  await start().wake();
  expect(asked).toEqual(['first']);
  Object.assign(world, { over: false, cut: () => {} });
  await start().wake();
  expect(asked).toEqual(['first', 'second', 'third', 'fourth']);
});

it('SCR-1: a catalogue that changes meanwhile is fetched in place of the former one', async () => {
  const { world, asked, start } = aTerminal();
  world.cut = () => {
    world.cut = () => {};
    world.bundle = withPosters('2', PICTURES.slice(2));
  };
  await start().wake();
  expect(asked).toEqual(['first', 'third', 'fourth']);
});

it('SCR-1: what the hub does not have stops nothing, and nobody is asked again while nothing is new', async () => {
  const { world, asked, start } = aTerminal();
  world.bundle = withPosters('1', [Buffer.from('unknown'), ...PICTURES.slice(0, 2)]);
  const pictures = start();
  await pictures.wake();
  await pictures.wake();
  expect(asked).toEqual(['undefined', 'first', 'second']);
  world.bundle = null;
  await pictures.wake();
  expect(asked).toHaveLength(3);
});

it('SYN-5, SCR-1: once a catalogue is whole, only its pictures and those of the one before are kept', async () => {
  const { world, files, start } = aTerminal();
  const pictures = start();
  const here = async (): Promise<readonly string[]> =>
    (await Promise.all(PICTURES.map((each) => files.read(nameOf(each))))).flatMap((bytes) =>
      bytes === null ? [] : String(bytes),
    );
  await pictures.wake();
  world.bundle = withPosters('2', PICTURES.slice(1, 3));
  await pictures.wake();
  expect(await here()).toEqual(['first', 'second', 'third', 'fourth']);
  world.bundle = withPosters('3', PICTURES.slice(2));
  world.left = 0;
  await files.keepOnly(new Set(PICTURES.slice(0, 3).map(nameOf)));
  await pictures.wake();
  expect(await here()).toEqual(['first', 'second', 'third']);
  world.left = 99;
  await pictures.wake();
  expect(await here()).toEqual(['second', 'third', 'fourth']);
});
