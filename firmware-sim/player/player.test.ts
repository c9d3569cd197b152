import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hono } from 'hono';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MemoryMedium, memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { acceptReturn, destroySlot } from '#shared/media/destroy-copy.ts';
import { inspectMedium } from '#shared/media/inspect-medium.ts';
import { CIPHER_CHUNK_BYTES, contentFile, licenceFile, slotFile, stateFile } from '#shared/media/layout.ts';
import { licenceSchema } from '#shared/media/licence.ts';
import { readOpenings } from '#shared/media/player-key.ts';
import { leaveRevokedPlayers } from '#shared/media/revoked-players.ts';
import { signJws } from '#shared/media/signing.ts';
import { writeCopy } from '#shared/media/write-copy.ts';
import type { Log } from '#shared/ports/log.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { aDraft, anAccept, aWrite, type Bench, bench, memoryRecords } from '#test/support/media-story.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import type { PlayerShelf } from './contract.ts';
import { playerApp } from './http.ts';
import { createPlayer, type Player } from './player.ts';

const HOUR = 3_600_000;
/** Three chunks of the container, the last one short; no two places alike. */
const PLAINTEXT = Buffer.from(Array.from({ length: 40_000 }, (_, at) => `${at};`).join('')).subarray(
  0,
  190_000,
);
const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const folder = mkdtempSync(join(tmpdir(), 'keyturn-player-'));

let fleet: FleetAuthority;
let other: FleetAuthority;
let kiosk: Signer;
let foreign: Signer;
let terminal: Signer;
let players = 0;
beforeAll(async () => {
  fleet = await foundFleet();
  other = await foundFleet();
  kiosk = await enrol(fleet, 'kiosk-one', 'kiosk');
  terminal = await enrol(fleet, 'rt-one', 'return-terminal');
  foreign = await enrol(other, 'kiosk-one', 'kiosk');
});
afterAll(() => rmSync(folder, { recursive: true }));

const nextName = (): string => {
  players += 1;
  return `player-${players}`;
};

interface Home {
  readonly at: Bench;
  readonly player: Player;
  readonly app: Hono;
  open(copyId: CopyId): Promise<{ status: number; code: string | undefined; address: string }>;
  shelf(): Promise<PlayerShelf>;
}

/** A player with its own drive and memory; its medium is put in by the test. */
async function aHome(name = nextName()): Promise<Home> {
  const at = bench(fleet.trust, kiosk, name);
  const player = await createPlayer({
    drive: at.drive,
    trust: fleet.trust,
    clock: at.clock,
    random: at.random,
    log: silent,
    folder: join(folder, name),
    uiFolder: folder,
    host: '127.0.0.1',
    port: 0,
    name: 'Living room',
    hub: null,
  });
  const app = playerApp(player, folder);
  return {
    at,
    player,
    app,
    open: async (copyId) => {
      const answer = await app.request(`/api/copies/${copyId}/open`, { method: 'POST' });
      const body = (await answer.json()) as { code?: string; address?: string };
      return { status: answer.status, code: body.code, address: body.address ?? '' };
    },
    shelf: async () => (await (await app.request('/api/shelf')).json()) as PlayerShelf,
  };
}

/** Writes a copy onto a medium at a kiosk, the way kiosks do. */
async function rented(
  medium: MemoryMedium,
  changes: Parameters<typeof aWrite>[3] = {},
  signer: Signer = kiosk,
  authority: FleetAuthority = fleet,
): Promise<CopyId> {
  const at = bench(authority.trust, signer, `kiosk ${medium.label} ${medium.files.size}`);
  await at.drive.insert(medium);
  const written = await writeCopy(at.deps, aWrite(at.random, memoryRecords(), PLAINTEXT, changes));
  if (written.kind !== 'written') throw new Error(`the test's copy was not written: ${written.kind}`);
  return written.commit.copyId;
}

/** Signs the licence anew with something changed, as the hub does. */
async function changeLicence(medium: MemoryMedium, copyId: CopyId, change: object): Promise<void> {
  const path = licenceFile(copyId);
  const jws = Buffer.from(medium.files.get(path) ?? []).toString('latin1');
  const licence = licenceSchema.parse(
    JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8')),
  );
  const next = await signJws('keyturn-licence', { ...licence, ...change }, fleet.hubSigner, licence.issued);
  medium.files.set(path, Buffer.from(next, 'ascii'));
}

let home: Home;
let medium: MemoryMedium;
beforeEach(async () => {
  home = await aHome();
  medium = memoryMedium('stick');
});

describe('what the player opens and refuses', () => {
  it('PLY-1: an active copy opens and is served as it was', async () => {
    const copyId = await rented(medium);
    await home.at.drive.insert(medium);
    expect((await home.shelf()).copies).toMatchObject([{ copyId, refusal: null, title: 'The Night Train' }]);
    const opened = await home.open(copyId);
    expect(opened.status).toBe(200);
    const answer = await home.app.request(opened.address);
    expect(answer.headers.get('content-type')).toBe('video/webm');
    expect(Buffer.from(await answer.arrayBuffer()).equals(PLAINTEXT)).toBe(true);
  });

  it('PLY-1: a copy bound to this player opens here, and on another player it does not', async () => {
    const one = await aHome('bound-one');
    const copies = await rented(medium);
    await one.at.drive.insert(medium);
    await one.player.start();
    await one.player.stop();
    const document = [...medium.files.keys()].find((path) => path.startsWith('KEYTURN/players/'));
    expect(document).toBeDefined();
    const recipient = playerRecipient(medium, document ?? '');
    const at = bench(fleet.trust, kiosk, 'binding kiosk');
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
    const copyId = await rented(medium);
    await returned(medium, copyId);
    await home.at.drive.insert(medium);
    expect(await home.open(copyId)).toMatchObject({ status: 409, code: 'copy_returned' });
    expect((await home.shelf()).copies).toMatchObject([{ refusal: 'copy_returned' }]);
  });

  it('PLY-1: a torn return is a return: half a slot opens nothing', async () => {
    const copyId = await rented(medium);
    const before = medium.copy('before');
    await returned(medium, copyId);
    const half = Buffer.from(before.files.get(slotFile(copyId)) ?? []);
    half.fill(7, 0, 2048);
    medium.files.set(slotFile(copyId), half);
    await home.at.drive.insert(medium);
    expect(await home.open(copyId)).toMatchObject({ code: 'copy_returned' });
  });

  it('LIC-1: an expired licence is refused, by the clock, without anybody having changed the medium', async () => {
    const copyId = await rented(medium);
    await home.at.drive.insert(medium);
    expect((await home.open(copyId)).status).toBe(200);
    await home.at.clock.advance(49 * HOUR);
    expect(await home.open(copyId)).toMatchObject({ code: 'copy_expired' });
  });

  it('LIC-1: what plays when the licence ends stops there', async () => {
    const copyId = await rented(medium);
    await home.at.drive.insert(medium);
    const { address } = await home.open(copyId);
    expect((await home.app.request(address)).status).toBe(200);
    await home.at.clock.advance(49 * HOUR);
    expect((await home.app.request(address)).status).toBe(410);
  });

  it('LIC-1: a revoked licence is refused', async () => {
    const copyId = await rented(medium);
    await changeLicence(medium, copyId, { status: 'revoked' });
    await home.at.drive.insert(medium);
    expect(await home.open(copyId)).toMatchObject({ code: 'copy_revoked' });
  });

  it('RNT-7: a copy that was kept opens after the end of its licence', async () => {
    const copyId = await rented(medium, {
      licence: aDraft(home.at.random, { keep: { at: epochMs(home.at.clock.now() + 100 * HOUR) } }),
    });
    await home.at.drive.insert(medium);
    await home.at.clock.advance(60 * HOUR);
    expect(await home.open(copyId)).toMatchObject({ code: 'copy_expired' });
    await home.at.clock.advance(41 * HOUR);
    expect((await home.open(copyId)).status).toBe(200);
  });

  it('PLY-1: a medium of another fleet is refused whole', async () => {
    const copyId = await rented(medium, {}, foreign, other);
    await home.at.drive.insert(medium);
    expect(await home.shelf()).toMatchObject({ medium: 'foreign', copies: [] });
    expect(await home.open(copyId)).toMatchObject({ code: 'medium_foreign' });
  });

  it('PLY-1: a copy of another fleet on a medium of ours is refused', async () => {
    await rented(medium);
    const theirs = memoryMedium('theirs');
    const copyId = await rented(theirs, {}, foreign, other);
    for (const path of [contentFile(copyId), slotFile(copyId), licenceFile(copyId), stateFile(copyId)])
      medium.files.set(path, theirs.files.get(path) ?? new Uint8Array());
    await home.at.drive.insert(medium);
    expect(await home.open(copyId)).toMatchObject({ code: 'copy_foreign' });
  });

  it('RNT-6: a held copy is refused, and says that the kiosk has to confirm it', async () => {
    const at = bench(fleet.trust, kiosk, 'held');
    await at.drive.insert(medium);
    const steps = await stepsOfAWrite();
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
    const copyId = await rented(medium);
    await home.at.drive.insert(medium);
    expect((await home.open(copyId)).status).toBe(200);
    const now = home.at.clock.now();
    await home.at.clock.advance(40 * HOUR);
    expect((await home.open(copyId)).status).toBe(200);
    home.at.clock.jump(now);
    expect(await home.open(copyId)).toMatchObject({ code: 'clock_set_back' });
    const fresh = await aHome();
    fresh.at.clock.jump(epochMs(now - 200 * HOUR));
    await fresh.at.drive.insert(medium);
    expect(await fresh.open(copyId)).toMatchObject({ code: 'clock_set_back' });
  });

  it('MED-2: a copy with a damaged licence is refused as damaged', async () => {
    const copyId = await rented(medium);
    const jws = Buffer.from(medium.files.get(licenceFile(copyId)) ?? []);
    jws[jws.length - 20] = (jws[jws.length - 20] ?? 0) ^ 1;
    medium.files.set(licenceFile(copyId), jws);
    await home.at.drive.insert(medium);
    expect(await home.open(copyId)).toMatchObject({ code: 'copy_damaged' });
  });
});

describe('byte ranges', () => {
  const SIZE = PLAINTEXT.length;
  it.each([
    ['first bytes', 'bytes=0-99', 206, 0, 100],
    ['across a chunk', 'bytes=65530-65545', 206, 65_530, 65_546],
    ['open end', `bytes=${SIZE - 5}-`, 206, SIZE - 5, SIZE],
    ['suffix', 'bytes=-70000', 206, SIZE - 70_000, SIZE],
    ['suffix longer than the file', `bytes=-${SIZE * 2}`, 206, 0, SIZE],
    ['end beyond the end', `bytes=10-${SIZE * 2}`, 206, 10, SIZE],
    ['several ranges: the whole', 'bytes=0-1,5-6', 200, 0, SIZE],
    ['another unit: the whole', 'lines=0-1', 200, 0, SIZE],
    ['end before start: the whole', 'bytes=9-3', 200, 0, SIZE],
  ])('PLY-1: %s', async (_name, header, status, from, until) => {
    const copyId = await rented(medium);
    await home.at.drive.insert(medium);
    const { address } = await home.open(copyId);
    const answer = await home.app.request(address, { headers: { Range: header } });
    expect(answer.status).toBe(status);
    if (status === 206)
      expect(answer.headers.get('content-range')).toBe(`bytes ${from}-${until - 1}/${SIZE}`);
    expect(answer.headers.get('content-length')).toBe(String(until - from));
    const body = Buffer.from(await answer.arrayBuffer());
    expect(body.equals(PLAINTEXT.subarray(from, until))).toBe(true);
  });

  it.each(['bytes=190000-', 'bytes=-0'])('PLY-1: %s cannot be satisfied', async (header) => {
    const copyId = await rented(medium);
    await home.at.drive.insert(medium);
    const { address } = await home.open(copyId);
    const answer = await home.app.request(address, { headers: { Range: header } });
    expect(answer.status).toBe(416);
    expect(answer.headers.get('content-range')).toBe(`bytes */${SIZE}`);
  });

  it('SEC-8: every other answer forbids framing, sniffing, foreign scripts and foreign readers', async () => {
    const answers = [
      await home.app.request('/api/shelf'),
      await home.app.request('/health'),
      await home.app.request('/nowhere'),
      await home.app.request('/content/no-such-token'),
      await home.app.request('/api/shelf', { headers: { host: 'evil.example' } }),
    ];
    for (const { status, headers } of answers) {
      expect(headers.get('content-security-policy'), String(status)).toContain("frame-ancestors 'none'");
      expect(headers.get('content-security-policy'), String(status)).toContain("script-src 'self'");
      expect(Object.fromEntries(headers), String(status)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  it('SEC-8: content is never a page of the player’s own origin', async () => {
    const copyId = await rented(medium);
    await home.at.drive.insert(medium);
    const { address } = await home.open(copyId);
    const answer = await home.app.request(address);
    expect(answer.headers.get('content-security-policy')).toContain('sandbox');
    expect(answer.headers.get('content-security-policy')).not.toContain('allow-same-origin');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('damage and pulling', () => {
  it.each([0, 1, 2])(
    'MED-2: chunk %i is damaged: never a byte from it on, and the page says so',
    async (chunk) => {
      const copyId = await rented(medium);
      await home.at.drive.insert(medium);
      const opened = await home.open(copyId);
      const content = Buffer.from(medium.files.get(contentFile(copyId)) ?? []);
      const payload = content.length - (PLAINTEXT.length + 3 * 16);
      const place = payload + chunk * CIPHER_CHUNK_BYTES + 100;
      content[place] = (content[place] ?? 0) ^ 1;
      medium.files.set(contentFile(copyId), content);
      const got = await readUntilBroken(await home.app.request(opened.address));
      expect(got.broken).toBe(true);
      expect(got.bytes.length).toBeLessThanOrEqual(chunk * 65_536);
      expect(got.bytes.equals(PLAINTEXT.subarray(0, got.bytes.length))).toBe(true);
      expect((await home.shelf()).trouble).toMatchObject({ copyId });
      // What lies before the damage still plays.
      if (chunk > 0) {
        const before = await home.app.request(opened.address, { headers: { Range: 'bytes=0-65535' } });
        expect(Buffer.from(await before.arrayBuffer()).equals(PLAINTEXT.subarray(0, 65_536))).toBe(true);
      }
    },
  );

  it('MED-2: a copy whose end was cut off does not open', async () => {
    const copyId = await rented(medium);
    const content = medium.files.get(contentFile(copyId)) ?? new Uint8Array();
    medium.files.set(contentFile(copyId), content.slice(0, content.length - CIPHER_CHUNK_BYTES));
    await home.at.drive.insert(medium);
    expect(await home.open(copyId)).toMatchObject({ status: 409, code: 'copy_damaged' });
  });

  it('PLY-1: an address dies with the medium, also when the same medium comes back', async () => {
    const copyId = await rented(medium);
    await home.at.drive.insert(medium);
    const { address } = await home.open(copyId);
    home.at.drive.pull();
    expect((await home.app.request(address)).status).toBe(410);
    expect(await home.open(copyId)).toMatchObject({ code: 'medium_missing' });
    await home.at.drive.insert(medium);
    expect((await home.app.request(address)).status).toBe(410);
    expect((await home.app.request('/content/guessed')).status).toBe(410);
  });

  it('PLY-1: malformed requests are refused with a code', async () => {
    await home.at.drive.insert(medium);
    expect((await home.app.request('/api/copies/nothing/open', { method: 'POST' })).status).toBe(404);
    const copyId = '019b7800-0000-7000-8000-000000000001';
    const post = (body: string) =>
      home.app.request(`/api/copies/${copyId}/position`, { method: 'POST', body });
    expect((await post('{"seconds":-1}')).status).toBe(400);
    expect((await post('{"seconds":12}')).status).toBe(204);
    expect((await post('x'.repeat(5000))).status).toBe(413);
  });
});

describe('time that a player cannot be talked out of', () => {
  it('PLY-1: a clock turned back a little again and again does not stop the licence from ending', async () => {
    const copyId = await rented(medium);
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
    const copyId = await rented(medium);
    await home.at.drive.insert(medium);
    const { address } = await home.open(copyId);
    expect((await home.app.request(address)).status).toBe(200);
    home.at.clock.jump(epochMs(home.at.clock.now() - 2 * HOUR));
    expect((await home.app.request(address)).status).toBe(410);
    expect((await home.open(copyId)).code).toBe('clock_set_back');
  });

  it('PLY-1: a player that never ran is told the time by what terminals signed on the medium', async () => {
    const copyId = await rented(medium);
    const late = await aHome();
    late.at.clock.jump(epochMs(late.at.clock.now() - 30 * 24 * HOUR));
    await late.at.drive.insert(medium);
    expect((await late.open(copyId)).code).toBe('clock_set_back');
  });
});

describe('players that were removed', () => {
  it('MS-30 SEC-6: a player that finds itself on the medium’s list opens nothing of it; a forged or foreign list is none', async () => {
    const copyId = await rented(medium);
    await home.at.drive.insert(medium);
    const { playerId } = await home.shelf();
    const mounted = home.at.drive.current();
    const report = await inspectMedium({ drive: home.at.drive, trust: fleet.trust });
    if (mounted === null || !report.ok || report.value.identity === null) throw new Error('inserted');
    const { mediumId } = report.value.identity;
    const leave = (signer: Signer, id = mediumId, players: readonly string[] = [playerId]) =>
      leaveRevokedPlayers({ signer, clock: home.at.clock, trust: fleet.trust }, mounted, id, players);
    await leave(foreign);
    expect((await home.open(copyId)).status).toBe(200);
    await leave(kiosk, '019b7800-0000-7000-8000-00000000beef' as typeof mediumId);
    expect((await home.open(copyId)).status).toBe(200);
    await leave(kiosk);
    expect(await home.open(copyId)).toMatchObject({ status: 409, code: 'player_revoked' });
    await leave(terminal, mediumId, []);
    expect((await home.open(copyId)).status).toBe(200);
  });
});

describe('what a player leaves of its sittings', () => {
  it('SEC-8: a sitting is left at the next piece that is asked for, whatever minute it is', async () => {
    const copyId = await rented(medium);
    await home.at.drive.insert(medium);
    await home.player.start();
    const { address } = await home.open(copyId);
    await home.at.clock.advance(23 * 60_000);
    await (await home.app.request(address, { headers: { Range: 'bytes=0-9' } })).arrayBuffer();
    await home.player.stop();
    const report = await inspectMedium({ drive: home.at.drive, trust: fleet.trust });
    const read = await readOpenings((report.ok && report.value.players[0]?.openingsJws) || '');
    const [sitting] = read.ok ? read.value.payload.openings : [];
    expect((sitting?.until ?? 0) - (sitting?.from ?? 0)).toBe(23 * 60_000);
  });

  it('MS-31 SEC-8: when each copy was open, by the minute, signed by the player, and nothing else', async () => {
    const copyId = await rented(medium);
    await home.at.drive.insert(medium);
    await home.player.start();
    const began = home.at.clock.now();
    const { address } = await home.open(copyId);
    for (let minute = 0; minute < 25; minute += 1) {
      await home.at.clock.advance(60_000);
      await (await home.app.request(address, { headers: { Range: 'bytes=0-9' } })).arrayBuffer();
    }
    await home.player.stop();
    const report = await inspectMedium({ drive: home.at.drive, trust: fleet.trust });
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
    const again = await inspectMedium({ drive: home.at.drive, trust: fleet.trust });
    expect(again.ok && again.value.players[0]?.openingsJws).toBeNull();
  });
});

describe('the key that a player leaves', () => {
  const documents = (on: MemoryMedium) =>
    [...on.files.keys()].filter(
      (path) => path.startsWith('KEYTURN/players/') && !path.includes('.openings.'),
    );

  it('PLY-1: it is left at the first insertion, once', async () => {
    await rented(medium);
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
    await rented(theirs, {}, foreign, other);
    const ours = memoryMedium('ours');
    await rented(ours);
    for (const each of [blank, theirs, ours]) {
      const before = [...each.files.keys()];
      const visited = await aHome();
      visited.at.drive.setFault({ readOnly: each === ours });
      await visited.at.drive.insert(each);
      await visited.player.start();
      await visited.player.stop();
      expect([...each.files.keys()]).toEqual(before);
    }
  });
});

async function returned(on: MemoryMedium, copyId: CopyId): Promise<void> {
  const at = bench(fleet.trust, terminal, `return ${copyId}`);
  await at.drive.insert(on);
  const accepted = await acceptReturn(at.deps, anAccept(at.random, copyId));
  if (accepted.kind !== 'accepted') throw new Error(accepted.kind);
  await destroySlot(at.deps, { accepted: accepted.accepted, intents: memoryRecords() });
}

/** At which I/O step of a write the slot has just been written: the key is on the medium, the proof is not. */
async function stepsOfAWrite(): Promise<{ slotWritten: number }> {
  for (let step = 1; step < 60; step += 1) {
    const tried = memoryMedium('tried');
    const at = bench(fleet.trust, kiosk, 'held');
    await at.drive.insert(tried);
    at.drive.setFault({ at: { step, effect: 'pull-after' } });
    const outcome = await writeCopy(at.deps, aWrite(at.random, memoryRecords(), PLAINTEXT));
    if (outcome.kind === 'held') return { slotWritten: step };
  }
  throw new Error('no step of a write leaves a held copy');
}

function playerRecipient(on: MemoryMedium, path: string): string {
  const jws = Buffer.from(on.files.get(path) ?? []).toString('latin1');
  return JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8')).recipient;
}

async function readUntilBroken(answer: Response): Promise<{ bytes: Buffer; broken: boolean }> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of answer.body as unknown as AsyncIterable<Uint8Array>) pieces.push(piece);
    return { bytes: Buffer.concat(pieces), broken: false };
  } catch {
    return { bytes: Buffer.concat(pieces), broken: true };
  }
}
