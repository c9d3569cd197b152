import { cpSync, existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as Age from 'age-encryption';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { memberSummary } from '#hub/http/contract/members.ts';
import { deviceSeal } from '#shared/edge/drivers/device-secret.ts';
import { encryptionOptions } from '#shared/edge/drivers/libsql-store.ts';
import { sealedStoreKey } from '#shared/edge/drivers/sealed-store-key.ts';
import type { Log } from '#shared/ports/log.ts';
import { bytesNeedle, type Needle, scanFolder, scanText, textNeedle } from '#test/support/disk-scan.ts';
import { type LiveFleet, PIN, startLiveFleet, watchedMedium } from '#test/support/live-fleet.ts';

/** Every key that the programs of this process make for a copy, as it is made. */
const made = vi.hoisted(() => [] as string[]);
vi.mock('age-encryption', async (original) => {
  const age = await original<typeof Age>();
  return {
    ...age,
    generateX25519Identity: async () => {
      const identity = await age.generateX25519Identity();
      made.push(identity);
      return identity;
    },
  };
});

const NAME = 'Wilhelmina Quastenflosser';
const PERSON_PIN = PIN;
let fleet: LiveFleet;
let lines = '';
let number = '';

/** The 32 bytes behind an identity's text (Bech32, BIP 173). */
function rawKey(identity: string): Buffer {
  const charset = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
  const data = identity.toLowerCase().slice(identity.lastIndexOf('1') + 1, -6);
  const bits = [...data].map((one) => charset.indexOf(one).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
/** Keys of copies: all but the home player's own, which is that device's and lies on it. */
const copyKeys = (): readonly string[] => {
  const own = readFileSync(join(fleet.folder, 'player', 'player.json'), 'utf8');
  return made.filter((identity) => !own.includes(identity));
};
const keyNeedles = (): readonly Needle[] =>
  copyKeys().flatMap((identity, index) => [
    textNeedle(`key ${index}`, identity),
    textNeedle(`key ${index} in small letters`, identity.toLowerCase()),
    bytesNeedle(`bytes of key ${index}`, rawKey(identity)),
  ]);
/** The one place where a copy's key may be. */
const isSlot = (path: string): boolean => /^media\/[^/]+\/KEYTURN\/copies\/[^/]+\/slot\.age$/.test(path);

/** A terminal's store as text, opened as only this machine can: encrypted pages would hide everything from a scan. */
function storeOf(terminal: string): string {
  const copy = join(fleet.folder, `look-${terminal}`);
  cpSync(join(fleet.folder, terminal), copy, { recursive: true });
  const seal = deviceSeal(
    Buffer.from(readFileSync(join(fleet.folder, 'device-secret'), 'utf8').trim(), 'hex'),
  );
  const key = sealedStoreKey(join(copy, 'identity', 'store-key'), seal);
  const store = new Database(join(copy, 'store.db'), encryptionOptions(key));
  const rows = ['meta', 'entries', 'outbox'].flatMap((table) =>
    store.prepare(`SELECT * FROM ${table}`).raw().all(),
  );
  store.close();
  return JSON.stringify(rows);
}

beforeAll(async () => {
  const keep = (fields: object, message: string): void => {
    lines += `${JSON.stringify(fields)} ${message}\n`;
  };
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep, child: () => log };
  const write = process.stderr.write.bind(process.stderr);
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk, ...rest) => {
    lines += String(chunk);
    return (write as (...all: unknown[]) => boolean)(chunk, ...rest);
  });
  process.env.E2E_LOG = '1';
  fleet = await startLiveFleet({ change: (parts) => ({ ...parts, log }) });
  const title = await fleet.title('Night ferry', { bytes: 300_000 });
  const member = await fleet.staff.post(
    '/members',
    { displayName: NAME, birthYear: 1980, pin: PERSON_PIN, language: 'en', siteId: fleet.siteId },
    memberSummary,
  );
  number = member.number;
  await fleet.payIn(member.memberId, 'prepaid', 2_000);
  // Pulled while the content is being written: this copy never gets its key.
  const stick = fleet.stick();
  await mkdir(fleet.own.mediumFolder(stick), { recursive: true });
  const torn = watchedMedium(stick, fleet.own.mediumFolder(stick), (path, moment) => {
    if (path.endsWith('content.age') && moment === 'after') fleet.own.pull('kiosk');
  });
  await fleet.toConfirm(torn, member, [title]);
  expect((await fleet.write()).lines[0]?.state).toBe('failed');
  await fleet.leave();
  // Written whole, twice: one copy is returned, one stays out.
  for (const again of [fleet.stick(), fleet.stick()]) {
    const done = await fleet.rent(again, member, [title]);
    expect(done.lines[0]?.state).toBe('written');
    if (!existsSync(join(fleet.folder, 'returned'))) {
      await mkdir(join(fleet.folder, 'returned'));
      await fleet.returnAll(again);
    }
  }
  await fleet.settled();
});
afterAll(async () => {
  vi.restoreAllMocks();
  await fleet?.stop();
});

describe('what is left on the disks of a fleet that works', () => {
  it('SEC-3: a copy’s key is in its slot and nowhere else: no file of hub, kiosk, return terminal, player or medium, no line of a log', async () => {
    expect(copyKeys().length).toBeGreaterThanOrEqual(3);
    const needles = keyNeedles();
    const { files, found } = await scanFolder(fleet.folder, needles, isSlot);
    expect(files).toBeGreaterThan(100);
    expect(found).toEqual([]);
    const slots = await scanFolder(fleet.folder, needles, (path) => !isSlot(path));
    // Only of the copy that is still out: the torn one never had a key, the returned one has none any more.
    expect(new Set(slots.found.map(({ file }) => file)).size).toBe(1);
    for (const terminal of ['story-kiosk', 'story-return'])
      expect(scanText(terminal, storeOf(terminal), needles)).toEqual([]);
    expect(lines).toContain('hub started');
    expect(scanText('log', lines, needles)).toEqual([]);
  });

  it.each([
    ['as it is', (identity: string) => Buffer.from(`# left behind\n${identity}\n`)],
    ['as bytes', (identity: string) => Buffer.concat([Buffer.alloc(7), rawKey(identity)])],
    [
      'in base64, in the middle of something',
      (identity: string) =>
        Buffer.from(
          Buffer.concat([Buffer.from('xx'), rawKey(identity), Buffer.from('y')]).toString('base64'),
        ),
    ],
    [
      'in hexadecimal digits',
      (identity: string) => Buffer.from(rawKey(identity).toString('hex').toUpperCase()),
    ],
  ])('SEC-3: a key that is left on a disk %s is found', async (_how, leak) => {
    const path = join(fleet.folder, 'story-kiosk', 'left-behind');
    await writeFile(path, leak(copyKeys().at(-1) ?? ''));
    const { found } = await scanFolder(fleet.folder, keyNeedles(), isSlot);
    await rm(path);
    expect(new Set(found.map(({ file }) => file))).toEqual(new Set([join('story-kiosk', 'left-behind')]));
  });

  it('SEC-9: no name and no number of a member at a terminal, on a medium or in a log; PIN verifiers only where they belong', async () => {
    const needles = [
      textNeedle('name', NAME),
      textNeedle('family name', 'Quastenflosser'),
      textNeedle('number', number),
    ];
    for (const folder of ['story-kiosk', 'story-return', 'player', 'media'])
      if (existsSync(join(fleet.folder, folder)))
        expect((await scanFolder(join(fleet.folder, folder), needles)).found, folder).toEqual([]);
    for (const terminal of ['story-kiosk', 'story-return']) {
      const store = storeOf(terminal);
      expect(store.length).toBeGreaterThan(1_000);
      expect(scanText(terminal, store, needles)).toEqual([]);
    }
    expect(scanText('log', lines, [...needles, textNeedle('verifier', 'scrypt$')])).toEqual([]);
  });
});
