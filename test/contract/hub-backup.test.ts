import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkBackup } from '#hub/backup/check.ts';
import { prune } from '#hub/backup/folder.ts';
import { restoreBackup } from '#hub/backup/restore.ts';
import { defaultHubSettings } from '#hub/config.ts';
import { ACCOUNTS } from '#hub/domain/accounts.ts';
import { createHub, type Hub } from '#hub/hub.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import { startTestHub, type TestHub } from './hub-harness.ts';
import { balancesOf, MEMBER, START } from './hub-world.ts';

let scratch: string;
let hub: TestHub;
let identity: string;
let titleId: TitleId;
const CONTENT = Buffer.alloc(300_000, 'words of a film ');
const place = () => join(scratch, 'backups');
const backupFile = async (): Promise<string> => {
  const [newest] = await hub.hub.inside().backups.list();
  return join(place(), `${newest?.name}.age`);
};

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'keyturn-backup-'));
  identity = await generateIdentity();
  const HUB_BACKUP_RECIPIENT = await identityToRecipient(identity);
  hub = await startTestHub(
    { HUB_BACKUP_FOLDER: place(), HUB_BACKUP_RECIPIENT, HUB_BACKUP_KEEP: 2 },
    'PGlite',
  );
  titleId = await hub.title({}, CONTENT);
  await hub.signInStaff();
  const { ledger } = hub.hub.inside().db.stores;
  await ledger.post(
    [
      {
        transferId: 'top_up:drill',
        reason: 'top_up',
        phase: 'single',
        correctsId: null,
        rentalId: null,
        returnId: null,
        memberId: MEMBER,
        siteId: null,
        at: START,
        detail: { words: 'naïve 名前 "quoted" \\ \n' },
        entries: [
          { account: ACCOUNTS.cardClearing('EUR'), amount: 1000 },
          { account: ACCOUNTS.memberPrepaid(MEMBER, 'EUR'), amount: -1000 },
        ],
      },
    ],
    START,
  );
});
afterAll(async () => {
  await hub?.close();
  await rm(scratch, { recursive: true, force: true });
});

/** Everything that the database holds, as its own dump says it. */
async function contents(of: Hub): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = new Map<string, string[]>();
  await of.inside().db.dump(async (part) => {
    if ('table' in part) rows.set(part.table, [...(rows.get(part.table) ?? []), ...part.rows]);
    if ('sequence' in part) rows.set(`${part.sequence} counts`, [String(part.value)]);
  });
  return rows;
}

/** A hub in a restored home, on its own ports. */
async function startAt(home: string): Promise<Hub> {
  const restored = createHub({
    clock: hub.clock,
    random: systemRandom,
    log: silentLog,
    settings: defaultHubSettings({
      KEYTURN_HOME: home,
      HUB_PORT: 0,
      MQTT_PORT: 0,
      HUB_TERMINAL_PORT: 0,
      HUB_SECOND_FACTOR: '',
    }),
    consoleFolder: null,
  });
  const started = await restored.start();
  if (!started.ok) throw new Error(started.error.message);
  return restored;
}
const target = (home: string) => ({ home, databaseUrl: null, secretSet: false });
const deps = { clock: { now: () => START }, log: silentLog };

it('OPS-2: the drill: a hub is put back on an empty machine, row for row, with keys, library and books; terminals hear of it once', async () => {
  const before = await contents(hub.hub);
  const made = await hub.staff('/backups', { method: 'POST', body: '{}' });
  expect(made.status).toBe(200);
  const home = join(scratch, 'elsewhere');
  const restored = await restoreBackup(
    deps,
    { path: await backupFile(), identities: [identity] },
    target(home),
  );
  expect(restored).toMatchObject({ ok: true, value: { objects: 1 } });
  expect(await readdir(join(home, 'hub'))).toContain('restored');

  const again = await startAt(home);
  try {
    const { db, objects, trust } = again.inside();
    expect(trust.fleetId).toBe(hub.hub.inside().trust.fleetId);
    expect(await balancesOf(db)).toEqual(await balancesOf(hub.hub.inside().db));
    const edition = (await db.stores.titles.find({ titleId }))?.editionId;
    const content = await objects.read(`edition-${edition}`, 0, CONTENT.length);
    if (!content.ok) throw new Error(content.error.code);
    const pieces: Uint8Array[] = [];
    for await (const piece of content.value) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(CONTENT)).toBe(true);
    const timelines = await db.stores.timelines.list({}, { orderBy: ['ordinal'], limit: 5 });
    expect(timelines.map(({ cause }) => cause)).toEqual(['created', 'restored']);
    expect(await db.stores.audit.firstBroken()).toBeNull();
    // Nothing of what was there is missing or other; only the restored hub's own start came on top.
    const after = await contents(again);
    for (const table of [
      'accounts',
      'transfers',
      'entries',
      'titles',
      'editions',
      'sites',
      'tariffs',
      'staff',
    ])
      expect([table, after.get(table)]).toEqual([table, before.get(table)]);
    expect(after.get('transfers')?.join()).toContain('名前');
    const audit = after.get('audit_entries') ?? [];
    expect(audit.slice(0, before.get('audit_entries')?.length)).toEqual(before.get('audit_entries'));
    expect(await readdir(join(home, 'hub'))).not.toContain('restored');
  } finally {
    await again.stop();
  }
  const once = await startAt(home);
  expect(await once.inside().db.stores.timelines.count({})).toBe(2);
  await once.stop();
});

it('OPS-2: a backup opens for its key only; damaged, cut off or of others it changes nothing', async () => {
  const path = await backupFile();
  const sealed = await readFile(path);
  const bad = join(scratch, 'bad');
  await cp(join(place(), 'library'), join(bad, 'library'), { recursive: true });
  const tried = async (bytes: Uint8Array, key = identity) => {
    const file = join(bad, 'backup.age');
    await writeFile(file, bytes);
    const home = join(scratch, 'never');
    const code = await restoreBackup(deps, { path: file, identities: [key] }, target(home));
    expect(await readdir(home).catch(() => [])).toEqual([]);
    const checked = await checkBackup(file, [key]);
    return code.ok || checked.ok ? 'ok' : code.error.code;
  };
  expect(await tried(sealed, await generateIdentity())).toBe('backup_sealed_for_others');
  expect(await tried(Buffer.from('hello'))).toBe('backup_sealed_for_others');
  const flipped = Buffer.from(sealed);
  flipped.writeUInt8((flipped.at(-40) ?? 0) ^ 1, flipped.length - 40);
  expect(await tried(flipped)).toBe('backup_damaged');
  for (const kept of [0.9, 0.5])
    expect(await tried(sealed.subarray(0, Math.floor(sealed.length * kept)))).toBe('backup_damaged');
  expect(await checkBackup(path, [identity])).toMatchObject({ ok: true, value: { rows: { transfers: 1 } } });
});

it('OPS-2: a folder with a hub in it is never written over, and the library has to be whole', async () => {
  const path = await backupFile();
  const opened = { path, identities: [identity] };
  expect(await restoreBackup(deps, opened, target(hub.home))).toMatchObject({
    error: { code: 'hub_not_empty' },
  });
  const alone = join(scratch, 'alone');
  await cp(path, join(alone, 'backup.age'));
  const home = join(scratch, 'without-library');
  expect(
    await restoreBackup(deps, { ...opened, path: join(alone, 'backup.age') }, target(home)),
  ).toMatchObject({ error: { code: 'library_incomplete' } });
  expect(await readdir(home)).toEqual([]);
});

it('OPS-2: one is made when the newest is a day old, the oldest beyond the number kept go, and staff hear of a disk that takes none', async () => {
  const { backups, db } = hub.hub.inside();
  expect(await backups.tend()).toBe(0);
  hub.clock.jump(epochMs(hub.clock.now() + 25 * 3_600_000));
  const [first] = await backups.list();
  await backups.tend();
  const after = await backups.list();
  expect(after.length).toBe(2);
  expect(after[1]).toEqual(first);
  hub.clock.jump(epochMs(hub.clock.now() + 25 * 3_600_000));
  await backups.tend();
  expect((await backups.list()).map(({ name }) => name)).not.toContain(first?.name);
  expect((await readdir(place())).filter((name) => name.endsWith('.age'))).toHaveLength(2);
  expect(await readdir(join(place(), 'library'))).toHaveLength(1);
  await prune(place(), 0);
  expect(await readdir(join(place(), 'library'))).toEqual([]);

  await rm(place(), { recursive: true });
  await writeFile(place(), 'a file where the folder should be');
  expect(await backups.make()).toMatchObject({ error: { code: 'backup_failed' } });
  const raised = { code: 'backup_failed', clearedAt: null };
  expect(await db.stores.alerts.count(raised)).toBe(1);
  await rm(place());
  expect((await backups.make()).ok).toBe(true);
  expect(await db.stores.alerts.count(raised)).toBe(0);
});

it('OPS-2: half of the settings is a fault at the start, and without them nothing is promised', async () => {
  const half = createHub({
    clock: hub.clock,
    random: systemRandom,
    log: silentLog,
    settings: defaultHubSettings({ KEYTURN_HOME: join(scratch, 'half'), HUB_BACKUP_FOLDER: place() }),
    consoleFolder: null,
  });
  expect(await half.start()).toMatchObject({ error: { code: 'backup_settings' } });
});
