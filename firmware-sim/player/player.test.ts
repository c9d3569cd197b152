import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MemoryMedium, memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { contentFile, licenceFile, slotFile, stateFile } from '#shared/media/layout.ts';
import { writeCopy } from '#shared/media/write-copy.ts';
import { aDraft, aWrite, bench, memoryRecords } from '#test/support/media-story.ts';
import { HOUR, type Home, PLAINTEXT, PlayerStory } from '#test/support/player-home.ts';

let story: PlayerStory;
let home: Home;
let medium: MemoryMedium;
beforeAll(async () => {
  story = await PlayerStory.open();
});
afterAll(() => story.close());
beforeEach(async () => {
  home = await story.aHome();
  medium = memoryMedium('stick');
});

describe('what the player opens and refuses', () => {
  it('PLY-1: an active copy opens and is served as it was', async () => {
    const copyId = await story.rented(medium);
    await home.at.drive.insert(medium);
    expect((await home.shelf()).copies).toMatchObject([{ copyId, refusal: null, title: 'The Night Train' }]);
    const opened = await home.open(copyId);
    expect(opened.status).toBe(200);
    const answer = await home.app.request(opened.address);
    expect(answer.headers.get('content-type')).toBe('video/webm');
    expect(Buffer.from(await answer.arrayBuffer()).equals(PLAINTEXT)).toBe(true);
  });

  it('PLY-1: a copy bound to this player opens here, and on another player it does not', async () => {
    const one = await story.aHome('bound-one');
    const copies = await story.rented(medium);
    await one.at.drive.insert(medium);
    await one.player.start();
    await one.player.stop();
    const document = [...medium.files.keys()].find((path) => path.startsWith('KEYTURN/players/'));
    expect(document).toBeDefined();
    const recipient = playerRecipient(medium, document ?? '');
    const at = bench(story.fleet.trust, story.kiosk, 'binding kiosk');
    await at.drive.insert(medium);
    const written = await writeCopy(
      at.deps,
      aWrite(at.random, memoryRecords(), PLAINTEXT, {
        licence: aDraft(at.random, { binding: 'players' }),
        playerRecipients: [recipient],
      }),
    );
    if (written.kind !== 'written') throw new Error(written.kind);
    await one.at.drive.insert(medium);
    await home.at.drive.insert(medium);
    expect((await one.open(written.commit.copyId)).status).toBe(200);
    expect(await home.open(written.commit.copyId)).toMatchObject({
      status: 409,
      code: 'copy_not_for_this_player',
    });
    expect(await home.open(copies)).toMatchObject({ status: 200 });
  });

  it('PLY-1: a returned copy is refused', async () => {
    const copyId = await story.rented(medium);
    await story.returned(medium, copyId);
    await home.at.drive.insert(medium);
    expect(await home.open(copyId)).toMatchObject({ status: 409, code: 'copy_returned' });
    expect((await home.shelf()).copies).toMatchObject([{ refusal: 'copy_returned' }]);
  });

  it('PLY-1: a torn return is a return: half a slot opens nothing', async () => {
    const copyId = await story.rented(medium);
    const before = medium.copy('before');
    await story.returned(medium, copyId);
    const half = Buffer.from(before.files.get(slotFile(copyId)) ?? []);
    half.fill(7, 0, 2048);
    medium.files.set(slotFile(copyId), half);
    await home.at.drive.insert(medium);
    expect(await home.open(copyId)).toMatchObject({ code: 'copy_returned' });
  });

  it('LIC-1: an expired licence is refused, by the clock, without anybody having changed the medium', async () => {
    const copyId = await story.rented(medium);
    await home.at.drive.insert(medium);
    expect((await home.open(copyId)).status).toBe(200);
    await home.at.clock.advance(49 * HOUR);
    expect(await home.open(copyId)).toMatchObject({ code: 'copy_expired' });
  });

  it('LIC-1: what plays when the licence ends stops there', async () => {
    const copyId = await story.rented(medium);
    await home.at.drive.insert(medium);
    const { address } = await home.open(copyId);
    expect((await home.app.request(address)).status).toBe(200);
    await home.at.clock.advance(49 * HOUR);
    expect((await home.app.request(address)).status).toBe(410);
  });

  it('LIC-1: a revoked licence is refused', async () => {
    const copyId = await story.rented(medium);
    await story.changeLicence(medium, copyId, { status: 'revoked' });
    await home.at.drive.insert(medium);
    expect(await home.open(copyId)).toMatchObject({ code: 'copy_revoked' });
  });

  it('RNT-7: a copy that was kept opens after the end of its licence', async () => {
    const copyId = await story.rented(medium, {
      licence: aDraft(home.at.random, { keep: { at: epochMs(home.at.clock.now() + 100 * HOUR) } }),
    });
    await home.at.drive.insert(medium);
    await home.at.clock.advance(60 * HOUR);
    expect(await home.open(copyId)).toMatchObject({ code: 'copy_expired' });
    await home.at.clock.advance(41 * HOUR);
    expect((await home.open(copyId)).status).toBe(200);
  });

  it('PLY-1: a medium of another fleet is refused whole', async () => {
    const copyId = await story.rented(medium, {}, story.foreign, story.other);
    await home.at.drive.insert(medium);
    expect(await home.shelf()).toMatchObject({ medium: 'foreign', copies: [] });
    expect(await home.open(copyId)).toMatchObject({ code: 'medium_foreign' });
  });

  it('PLY-1: a copy of another fleet on a medium of ours is refused', async () => {
    await story.rented(medium);
    const theirs = memoryMedium('theirs');
    const copyId = await story.rented(theirs, {}, story.foreign, story.other);
    for (const path of [contentFile(copyId), slotFile(copyId), licenceFile(copyId), stateFile(copyId)])
      medium.files.set(path, theirs.files.get(path) ?? new Uint8Array());
    await home.at.drive.insert(medium);
    expect(await home.open(copyId)).toMatchObject({ code: 'copy_foreign' });
  });

  it('RNT-6: a held copy is refused, and says that the kiosk has to confirm it', async () => {
    const at = bench(story.fleet.trust, story.kiosk, 'held');
    await at.drive.insert(medium);
    const steps = await story.stepsOfAWrite();
    at.drive.setFault({ at: { step: steps.slotWritten, effect: 'pull-after' } });
    const outcome = await writeCopy(at.deps, aWrite(at.random, memoryRecords(), PLAINTEXT));
    expect(outcome.kind).toBe('held');
    await home.at.drive.insert(medium);
    const [copy] = (await home.shelf()).copies;
    expect(copy?.refusal).toBe('copy_not_confirmed');
    if (copy !== undefined)
      expect(await home.open(copy.copyId)).toMatchObject({ code: 'copy_not_confirmed' });
  });

  it('PLY-1: a clock set back is refused, whether the player or the licence notices', async () => {
    const copyId = await story.rented(medium);
    await home.at.drive.insert(medium);
    expect((await home.open(copyId)).status).toBe(200);
    const now = home.at.clock.now();
    await home.at.clock.advance(40 * HOUR);
    expect((await home.open(copyId)).status).toBe(200);
    home.at.clock.jump(now);
    expect(await home.open(copyId)).toMatchObject({ code: 'clock_set_back' });
    const fresh = await story.aHome();
    fresh.at.clock.jump(epochMs(now - 200 * HOUR));
    await fresh.at.drive.insert(medium);
    expect(await fresh.open(copyId)).toMatchObject({ code: 'clock_set_back' });
  });

  it('PLY-1, SYN-4: a player whose clock is right opens what a kiosk wrote whose clock is ahead by as much as it may be', async () => {
    const copyId = await story.rented(medium);
    for (const [ahead, told] of [
      [60, { status: 200 }],
      [80, { code: 'clock_set_back' }],
    ] as const) {
      const fresh = await story.aHome(`behind by ${ahead}`, ahead * 60_000);
      await fresh.at.drive.insert(medium);
      expect(await fresh.open(copyId), `${ahead} minutes`).toMatchObject(told);
    }
  });

  it('MED-2: a copy with a damaged licence is refused as damaged', async () => {
    const copyId = await story.rented(medium);
    const jws = Buffer.from(medium.files.get(licenceFile(copyId)) ?? []);
    jws[jws.length - 20] = (jws[jws.length - 20] ?? 0) ^ 1;
    medium.files.set(licenceFile(copyId), jws);
    await home.at.drive.insert(medium);
    expect(await home.open(copyId)).toMatchObject({ code: 'copy_damaged' });
  });
});

describe('time that a player cannot be talked out of', () => {
  it('PLY-1: a clock turned back a little again and again does not stop the licence from ending', async () => {
    const copyId = await story.rented(medium);
    await home.at.drive.insert(medium);
    expect((await home.open(copyId)).status).toBe(200);
    // Each time less than what passes for a clock that was set right; the player runs on meanwhile.
    for (let hours = 0; hours < 50; hours += 1) {
      const wall = home.at.clock.now();
      for (let step = 0; step < 7; step += 1) {
        await home.at.clock.advance(9 * 60_000);
        home.at.clock.jump(wall);
        await home.shelf();
      }
    }
    expect(['copy_expired', 'clock_set_back']).toContain((await home.open(copyId)).code);
    expect((await home.shelf()).now).toBeGreaterThan(home.at.clock.now() + 48 * HOUR);
  });

  it('PLY-1: what plays stops when the clock is set back under it', async () => {
    const copyId = await story.rented(medium);
    await home.at.drive.insert(medium);
    const { address } = await home.open(copyId);
    expect((await home.app.request(address)).status).toBe(200);
    home.at.clock.jump(epochMs(home.at.clock.now() - 2 * HOUR));
    expect((await home.app.request(address)).status).toBe(410);
    expect((await home.open(copyId)).code).toBe('clock_set_back');
  });

  it('PLY-1: a player that never ran is told the time by what terminals signed on the medium', async () => {
    const copyId = await story.rented(medium);
    const late = await story.aHome();
    late.at.clock.jump(epochMs(late.at.clock.now() - 30 * 24 * HOUR));
    await late.at.drive.insert(medium);
    expect((await late.open(copyId)).code).toBe('clock_set_back');
  });
});

function playerRecipient(on: MemoryMedium, path: string): string {
  const jws = Buffer.from(on.files.get(path) ?? []).toString('latin1');
  return JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8')).recipient;
}
