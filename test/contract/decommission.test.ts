import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readyToWipe, takeWipeReceipt } from '#hub/app/enrolment/decommission.ts';
import { putConfig } from '#hub/app/fleet/control.ts';
import { holdVoids } from '#kiosk/app/rent/tables.ts';
import type { RetiredOptions } from '#shared/edge/drivers/retired-terminal.ts';
import { sealedStoreKey } from '#shared/edge/drivers/sealed-store-key.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { openTerminalParts, openTerminalSeal } from '#shared/edge/drivers/terminal-parts.ts';
import type { RentalId, TerminalId } from '#shared/kernel/ids.ts';
import { fault } from '#shared/kernel/result.ts';
import { signJws } from '#shared/media/signing.ts';
import { verifyWipeReceipt, type WipeReceipt } from '#shared/media/wipe-receipt.ts';
import { scanFolder, textNeedle } from '#test/support/disk-scan.ts';
import { type Devices, MEMBER, started, TOKEN, writtenCopy } from './hub-world.ts';
import { leavingFleet, until } from './leaving-fleet.ts';

const KIOSK = 'leaving-kiosk' as TerminalId;

const fleet = leavingFleet();
const { inside, row, alerts, trail, staff, decommission, optionsOf, codeFor, start, left, retired } = fleet;

describe('a kiosk leaves the fleet', () => {
  it('FLT-3, SEC-7: one person alone takes no terminal out, by no route and no field; called off, it serves on', async () => {
    const terminalId = 'kiosk-alone' as TerminalId;
    const running = await start(terminalId, await codeFor(terminalId));
    const [anna, berta, carl] = await Promise.all(['anna', 'berta', 'carl'].map(staff));
    const path = `/terminals/${terminalId}`;
    const ask = { reason: 'The shop closes' };
    expect((await carl?.('POST', `${path}/decommission`, ask))?.body.code).toBe('role_insufficient');
    const asked = (await anna?.('POST', `${path}/decommission`, ask))?.body;
    expect((await anna?.('POST', `/second-person/${asked?.requestId}/approve`))?.body.code).toBe(
      'second_person_same',
    );
    const order = { order: { kind: 'decommission', orderId: 'x', nevertheless: true } };
    expect((await anna?.('POST', `${path}/commands`, order))?.status).toBe(400);
    const { version, ...config } = (await row(terminalId)).configDesired ?? running.kiosk.runtime.config();
    const smuggled = { ...config, decommission: { orderId: 'x', nevertheless: true } };
    await anna?.('PUT', `${path}/config`, { basedOn: version, config: smuggled });
    expect((await row(terminalId)).configDesired?.decommission).toBeUndefined();
    expect((await anna?.('DELETE', `${path}/decommission`))?.body.code).toBe('decommission_not_asked');

    // In force, but a customer's card is not settled: staff may think better of it.
    running.kiosk.runtime.record((tx) =>
      tx.put(holdVoids, 'rental', {
        rentalId: '0199d0c8-1c00-7000-8000-000000000009' as RentalId,
        key: 'r:hold',
        authorisationId: 'a-1',
        amount: { minor: 500, currency: 'EUR' },
      }),
    );
    running.card.void = async () => fault('card_reader_away', 'switched off');
    expect((await berta?.('POST', `/second-person/${asked?.requestId}/approve`))?.status).toBe(200);
    await until('the kiosk obeys', () => running.kiosk.runtime.config().decommission !== undefined);
    expect(running.kiosk.session.snapshot().view).toMatchObject({ closed: { code: 'kiosk_leaving' } });
    // A change of the configuration leaves the order where it is.
    const present = (await row(terminalId)).configDesired;
    if (present === null) throw new Error('it has a configuration');
    const { version: basedOn, decommission: order_, ...rest } = present;
    await putConfig(inside(), 'staff:anna', terminalId, basedOn, rest);
    expect((await row(terminalId)).configDesired?.decommission).toEqual(order_);
    expect((await anna?.('POST', `${path}/decommission`, ask))?.body.code).toBe('decommission_asked');
    expect((await anna?.('DELETE', `${path}/decommission`))?.status).toBe(204);
    await until('it serves on', () => running.kiosk.runtime.config().decommission === undefined);
    expect(running.restarts()).toBe(0);
    await running.kiosk.stop();
  });

  it('PR-24 FLT-3, SEC-9: settles, empties its outbox, wipes itself and hands in a receipt that the hub verifies; its certificate ends', async () => {
    const running = await start(KIOSK, await codeFor(KIOSK));
    const { runtime } = running.kiosk;
    const rental = await writtenCopy({ kiosk: runtime.identity.signer } as Devices, fleet.real.clock.now());
    runtime.record((tx) => tx.emit({ kind: 'rental.started', data: started(rental) }));
    const home = join(fleet.real.folder, KIOSK);
    const seal = openTerminalSeal(home);
    if (!seal.ok) throw new Error(seal.error.code);
    const needles = [
      textNeedle('the member', TOKEN),
      textNeedle('the rental', rental.rentalId),
      textNeedle('the store’s key', sealedStoreKey(join(home, 'identity', 'store-key'), seal.value)),
      textNeedle('the own key', runtime.identity.tls.keyPem.split('\n')[1] ?? ''),
      textNeedle('the identity', readFileSync(join(home, 'identity', 'identity.json'), 'utf8').slice(0, 200)),
    ];
    const secret = readFileSync(join(fleet.real.folder, 'device-secret'));
    await decommission(KIOSK);
    await left(running);
    const said = readLeftOrder(home);
    expect(said).toBe((await row(KIOSK)).configDesired?.decommission?.orderId);

    // From here on nobody opens the store again: the next start wipes.
    const opened = await openTerminalParts(optionsOf(KIOSK, null));
    expect(!opened.ok && opened.error.code).toBe('decommissioned');
    const out = retired(optionsOf(KIOSK, null));
    await out.start();
    await until('the hub has the receipt', out.over);
    const certificates = await inside().db.stores.certificates.list({ terminalId: KIOSK }, { limit: 5 });
    expect(certificates.map(({ state, revocationReason }) => [state, revocationReason])).toEqual([
      ['revoked', 'decommissioned'],
    ]);
    const after = await row(KIOSK);
    expect(after).toMatchObject({ state: 'decommissioned', online: false });
    const read = await verifyWipeReceipt(after.wipeReceipt ?? '', inside().trust, fleet.real.clock.now());
    if (!read.ok) throw new Error(read.error.code);
    expect(read.value.signer.id).toBe(KIOSK);
    expect(read.value.payload).toMatchObject({ terminal: KIOSK, orderId: said, openCards: [] });
    expect(read.value.payload.files).toBeGreaterThan(2);
    for (const { lane, epoch, last } of read.value.payload.lanes) {
      const cursor = await inside().db.stores.cursors.find({ terminalId: KIOSK, epoch, lane });
      expect(cursor?.contiguous ?? -1).toBe(last);
    }
    expect(
      (await trail('terminal.decommissioned')).map(({ subject, detail }) => [subject, detail.receipt]),
    ).toEqual([[KIOSK, after.wipeReceipt]]);

    // Nothing is left but the word that it left; the machine's own secret is not the terminal's to wipe.
    expect(readdirSync(home)).toEqual(['left-the-fleet.json']);
    expect((await scanFolder(home, needles)).found).toEqual([]);
    expect(readFileSync(join(fleet.real.folder, 'device-secret'))).toEqual(secret);

    // The screen says so, and there is no way to rent.
    const page = await fetch(out.address());
    expect([page.status, await page.text()]).toEqual([
      200,
      expect.stringContaining('taken out of service for good'),
    ]);
    const intent = await fetch(`${out.address()}/session/intents`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'touch' }),
    });
    expect(intent.status).toBe(410);
    await out.stop();
    expect(await alerts('security_terminal_revoked')).not.toContain(KIOSK);
    expect(await alerts('security_wiped_unasked')).toEqual([]);
    // The customer's rental goes on: what the kiosk signed while it was of the fleet stays good.
    const licence = await inside().db.stores.rentals.find({ rentalId: rental.rentalId });
    expect(licence).toMatchObject({ status: 'active', memberId: MEMBER });
  });

  it('FLT-3, SEC-1: only a new code brings it back; the old receipt stays in the audit trail', async () => {
    const code = await codeFor(KIOSK);
    const running = await start(KIOSK, code);
    expect(await row(KIOSK)).toMatchObject({ state: 'active', wipeReceipt: null, decommissionedAt: null });
    expect((await row(KIOSK)).configDesired?.decommission).toBeUndefined();
    expect(running.kiosk.runtime.config().decommission).toBeUndefined();
    expect((await trail('terminal.decommissioned'))[0]?.detail.receipt).toBeTypeOf('string');
    await decommission(KIOSK);
    await left(running);
    const out = retired(optionsOf(KIOSK, code));
    await out.start();
    await until('over', out.over);
    await out.stop();
    // The code of the life that is over brings nothing back.
    const again = await openTerminalParts(optionsOf(KIOSK, code));
    expect(!again.ok && again.error.code).toBe('decommissioned');
  });

  it('PR-24 FLT-3: the answer is lost again and again, the program stops in between: the same receipt, one decommission, no alarm', async () => {
    const terminalId = 'kiosk-deaf' as TerminalId;
    const running = await start(terminalId, await codeFor(terminalId));
    await decommission(terminalId);
    await left(running);
    const sent: string[] = [];
    let deaf = true;
    const options = (): RetiredOptions => ({
      ...optionsOf(terminalId, null),
      random: { ...systemRandom, below: () => 0 },
      cable: {
        link: (inner) => inner,
        transport: (inner) => ({
          request: async (request) => {
            const answered = await inner.request(request);
            sent.push(request.body ?? '');
            return deaf ? fault('hub_away', 'the answer was lost') : answered;
          },
        }),
      },
    });
    const first = retired(options());
    await first.start();
    await until(
      'it was handed in, and the connection dropped',
      async () => (await row(terminalId)).state === 'decommissioned',
    );
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await first.stop();
    expect(first.over()).toBe(false);
    const second = retired(options());
    await second.start();
    await until('handed in once more', () => sent.length > 1);
    expect(second.over()).toBe(false);
    deaf = false;
    await until('answered', second.over);
    await second.stop();
    expect(new Set(sent).size).toBe(1);
    expect(
      (await trail('terminal.decommissioned')).filter(({ subject }) => subject === terminalId),
    ).toHaveLength(1);
    expect(await alerts('security_terminal_revoked')).not.toContain(terminalId);
  });

  it('FLT-3: an order from a stranger, a forged acknowledgement, a receipt of somebody else: the hub says no and nothing ends', async () => {
    const terminalId = 'kiosk-stays' as TerminalId;
    const running = await start(terminalId, await codeFor(terminalId));
    const { runtime, session } = running.kiosk;
    const { hub, identity, store } = runtime;
    const lanes = ([0, 1] as const).map((lane) => ({
      lane,
      epoch: store.epoch(),
      last: store.position(lane).last,
    }));
    expect(await hub.readyToWipe({ lanes })).toMatchObject({ error: { code: 'decommission_not_asked' } });
    // Asked for now, but it names events that never arrived here: whoever told it that they did was not the hub.
    const present = (await row(terminalId)).configDesired;
    await inside().db.stores.terminals.patch(
      { terminalId },
      {
        configDesired: {
          ...(present ?? runtime.config()),
          decommission: { orderId: 'o', nevertheless: false },
        },
      },
    );
    const ahead = lanes.map((one) => ({ ...one, last: one.last + 1 }));
    const told = await readyToWipe(inside(), { terminalId }, ahead);
    expect(!told.ok && told.error.code).toBe('decommission_events_missing');
    await inside().db.stores.terminals.patch({ terminalId }, { configDesired: present });

    const receipt: WipeReceipt = {
      version: 1,
      terminal: terminalId,
      role: 'kiosk',
      orderId: 'o',
      lanes,
      elsewhere: { held: 0, torn: 0 },
      openCards: [],
      wiped: [],
      files: 0,
      bytes: 0,
      at: fleet.real.clock.now(),
    };
    const other = await start('kiosk-other' as TerminalId, await codeFor('kiosk-other' as TerminalId));
    const now = fleet.real.clock.now();
    const own = await signJws('keyturn-wipe', receipt, identity.signer, now);
    const forged = [
      await signJws('keyturn-wipe', receipt, other.parts.identity.signer, now),
      await signJws('keyturn-wipe', { ...receipt, terminal: 'kiosk-other' }, identity.signer, now),
      await signJws('keyturn-receipt', receipt, identity.signer, now),
      await signJws('keyturn-wipe', { ...receipt, lanes: [] }, identity.signer, now),
      `${own.slice(0, -6)}AAAAAA`,
    ];
    for (const one of forged)
      expect(await hub.handInWipe({ receipt: one })).toMatchObject({
        error: { code: 'wipe_receipt_invalid' },
      });
    // Rightly signed, but handed in by somebody else.
    const stranger = await other.kiosk.runtime.hub.handInWipe({ receipt: own });
    expect(stranger).toMatchObject({ error: { code: 'wipe_receipt_invalid' } });
    expect(await row(terminalId)).toMatchObject({ state: 'active', wipeReceipt: null });
    expect(session.snapshot().view).not.toMatchObject({ closed: { code: 'kiosk_leaving' } });
    await other.kiosk.stop();

    // Its own word under its own key is a fact, also unasked and with events that the hub lost: staff hear of both, and the certificate ends.
    const short = await signJws('keyturn-wipe', { ...receipt, lanes: ahead }, identity.signer, now);
    const [certificate] = await inside().db.stores.certificates.list({ terminalId }, { limit: 1 });
    expect((await takeWipeReceipt(inside(), terminalId, certificate?.fingerprint ?? '', short)).ok).toBe(
      true,
    );
    expect(await alerts('security_wiped_unasked')).toEqual([terminalId]);
    expect(await alerts('wipe_events_missing')).toEqual([terminalId]);
    // Another receipt than the one that was taken is no repetition: refused, and that is an attack.
    await vi.waitFor(async () => {
      expect(await hub.handInWipe({ receipt: own })).toMatchObject({ error: { code: 'terminal_revoked' } });
    }, 15_000);
    expect(await alerts('security_terminal_revoked')).toContain(terminalId);
    await running.kiosk.stop();
  });
});

const readLeftOrder = (home: string): string =>
  (JSON.parse(readFileSync(join(home, 'left-the-fleet.json'), 'utf8')) as { facts: { orderId: string } })
    .facts.orderId;
