import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { signJws } from '#shared/media/signing.ts';
import { offlineChallenge } from '#shared/media/slot-proof.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { enrol } from '#test/support/test-fleet.ts';
import { type HubStage, openStage } from './hub-stage.ts';
import { HOUR, id, lane, returned, START, type TestRental, type TestReturn, TOKEN } from './hub-world.ts';

/** RET-4, SEC-5: a terminal that lies about the deletion on a secure medium. It may do anything that its own key allows. */
let devices: HubStage['devices'];
let hub: HubStage['hub'];
let rules: HubStage['rules'];
let stage: HubStage;
beforeAll(async () => {
  stage = await openStage();
  ({ devices, hub, rules } = stage);
});
afterAll(() => stage.close());

const T0 = epochMs(START + HOUR);

interface Setting {
  readonly rental: TestRental;
  readonly controller: Signer;
  readonly terminal: Signer;
  readonly returnId: TestReturn['returnId'];
  /** Challenge of the terminal's next receipt. */
  readonly nonce: string;
}

async function setting(same?: Setting): Promise<Setting> {
  const terminal = await stage.terminal();
  const rental = await stage.out(same === undefined ? {} : { mediumId: same.rental.mediumId });
  await hub.db.stores.media.put({
    mediumId: rental.mediumId,
    memberId: null,
    mediumClass: 'secure',
    identity: '',
    accessKeyHash: '',
    registeredAt: START,
    lastSeenAt: START,
  });
  const controller = same?.controller ?? (await enrol(devices.fleet, rental.mediumId, 'medium'));
  const { nonce } = offlineChallenge(terminal.id, 1);
  return { rental, controller, terminal, returnId: id(), nonce };
}

const statement = (at: Setting, change: Record<string, unknown> = {}, signer = at.controller) =>
  signJws(
    'keyturn-purge',
    {
      version: 1,
      mediumId: at.rental.mediumId,
      copyId: at.rental.copyId,
      returnId: at.returnId,
      nonce: at.nonce,
      counter: 7,
      slotDigest: 'ab'.repeat(32),
      ...change,
    },
    signer,
    T0,
  );

/** Reports the return with this receipt; answers the cause it was kept back for, and what became of the rental. */
async function report(at: Setting, receipt: Record<string, unknown>) {
  const { rental, terminal, returnId } = at;
  const told = await returned(rental, terminal, T0, { returnId, receipt });
  const events = lane(terminal.id, 0, `told-${returnId}`);
  events.add('return.destroyed', told.destroyed, T0);
  await commitGroup(hub.db, rules, [events.batch()]);
  const letters = await hub.db.stores.deadLetters.list(
    { terminalId: terminal.id as TerminalId },
    { limit: 10 },
  );
  const row = await hub.db.stores.rentals.find({ rentalId: rental.rentalId });
  return { cause: letters[0]?.cause ?? null, status: row?.status };
}

describe('a deletion that a terminal reports', () => {
  it('RET-4 SEC-5: with the controller’s own statement of this return it closes the rental', async () => {
    const at = await setting();
    const told = await report(at, { claim: 'PURGE', purge: await statement(at) });
    expect(told).toEqual({ cause: null, status: 'closed' });
  });

  it('SEC-5: on a medium whose controller is revoked the return is taken all the same, and staff hear of it', async () => {
    const at = await setting();
    const { mediumId } = at.rental;
    await hub.db.stores.controllers.insert({
      ...{ fingerprint: `of ${mediumId}`, mediumId, serial: '01', chain: [], certificateRequest: '' },
      ...{
        issuedAt: START,
        validTo: epochMs(START + HOUR),
        issuedBy: 'hub',
        terminalId: null,
        commandId: null,
      },
      ...{ revokedAt: START, revokedBy: 'hub', revocationReason: 'stolen' },
    });
    const told = await report(at, { claim: 'PURGE', purge: await statement(at) });
    expect(told).toEqual({ cause: null, status: 'closed' });
    const alerts = await hub.db.stores.alerts.list({ code: 'security_controller_revoked' }, { limit: 5 });
    expect(alerts.map(({ subject }) => subject)).toEqual([mediumId]);
  });

  it('SEC-5 SEC-4: whatever a kiosk registers of it later, a medium stays of its class, and its controller’s own word counts', async () => {
    const at = await setting();
    const { mediumId } = at.rental;
    const told = {
      ...{ version: 1, mediumId, fleetId: devices.fleet.trust.fleetId, mediumClass: 'plain' },
      ...{ accessKey: 'thief-thief-thief-thief', issuedAt: START, terminal: devices.kiosk.id },
    };
    const identity = await signJws('keyturn-medium', told, devices.kiosk, START);
    const events = lane('kiosk-1', 0, 'registered');
    events.add('medium.registered', { mediumId, identity, memberToken: TOKEN, at: START }, START);
    await commitGroup(hub.db, rules, [events.batch()]);
    const row = await hub.db.stores.media.find({ mediumId });
    expect(row).toMatchObject({ mediumClass: 'secure', identity });
    // Registered first by whoever has a kiosk's key, with whatever class.
    if (row !== null) await hub.db.stores.media.put({ ...row, mediumClass: 'plain' });
    const back = await report(at, { claim: 'PURGE', purge: await statement(at) });
    expect(back).toEqual({ cause: null, status: 'closed' });
  });

  it('SEC-5: without one, with an old or foreign one, or one that no controller signed: kept back, the meter runs on, staff hear of it', async () => {
    const lies: readonly ((at: Setting) => Promise<Record<string, unknown>>)[] = [
      async () => ({}),
      async (at) => ({ purge: await statement(at, { nonce: offlineChallenge(at.terminal.id, 0).nonce }) }),
      async (at) => ({ purge: await statement(at, { returnId: id() }) }),
      async (at) => ({ purge: await statement(at, { copyId: id() }) }),
      async (at) => ({ purge: await statement(at, { slotDigest: 'cd'.repeat(32) }) }),
      async (at) => ({ purge: await statement(at, {}, at.terminal) }),
      async (at) => ({ purge: await statement(at, {}, await enrol(devices.fleet, id(), 'medium')) }),
    ];
    for (const [index, lie] of lies.entries()) {
      const at = await setting();
      const told = await report(at, { claim: 'PURGE', ...(await lie(at)) });
      expect(told, `lie ${index}`).toEqual({ cause: 'purge_false', status: 'active' });
      const alert = await hub.db.stores.alerts.list(
        { code: 'security_purge_false', subject: at.terminal.id },
        { limit: 1 },
      );
      expect(alert, `lie ${index}`).toHaveLength(1);
    }
  });

  it('SEC-5: the same number of a controller on two returns of its medium: such a chip exists twice', async () => {
    const one = await setting();
    expect(await report(one, { claim: 'PURGE', purge: await statement(one) })).toMatchObject({ cause: null });
    const two = await setting(one);
    const again = await report(two, { claim: 'PURGE', purge: await statement(two) });
    expect(again).toMatchObject({ cause: 'purge_false' });
    const three = await setting(one);
    const next = await report(three, { claim: 'PURGE', purge: await statement(three, { counter: 8 }) });
    expect(next).toMatchObject({ cause: null });
  });
});
