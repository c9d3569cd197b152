import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderMedium } from '#firmware-sim/media/medium-backing.ts';
import { freshIdentity } from '#shared/media/container/age-header.ts';
import { mediumIdentitySchema } from '#shared/media/medium-identity.ts';
import { writeCopy } from '#shared/media/write-copy.ts';
import { aDraft, aWrite, bench, memoryRecords } from '#test/support/media-story.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { judgeCopy, openedByTool } from './age-judge.ts';

const FILM = Buffer.alloc(200_000, 'film of player A ');
let folder: string;
let copy: string;
let owner: Awaited<ReturnType<typeof freshIdentity>>;
let stranger: Awaited<ReturnType<typeof freshIdentity>>;
let accessKey: string;

beforeAll(async () => {
  const fleet = await foundFleet();
  const stage = bench(fleet.trust, await enrol(fleet, 'kiosk-one', 'kiosk'), 'bound');
  [owner, stranger] = [await freshIdentity(), await freshIdentity()];
  folder = await mkdtemp(join(tmpdir(), 'keyturn-bound-'));
  await stage.drive.insert(folderMedium('bound', folder));
  const input = aWrite(stage.random, memoryRecords(), FILM, {
    licence: aDraft(stage.random, { binding: 'players' }),
    playerRecipients: [owner.recipient],
  });
  expect((await writeCopy(stage.deps, input)).kind).toBe('written');
  copy = join(folder, 'KEYTURN', 'copies', input.copyId);
  const identity = await readFile(join(folder, 'KEYTURN', 'medium.jws'), 'latin1');
  const payload = Buffer.from(identity.split('.')[1] ?? '', 'base64url').toString('utf8');
  accessKey = mediumIdentitySchema.parse(JSON.parse(payload)).accessKey;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a copy that is bound to one player, before the distribution’s age tool', () => {
  it('PLY-1, SEC-6: opens with that player’s key', async () => {
    expect(await judgeCopy(copy, owner.identity)).toMatchObject({ opens: true, bytes: FILM.length });
  });

  it.each<[string, () => string | null]>([
    ['another player’s key', () => stranger.identity],
    ['the medium’s access key', () => accessKey],
    ['no key', () => null],
  ])('PLY-1, SEC-6: does not open with %s', async (_what, key) => {
    expect(await judgeCopy(copy, key())).toMatchObject({ opens: false, bytes: 0 });
  });

  it('PLY-1, SEC-6: no file of the medium is a key to its content, and the player’s key alone is none either', async () => {
    const content = join(copy, 'content.age');
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((one) =>
      one.isFile(),
    );
    expect(files.length).toBeGreaterThanOrEqual(5);
    for (const { parentPath, name } of files)
      expect((await openedByTool(content, join(parentPath, name))).opens, name).toBe(false);
    const own = join(folder, 'own-key');
    await writeFile(own, `${owner.identity}\n`);
    expect((await openedByTool(content, own)).opens).toBe(false);
    expect((await openedByTool(join(copy, 'slot.age'), own)).opens).toBe(true);
  });
});
