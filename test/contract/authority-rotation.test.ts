import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { playerApp } from '#firmware-sim/player/http.ts';
import { createPlayer } from '#firmware-sim/player/player.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { acceptReturn, destroySlot } from '#shared/media/destroy-copy.ts';
import { receiptSchema } from '#shared/media/receipt.ts';
import { verifyJws } from '#shared/media/signing.ts';
import { writeCopy } from '#shared/media/write-copy.ts';
import { silentLog } from '#shared/ports/log.ts';
import { anAccept, aWrite, bench, memoryRecords, value } from '#test/support/media-story.ts';
import { START, startTestHub, type TestHub, type TestTerminal } from './hub-harness.ts';

const FILM = Buffer.alloc(150_000, 'The whole film, once. ');

describe('rotation of issuing and signing key, while the fleet runs', () => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await startTestHub();
    await hub.signInStaff();
  });
  afterAll(() => hub.close());

  const rotate = (key: string) =>
    hub.staff(`/authority/${key}/rotate`, {
      method: 'POST',
      body: JSON.stringify({ reason: 'as every year' }),
    });
  const connects = async (terminal: TestTerminal): Promise<number> =>
    (await hub.ask(terminal, '/content-lease', { wrapped: null })).status;
  const trust = () => hub.hub.inside().trust;

  async function rented(kiosk: TestTerminal) {
    const medium = memoryMedium(`stick of ${kiosk.terminalId}`);
    const at = bench(trust(), kiosk.signer, medium.label, START);
    await at.drive.insert(medium);
    const written = await writeCopy(at.deps, aWrite(at.random, memoryRecords(), FILM));
    if (written.kind !== 'written') throw new Error(written.kind);
    return { medium, copyId: written.commit.copyId };
  }
  async function played({ medium, copyId }: Awaited<ReturnType<typeof rented>>): Promise<number> {
    const at = bench(trust(), null as never, `player ${copyId}`, START);
    const folder = await mkdtemp(join(tmpdir(), 'keyturn-player-'));
    const { drive, clock, random } = at;
    const place = { folder, uiFolder: folder, host: '127.0.0.1', port: 0, name: 'Living room', hub: null };
    const player = await createPlayer({ drive, trust: trust(), clock, random, log: silentLog, ...place });
    await drive.insert(medium);
    return (await playerApp(player, folder).request(`/api/copies/${copyId}/open`, { method: 'POST' })).status;
  }
  async function receipted(
    { medium, copyId }: { medium: ReturnType<typeof memoryMedium>; copyId: CopyId },
    terminal: TestTerminal,
  ) {
    const at = bench(trust(), terminal.signer, `return ${copyId}`, START);
    await at.drive.insert(medium);
    const accepted = await acceptReturn(at.deps, anAccept(at.random, copyId));
    if (accepted.kind !== 'accepted') throw new Error(accepted.kind);
    const done = await destroySlot(at.deps, { accepted: accepted.accepted, intents: memoryRecords() });
    if (done.kind !== 'destroyed') throw new Error(done.kind);
    return done.receiptJws;
  }
  const believed = async (receiptJws: string, copyId: CopyId): Promise<void> => {
    const options = { type: 'keyturn-receipt', schema: receiptSchema, roles: ['return-terminal'] } as const;
    const read = await verifyJws(receiptJws, trust(), {
      ...options,
      validAt: 'signed-at',
      maxBytes: 99_999,
    });
    expect(value(read).payload.copyId).toBe(copyId);
  };

  it('SEC-3: what was rented before a rotation is played, returned and receipted after it, and terminals of both generations work together', async () => {
    const oldKiosk = await hub.terminal('kiosk', 'kiosk-one');
    const oldReturns = await hub.terminal('return-terminal', 'return-one');
    const [first, second] = [await rented(oldKiosk), await rented(oldKiosk)];
    const third = await rented(oldKiosk);
    const early = await receipted(third, oldReturns);
    expect(await connects(oldKiosk)).toBe(200);

    for (const key of ['issuing', 'hub-signing']) {
      expect(await hub.asTwo(`/authority/${key}/rotate`)).toMatchObject({ status: 200 });
    }
    await believed(early, third.copyId);
    const newKiosk = await hub.terminal('kiosk', 'kiosk-two');
    const newReturns = await hub.terminal('return-terminal', 'return-two');
    expect(newKiosk.signer.certificateChain[1]).not.toEqual(oldKiosk.signer.certificateChain[1]);
    expect(await connects(oldKiosk)).toBe(200);
    expect(await connects(newKiosk)).toBe(200);

    for (const [copy, terminal] of [
      [first, oldReturns],
      [second, newReturns],
      [await rented(newKiosk), oldReturns],
      [await rented(newKiosk), newReturns],
    ] as const) {
      expect(await played(copy)).toBe(200);
      await believed(await receipted(copy, terminal), copy.copyId);
    }
    const audit = await hub.hub.inside().db.stores.audit.list({ limit: 100 });
    expect(
      audit.flatMap(({ action, actor, subject }) =>
        action === 'authority.rotated' ? [[actor, subject]] : [],
      ),
    ).toEqual(
      expect.arrayContaining([
        ['staff:admin, staff:berta-admin', 'issuing'],
        ['staff:admin, staff:berta-admin', 'hub-signing'],
      ]),
    );
    const { stores } = hub.hub.inside().db;
    expect((await stores.settings.find({ name: 'authority.issuing' }))?.value).toMatchObject({
      generation: 2,
    });
    expect((await rotate('root')).status).toBe(400);
  });

  it('SEC-3, SEC-7: a rotation asks for a fresh proof of identity', async () => {
    await hub.clock.advance(6 * 60_000);
    expect((await rotate('issuing')).status).toBe(403);
  });
});
