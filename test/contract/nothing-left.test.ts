import { cpSync, existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as Age from 'age-encryption';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CARD_NUMBER } from '#firmware-sim/devices/card-reader.ts';
import { memberSummary } from '#hub/http/contract/members.ts';
import { deviceSeal } from '#shared/edge/drivers/device-secret.ts';
import { encryptionOptions } from '#shared/edge/drivers/libsql-store.ts';
import { sealedStoreKey } from '#shared/edge/drivers/sealed-store-key.ts';
import type { Log } from '#shared/ports/log.ts';
import {
  identityNeedles,
  type Needle,
  rawKey,
  scanFolder,
  scanText,
  textNeedle,
} from '#test/support/disk-scan.ts';
import { type LiveFleet, PIN, startLiveFleet, watchedMedium } from '#test/support/live-fleet.ts';

/** Every key that the programs of this process make for a copy, as it is made. They are read anew: an earlier file may have them already, unwatched. */
const made = vi.hoisted(() => {
  vi.resetModules();
  return [] as string[];
});
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

/** Keys of copies: all but the home player's own, which is that device's and lies on it. */
const copyKeys = (): readonly string[] => {
  const own = readFileSync(join(fleet.folder, 'player', 'player.json'), 'utf8');
  return made.filter((identity) => !own.includes(identity));
};
const keyNeedles = (): readonly Needle[] =>
  copyKeys().flatMap((identity, index) => identityNeedles(`key ${index}`, identity));
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

/** What a look found while a medium was being written, and how many looks there were. */
const moments = { found: new Set<string>(), looks: 0, files: 0 };
async function lookEverywhere(): Promise<void> {
  for (const place of ['story-kiosk', 'story-return', 'player', 'media']) {
    const { files, found } = await scanFolder(join(fleet.folder, place), keyNeedles(), (path) =>
      isSlot(`${place}/${path}`),
    );
    moments.files += files;
    for (const { file, needle } of found) moments.found.add(`${needle} in ${place}/${file}`);
  }
  moments.looks += 1;
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
  // The return is paid by card: through a reader that says more than it should.
  for (const place of ['kiosk', 'return-terminal'] as const) fleet.own.stations[place].card.tellWholeNumber();
  // Pulled while the content is being written: this copy never gets its key.
  const stick = fleet.stick();
  await mkdir(fleet.own.mediumFolder(stick), { recursive: true });
  const torn = watchedMedium(stick, fleet.own.mediumFolder(stick), (path, moment) => {
    if (path.endsWith('content.age') && moment === 'after') fleet.own.pull('kiosk');
  });
  await fleet.toConfirm(torn, member, [title]);
  expect((await fleet.write()).lines[0]?.state).toBe('failed');
  await fleet.leave();
  // Written whole, twice: one copy is returned, one stays out. All disks are looked at before and after each write to the medium.
  for (const again of [fleet.stick(), fleet.stick()]) {
    const folder = fleet.own.mediumFolder(again);
    await mkdir(folder, { recursive: true });
    const watched = watchedMedium(again, folder, lookEverywhere);
    const done = await fleet.rent(watched, member, [title]);
    expect(done.lines[0]?.state).toBe('written');
    if (!existsSync(join(fleet.folder, 'returned'))) {
      await mkdir(join(fleet.folder, 'returned'));
      await fleet.returnAll(watched);
    }
  }
  const paying = fleet.stick();
  expect((await fleet.toConfirm(paying, member, [title])).screen).toBe('confirm');
  await fleet.kiosk.send({ type: 'top_up', amountMinor: 500 });
  await fleet.kiosk.until('the balance', 30, ({ member: now }) =>
    (now?.prepaid.minor ?? 0) >= 500 ? now : null,
  );
  await fleet.leave();
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

  it('SEC-3: nor was it anywhere else while media were being written and keys destroyed', () => {
    expect(moments.looks).toBeGreaterThan(30);
    expect(moments.files).toBeGreaterThan(moments.looks * 20);
    expect([...moments.found]).toEqual([]);
  });

  it('SEC-6: the card’s number is in no file of any program, in no store and in no line of a log, though the reader said it', async () => {
    const paid = fleet.own.stations.kiosk.card.inspect();
    expect(paid.map(({ authorisation }) => authorisation.maskedCard)).toContain(CARD_NUMBER);
    const grouped = CARD_NUMBER.match(/.{4}/g) ?? [];
    const needles = [CARD_NUMBER, grouped.join(' '), grouped.join('-'), CARD_NUMBER.slice(0, 12)].map(
      (text) => textNeedle(`card ${text}`, text),
    );
    expect((await scanFolder(fleet.folder, needles)).found).toEqual([]);
    for (const terminal of ['story-kiosk', 'story-return'])
      expect(scanText(terminal, storeOf(terminal), needles)).toEqual([]);
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
    const { found } = await scanFolder(join(fleet.folder, 'story-kiosk'), keyNeedles());
    await rm(path);
    expect(new Set(found.map(({ file }) => file))).toEqual(new Set(['left-behind']));
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
