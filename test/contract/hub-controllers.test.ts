import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blankChip } from '#firmware-sim/media/controller/blank-chip.ts';
import { volatileMemory } from '#firmware-sim/media/controller/memory.ts';
import { memoryMedium, withChip } from '#firmware-sim/media/medium-backing.ts';
import { makeBundle } from '#hub/app/fleet/bundle.ts';
import { controllerList } from '#hub/http/contract/controllers.ts';
import { commandView } from '#hub/http/contract/fleet.ts';
import type { EventId, MediumId, RentalId } from '#shared/kernel/ids.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { provisionController } from '#shared/media/controller/provision.ts';
import { createDeviceKeyAndCsr } from '#shared/media/device-key.ts';
import { inspectMedium } from '#shared/media/inspect-medium.ts';
import { newId } from '#shared/ports/random.ts';
import * as api from '#shared/protocol/terminal-api.ts';
import { bench } from '#test/support/media-story.ts';
import { startTestHub, type TestHub, type TestTerminal } from './hub-harness.ts';

describe('controllers of secure media', () => {
  let hub: TestHub;
  let kiosk: TestTerminal;
  let returns: TestTerminal;
  beforeAll(async () => {
    hub = await startTestHub();
    kiosk = await hub.terminal('kiosk', 'kiosk-one');
    returns = await hub.terminal('return-terminal', 'return-one');
    await hub.signInStaff();
    const { terminals } = hub.hub.inside().db.stores;
    for (const { terminalId } of [kiosk, returns]) await terminals.patch({ terminalId }, { state: 'active' });
  });
  afterAll(() => hub.close());

  const inside = () => hub.hub.inside();
  const post = (path: string, body: unknown) =>
    hub.staff(path, { method: 'POST', body: JSON.stringify(body) });
  const ordered = async () => {
    const { commandId, order } = commandView.parse(
      await (await post('/controllers', { terminalId: kiosk.terminalId })).json(),
    );
    if (order.kind !== 'make_secure_medium') throw new Error(order.kind);
    return { commandId: commandId as EventId, mediumId: order.mediumId as MediumId };
  };
  const certify = async (terminal: TestTerminal, commandId: string, certificateRequest: string) => {
    const { status, body } = await hub.ask(terminal, '/controllers', { commandId, certificateRequest });
    return status === 200
      ? ok(api.certifyControllerAnswer.parse(body).certificateChain)
      : fault((body as { code: string }).code, 'refused');
  };
  const codeOf = async (answer: ReturnType<typeof certify>): Promise<string> => {
    const got = await answer;
    return got.ok ? 'certified' : got.error.code;
  };
  const bundle = async () => {
    const row = await inside().db.stores.terminals.find({ terminalId: kiosk.terminalId });
    if (row === null) throw new Error('enrolled');
    return makeBundle(inside(), row);
  };
  /** Staff order, the kiosk carries it out with a blank medium in its drive. */
  const aMedium = async () => {
    const { commandId, mediumId } = await ordered();
    const at = bench(inside().trust, kiosk.signer, mediumId, hub.clock.now());
    await at.drive.insert(withChip(memoryMedium(mediumId), blankChip(volatileMemory())));
    const deps = { drive: at.drive, trust: inside().trust };
    const made = await provisionController(deps, mediumId, (request) => certify(kiosk, commandId, request));
    expect(made).toEqual({ ok: true, value: undefined });
    return { at, mediumId, commandId };
  };

  it('SEC-5: staff order it, the kiosk with the blank medium gets it certified, and it stands in the registry and in the trail', async () => {
    const { at, mediumId } = await aMedium();
    const report = await inspectMedium({ drive: at.drive, trust: inside().trust });
    expect(report.ok && report.value.controllerId).toBe(mediumId);
    const { items } = controllerList.parse(await (await hub.staff('/controllers')).json());
    expect(items.find((one) => one.mediumId === mediumId)).toMatchObject({
      issuedBy: 'staff:admin',
      terminalId: kiosk.terminalId,
      revokedAt: null,
    });
    const trail = await inside().db.stores.audit.list({ limit: 9 });
    expect(trail.filter(({ subject }) => subject === mediumId)).toMatchObject([
      { action: 'medium.certified', actor: 'staff:admin', detail: { terminalId: kiosk.terminalId } },
    ]);
  });

  it('SEC-5: without an order of its own, or after it, a terminal gets no controller certified; the same request again is answered the same', async () => {
    const { commandId, mediumId } = await ordered();
    const [{ csrPem }, other, stranger] = await Promise.all([
      createDeviceKeyAndCsr(mediumId),
      createDeviceKeyAndCsr(mediumId),
      createDeviceKeyAndCsr('019b7e94-3200-78e5-82ee-0c1121770e4b'),
    ]);
    const second = await hub.terminal('kiosk', 'kiosk-two');
    expect(await codeOf(certify(second, commandId, csrPem))).toBe('command_not_allowed');
    expect(await codeOf(certify(kiosk, newId(hub.clock, inside().random), csrPem))).toBe(
      'command_not_allowed',
    );
    expect(await codeOf(certify(kiosk, commandId, stranger.csrPem))).toBe('request_name_mismatch');
    const first = await certify(kiosk, commandId, csrPem);
    expect(await certify(kiosk, commandId, csrPem)).toEqual(first);
    expect(await codeOf(certify(kiosk, commandId, other.csrPem))).toBe('medium_exists');
    await inside().db.stores.commands.patch({ commandId }, { state: 'done' });
    expect(await codeOf(certify(kiosk, commandId, csrPem))).toBe('command_not_allowed');
    const late = await ordered();
    await inside().db.stores.commands.patch({ commandId: late.commandId }, { expiresAt: hub.clock.now() });
    const { csrPem: lateCsr } = await createDeviceKeyAndCsr(late.mediumId);
    expect(await codeOf(certify(kiosk, late.commandId, lateCsr))).toBe('command_not_allowed');
    expect(await (await post('/controllers', { terminalId: returns.terminalId })).json()).toMatchObject({
      code: 'command_not_allowed',
    });
  });

  it('SEC-5: a revoked controller is told to terminals, is no secure medium for any title, and stays revoked', async () => {
    const { mediumId } = await aMedium();
    expect((await bundle()).revokedControllers).toEqual([]);
    const registered = await hub.ask(kiosk, '/members/register', {
      ...{ displayName: 'Ann', birthYear: 1980, pin: '1234', language: 'en' },
    });
    const { sessionToken } = api.registerAnswer.parse(registered.body).session;
    const prepare = async (titleId: string) => {
      const rentalId = newId<RentalId>(hub.clock, inside().random);
      const wanted = { rentalId, copyId: newId(hub.clock, inside().random), titleId };
      const body = { ...wanted, binding: 'none', reservationId: null };
      const { body: answer } = await hub.ask(kiosk, '/rentals/prepare', {
        ...{ sessionToken, mediumId, mediumClass: 'secure', items: [body] },
      });
      return JSON.stringify(answer);
    };
    const demanding = await hub.title({ demandsSecureMedium: true });
    const plain = await hub.title();
    expect(await prepare(demanding)).not.toContain('secure_medium_required');
    const revoke = () => post(`/controllers/${mediumId}/revoke`, { reason: 'sold on a market' });
    expect((await revoke()).status).toBe(200);
    const again = (await (await revoke()).json()) as { revokedAt: number };
    expect(again).toMatchObject({ revokedBy: 'staff:admin', revocationReason: 'sold on a market' });
    expect((await bundle()).revokedControllers).toEqual([mediumId]);
    expect(await prepare(demanding)).toContain('secure_medium_required');
    expect(await prepare(plain)).not.toContain('secure_medium_required');
    const { stores } = inside().db;
    const row = await stores.controllers.first({ mediumId });
    const fingerprint = row?.fingerprint ?? '';
    await expect(stores.controllers.patch({ fingerprint }, { revokedAt: null })).rejects.toThrow();
    await expect(stores.controllers.removeWhere({ fingerprint })).rejects.toThrow();
    const nobody = await post('/controllers/019b7e94-3200-78e5-82ee-0c1121770e4b/revoke', { reason: 'none' });
    expect(nobody.status).toBe(404);
  });
});
