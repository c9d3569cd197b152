import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MemoryMedium, memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { inspectMedium } from '#shared/media/inspect-medium.ts';
import { readOpenings } from '#shared/media/player-key.ts';
import { leaveRevokedPlayers } from '#shared/media/revoked-players.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { type Home, PlayerStory } from '#test/support/player-home.ts';

/** What a player and terminals leave for each other on the medium. */
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

describe('players that were removed', () => {
  it('MS-30 SEC-6: a player that finds itself on the medium’s list opens nothing of it; a forged or foreign list is none', async () => {
    const copyId = await story.rented(medium);
    await home.at.drive.insert(medium);
    const { playerId } = await home.shelf();
    const mounted = home.at.drive.current();
    const report = await inspectMedium({ drive: home.at.drive, trust: story.fleet.trust });
    if (mounted === null || !report.ok || report.value.identity === null) throw new Error('inserted');
    const { mediumId } = report.value.identity;
    const leave = (signer: Signer, id = mediumId, players: readonly string[] = [playerId]) =>
      leaveRevokedPlayers({ signer, clock: home.at.clock, trust: story.fleet.trust }, mounted, id, players);
    await leave(story.foreign);
    expect((await home.open(copyId)).status).toBe(200);
    await leave(story.kiosk, '019b7800-0000-7000-8000-00000000beef' as typeof mediumId);
    expect((await home.open(copyId)).status).toBe(200);
    await leave(story.kiosk);
    expect(await home.open(copyId)).toMatchObject({ status: 409, code: 'player_revoked' });
    await leave(story.terminal, mediumId, []);
    expect((await home.open(copyId)).status).toBe(200);
  });
});

describe('what a player leaves of its sittings', () => {
  it('SEC-8: a sitting is left at the next piece that is asked for, whatever minute it is', async () => {
    const copyId = await story.rented(medium);
    await home.at.drive.insert(medium);
    await home.player.start();
    const { address } = await home.open(copyId);
    await home.at.clock.advance(23 * 60_000);
    await (await home.app.request(address, { headers: { Range: 'bytes=0-9' } })).arrayBuffer();
    await home.player.stop();
    const report = await inspectMedium({ drive: home.at.drive, trust: story.fleet.trust });
    const read = await readOpenings((report.ok && report.value.players[0]?.openingsJws) || '');
    const [sitting] = read.ok ? read.value.payload.openings : [];
    expect((sitting?.until ?? 0) - (sitting?.from ?? 0)).toBe(23 * 60_000);
  });

  it('MS-31 SEC-8: when each copy was open, by the minute, signed by the player, and nothing else', async () => {
    const copyId = await story.rented(medium);
    await home.at.drive.insert(medium);
    await home.player.start();
    const began = home.at.clock.now();
    const { address } = await home.open(copyId);
    for (let minute = 0; minute < 25; minute += 1) {
      await home.at.clock.advance(60_000);
      await (await home.app.request(address, { headers: { Range: 'bytes=0-9' } })).arrayBuffer();
    }
    await home.player.stop();
    const report = await inspectMedium({ drive: home.at.drive, trust: story.fleet.trust });
    const left = report.ok ? report.value.players[0]?.openingsJws : null;
    const read = await readOpenings(left ?? '');
    if (!read.ok) throw new Error(read.error.code);
    const { openings, mediumId, playerId } = read.value.payload;
    expect(Object.keys(read.value.payload).sort()).toEqual(['mediumId', 'openings', 'playerId', 'version']);
    expect(openings).toHaveLength(1);
    expect(openings[0]).toMatchObject({ copyId });
    const minutes = ((openings[0]?.until ?? 0) - (openings[0]?.from ?? 0)) / 60_000;
    expect([openings[0]?.from, minutes >= 20]).toEqual([Math.floor(began / 60_000) * 60_000, true]);
    expect([mediumId, playerId]).toEqual([
      report.ok ? report.value.identity?.mediumId : '',
      (await home.shelf()).playerId,
    ]);
    // Somebody else's signature under this player's name is not carried.
    const path = `KEYTURN/players/${playerId}.openings.jws`;
    const forged = Buffer.from(medium.files.get(path) ?? []);
    forged[forged.length - 3] = (forged[forged.length - 3] ?? 0) ^ 1;
    medium.files.set(path, forged);
    const again = await inspectMedium({ drive: home.at.drive, trust: story.fleet.trust });
    expect(again.ok && again.value.players[0]?.openingsJws).toBeNull();
  });
});

describe('the key that a player leaves', () => {
  const documents = (on: MemoryMedium) =>
    [...on.files.keys()].filter(
      (path) => path.startsWith('KEYTURN/players/') && !path.includes('.openings.'),
    );

  it('PLY-1: it is left at the first insertion, once', async () => {
    await story.rented(medium);
    await home.at.drive.insert(medium);
    await home.player.start();
    expect(documents(medium)).toHaveLength(1);
    const first = Buffer.from(medium.files.get(documents(medium)[0] ?? '') ?? []);
    home.at.drive.setFault({});
    home.at.drive.pull();
    await home.at.drive.insert(medium);
    await home.player.stop();
    await home.player.start();
    await home.player.stop();
    expect(documents(medium)).toHaveLength(1);
    expect(Buffer.from(medium.files.get(documents(medium)[0] ?? '') ?? []).equals(first)).toBe(true);
  });

  it('MED-4: nothing is left on a blank, a foreign or a read-only medium', async () => {
    const blank = memoryMedium('blank');
    const theirs = memoryMedium('theirs');
    await story.rented(theirs, {}, story.foreign, story.other);
    const ours = memoryMedium('ours');
    await story.rented(ours);
    for (const each of [blank, theirs, ours]) {
      const before = [...each.files.keys()];
      const visited = await story.aHome();
      visited.at.drive.setFault({ readOnly: each === ours });
      await visited.at.drive.insert(each);
      await visited.player.start();
      await visited.player.stop();
      expect([...each.files.keys()]).toEqual(before);
    }
  });
});
