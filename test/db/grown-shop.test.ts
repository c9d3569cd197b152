import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { restoreBackup } from '#hub/backup/restore.ts';
import { writeBackup } from '#hub/backup/write.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import {
  balancesOf,
  furnish,
  HOUR,
  lane,
  openHub,
  returned,
  rulesFor,
  START,
  started,
  writtenCopy,
} from '#test/contract/hub-world.ts';
import { postgresHubs } from '#test/support/postgres-hubs.ts';

/** From PGlite to PostgreSQL. */
const hubs = postgresHubs();

describe('a backup', () => {
  it('OPS-2: a shop that began on PGlite goes on on PostgreSQL: every row is there, guards and books hold, and nothing is read into a database that is not empty', async () => {
    const scratch = await mkdtemp(join(tmpdir(), 'keyturn-grow-'));
    const small = await openHub({ folder: null });
    await furnish(small.db);
    const rules = rulesFor(hubs.devices, small);
    const rental = await writtenCopy(hubs.devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), rental.startedAt);
    await commitGroup(small.db, rules, [kiosk.batch()]);
    const identity = await generateIdentity();
    const place = {
      folder: join(scratch, 'backups'),
      recipient: await identityToRecipient(identity),
      keep: 1,
    };
    const source = {
      db: small.db,
      home: join(scratch, 'hub'),
      fleetId: 'f'.repeat(32),
      secret: 'inside',
    } as const;
    await mkdir(source.home);
    const { name } = await writeBackup(source, place, small.clock.now());
    const database = await hubs.cluster.createDatabase();
    const restore = (home: string) =>
      restoreBackup(
        { clock: small.clock, log: silentLog },
        { path: join(place.folder, `${name}.age`), identities: [identity] },
        { home: join(scratch, home), databaseUrl: database.url, secretSet: false },
      );
    expect(await restore('big')).toMatchObject({ ok: true });
    expect(await restore('again')).toMatchObject({ error: { code: 'database_not_empty' } });

    const big = await openHub({ url: database.url });
    expect(await dumpOf(big.db)).toEqual(await dumpOf(small.db));
    expect(await balancesOf(big.db)).toEqual(await balancesOf(small.db));
    // The terminal's next events follow on what was restored.
    const back = await returned(rental, hubs.devices.returns, epochMs(START + HOUR));
    const returns = lane('return-1');
    returns.add('return.accepted', back.accepted, back.accepted.t0);
    returns.add('return.destroyed', back.destroyed, back.destroyed.destroyedAt);
    await commitGroup(big.db, rulesFor(hubs.devices, big), [returns.batch()]);
    expect((await big.db.stores.rentals.find(rental))?.status).toBe('closed');
    await big.db.close();
    await small.db.close();
    await rm(scratch, { recursive: true });
  });
});

/** All rows by table, as JSON of either engine. */
async function dumpOf(db: HubDatabase): Promise<Readonly<Record<string, unknown>>> {
  const tables: Record<string, unknown[]> = {};
  await db.dump(async (part) => {
    if ('table' in part)
      tables[part.table] = [...(tables[part.table] ?? []), ...part.rows.map((row) => JSON.parse(row))];
  });
  return tables;
}
